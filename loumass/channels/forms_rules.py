"""What the page of the organization's rules asks for."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import Field, IntegerField, StringField, TextAreaField
from wtforms import ValidationError as Wrong
from wtforms.validators import InputRequired, Length, NumberRange, Optional

from loumass.channels.forms import minutes_of
from loumass.channels.models import SendingRule
from loumass.channels.rules import Rules
from loumass.channels.standing import minutes_to_time

_MANY = NumberRange(1, 1000, "Use a number from 1 to 1,000.")


def _a_time(_form: FlaskForm, field: Field) -> None:
    if minutes_of(field.data) is None:
        raise Wrong("Write a time like 08:00.")


class RulesForm(FlaskForm):
    """How often one person is written to, and when texts may reach them."""

    contact_per_day = IntegerField("A day", [Optional(), _MANY], description="Empty: no limit.")
    contact_per_week = IntegerField(
        "A week",
        [Optional(), _MANY],
        description="From Monday. Empty: no limit.",
    )
    quiet_until = StringField("Texts from", [InputRequired("Say when the night ends, like 08:00."), _a_time])
    quiet_from = StringField(
        "Texts until", [InputRequired("Say when the night begins, like 21:00."), _a_time]
    )
    quiet_reason = TextAreaField(
        "Why the law allows more", [Optional(), Length(max=500)],
        description="Only for hours before 8:00 or after 21:00. It is recorded with your name.",
    )  # fmt: skip

    @classmethod
    def of(cls, kept: SendingRule) -> RulesForm:
        """The form with what is kept."""
        return cls(
            contact_per_day=kept.contact_per_day,
            contact_per_week=kept.contact_per_week,
            quiet_until=minutes_to_time(kept.quiet_until),
            quiet_from=minutes_to_time(kept.quiet_from),
            quiet_reason=kept.quiet_reason,
        )

    def rules(self) -> Rules:
        """What was entered; call after validation."""
        return Rules(
            contact_per_day=self.contact_per_day.data,
            contact_per_week=self.contact_per_week.data,
            quiet_until=minutes_of(self.quiet_until.data) or 0,
            quiet_from=minutes_of(self.quiet_from.data) or 0,
        )
