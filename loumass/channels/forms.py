"""What the pages of channels ask for. The questions about credentials come from the provider itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask_wtf import FlaskForm
from pydantic import SecretStr, ValidationError
from wtforms import (
    BooleanField,
    Field,
    IntegerField,
    PasswordField,
    RadioField,
    SelectField,
    SelectMultipleField,
    StringField,
)
from wtforms import ValidationError as Wrong
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, Length, NumberRange, Optional
from wtforms.widgets import CheckboxInput, ListWidget

from loumass.channels.brands import brand_of
from loumass.channels.models import Channel
from loumass.channels.past_due import CHOICES, MOST_HOURS
from loumass.channels.service import Limits
from loumass.channels.standing import WEEKDAYS, minutes_to_time
from loumass.providers.base import Vendor
from loumass.providers.credentials import CredentialField, Credentials, fields_of, problems

_WEEKDAYS = [SelectChoice(str(day), name) for day, name in enumerate(WEEKDAYS[1:], 1)]
_KEPT = "Empty keeps the one that is stored."


def one_line(_form: FlaskForm, field: Field) -> None:
    """Refuses line breaks: names go into mail headers."""
    if any(ord(character) < 32 or ord(character) == 127 for character in field.data or ""):
        raise Wrong("Use one line without control characters.")


class NameForm(FlaskForm):
    """What a channel is called."""

    channel_name = StringField(
        "Name", [Length(max=120), one_line], description="What your team calls it. Empty takes the address."
    )
    sender_name = StringField(
        "Sender", [Length(max=120), one_line], description="The name that people see on messages."
    )


class CredentialsForm(FlaskForm):
    """Questions of one provider; build with `credentials_form`."""

    provider: type[Vendor]
    stored: Credentials | None

    def credentials(self) -> Credentials | None:
        """What was entered, validated; None after writing the problems to their fields."""
        given = {asked.name: self._value(asked) for asked in fields_of(self.provider.Credentials)}
        present = {name: value for name, value in given.items() if value is not None}
        try:
            return self.provider.Credentials.model_validate(present)
        except ValidationError as error:
            for name, sentence in problems(error, self.provider.Credentials).items():
                field = self._fields.get(name) or self._concerned(sentence)
                field.errors = [*field.errors, sentence]
            return None

    def _value(self, asked: CredentialField) -> Any:
        entered = self._fields[asked.name].data
        if asked.is_secret and not entered and self.stored is not None:
            return getattr(self.stored, asked.name).get_secret_value()
        if entered in (None, ""):
            return "" if not asked.is_required and asked.widget != "number" else None
        return entered

    def _concerned(self, sentence: str) -> Field:
        """The field that a problem of the whole names, else the first."""
        for asked in fields_of(self.provider.Credentials):
            entered = self._fields[asked.name].data
            if sentence.startswith(asked.label) or (entered and str(entered) in sentence):
                return self._fields[asked.name]
        return self._fields[fields_of(self.provider.Credentials)[0].name]


def credentials_form(
    provider: type[Vendor],
    stored: Credentials | None = None,
    *,
    has_names: bool = True,
) -> CredentialsForm:
    """The form that asks for `provider`'s credentials; stored secrets are kept and never shown."""
    members: dict[str, Any] = {"provider": provider, "stored": stored}
    for asked in fields_of(provider.Credentials):
        members[asked.name] = _field(asked, stored)
    bases = (NameForm, CredentialsForm) if stored is None and has_names else (CredentialsForm,)
    return type("Form", bases, members)()


_FROM_ONE = NumberRange(1, 1_000_000, "Use a number from 1 to 1,000,000.")


class LimitsForm(FlaskForm):
    """How much, how fast and when."""

    daily_cap = IntegerField(
        "Messages a day", [Optional(), NumberRange(1, 1_000_000, "Use a number from 1 to 1,000,000.")],
        description="Campaigns stop there until midnight; a person's own answers still go. Empty: no cap.",
    )  # fmt: skip
    per_minute = IntegerField(
        "Messages a minute", [Optional(), NumberRange(1, 100_000, "Use a number from 1 to 100,000.")],
        description="Empty: as fast as the server takes them.",
    )  # fmt: skip
    minimum_gap_seconds = IntegerField(
        "Seconds between two messages", [Optional(), NumberRange(0, 3600, "Use a number from 0 to 3,600.")],
        description="A gap makes a mailbox look like a person's.",
    )  # fmt: skip
    gap_jitter = IntegerField(
        "Longer at random by up to, in %", [Optional(), NumberRange(0, 100, "Use a number from 0 to 100.")],
        description="With 50, a gap of 60 seconds takes 60 to 90.",
    )  # fmt: skip
    warmup_start = IntegerField("Messages on the first day", [Optional(), _FROM_ONE])
    warmup_step = IntegerField("More each day", [Optional(), _FROM_ONE])
    warmup_ceiling = IntegerField("Until so many a day", [Optional(), _FROM_ONE])
    brand_name = StringField(
        "Brand", [Length(max=120), one_line], description="As registered with the carriers. Its numbers share the segments."
    )  # fmt: skip
    brand_segments = IntegerField("Segments a day of the brand", [Optional(), _FROM_ONE])
    window_weekdays = SelectMultipleField(
        "Days", choices=_WEEKDAYS, widget=ListWidget(prefix_label=False), option_widget=CheckboxInput()
    )
    window_from = StringField("From", [InputRequired("Say when sending begins, like 08:00.")])
    window_until = StringField(
        "Until", [InputRequired("Say when sending ends, like 17:00.")]
    )  # fmt: skip
    skips_days_off = BooleanField(
        "Not on public holidays and days off",
        description="Those of your organization's settings, by the date where the person lives.",
    )

    @classmethod
    def of(cls, channel: Channel) -> LimitsForm:
        """The form with the channel's limits."""
        brand = brand_of(channel.id) if channel.medium == "sms" else None
        return cls(
            daily_cap=channel.daily_cap,
            per_minute=channel.per_minute,
            minimum_gap_seconds=channel.minimum_gap_seconds,
            gap_jitter=channel.gap_jitter,
            warmup_start=channel.warmup_start,
            warmup_step=channel.warmup_step,
            warmup_ceiling=channel.warmup_ceiling,
            brand_name=brand.name if brand else "",
            brand_segments=brand.segments_per_day if brand else None,
            window_weekdays=[str(day) for day in channel.window_weekdays],
            window_from=minutes_to_time(channel.window_from),
            window_until=minutes_to_time(channel.window_until),
            skips_days_off=channel.skips_days_off,
        )

    def validate(self, extra_validators: Mapping[str, Any] | None = None) -> bool:
        """Also what several fields say together; an empty one is not asked by itself."""
        is_well = super().validate(extra_validators)
        given = [self.warmup_start.data, self.warmup_step.data, self.warmup_ceiling.data]
        if any(given) and not all(given):
            problem = "A warm-up needs all three figures. To have none, empty all three."
            return _refuse(self.warmup_start, problem)
        if all(given) and (self.warmup_ceiling.data or 0) < (self.warmup_start.data or 0):
            return _refuse(self.warmup_ceiling, "The warm-up ends below its first day. Raise its end.")
        if (self.brand_name.data or "").strip() and not self.brand_segments.data:
            return _refuse(self.brand_segments, "Say how many segments the brand may send a day.")
        return is_well

    def validate_window_weekdays(self, field: Field) -> None:
        """At least one day: to stop sending, pause the channel."""
        if not field.data:
            raise Wrong("Choose at least one day. To stop sending, pause the channel.")

    def validate_window_from(self, field: Field) -> None:
        """A time of day."""
        if minutes_of(field.data) is None:
            raise Wrong("Write a time like 08:00.")

    def validate_window_until(self, field: Field) -> None:
        """A later time of the same day."""
        until, start = minutes_of(field.data), minutes_of(self.window_from.data)
        if until is None:
            raise Wrong("Write a time like 17:00.")
        if start is not None and until <= start:
            raise Wrong("The end must be after the beginning, on the same day.")

    def limits(self) -> Limits:
        """What was entered; call after validation."""
        return Limits(
            daily_cap=self.daily_cap.data,
            per_minute=self.per_minute.data,
            minimum_gap_seconds=self.minimum_gap_seconds.data or 0,
            gap_jitter=self.gap_jitter.data or 0,
            warmup_start=self.warmup_start.data,
            warmup_step=self.warmup_step.data,
            warmup_ceiling=self.warmup_ceiling.data,
            window_weekdays=tuple(sorted(int(day) for day in self.window_weekdays.data or ())),
            window_from=minutes_of(self.window_from.data) or 0,
            window_until=minutes_of(self.window_until.data) or 1440,
            skips_days_off=self.skips_days_off.data,
        )


class PastDueForm(FlaskForm):
    """What becomes of messages that are past due."""

    what = RadioField(
        "What becomes of them?",
        choices=[SelectChoice(what, words) for what, words in CHOICES.items()],
        validate_choice=True,
    )
    hours = IntegerField(
        "Hours", [Optional(), NumberRange(1, MOST_HOURS, f"From 1 to {MOST_HOURS} hours.")], default=8
    )


def _refuse(field: Field, sentence: str) -> bool:
    field.errors = [*field.errors, sentence]
    return False


def minutes_of(time: str | None) -> int | None:
    """`8:30` as 510; None for what is no time of a day."""
    hours, colon, minutes = (time or "").strip().partition(":")
    if not (hours.isdecimal() and (minutes if colon else "0").isdecimal()):
        return None
    total = int(hours) * 60 + int(minutes or 0)
    return total if int(minutes or 0) < 60 and total <= 1440 else None


def _field(asked: CredentialField, stored: Credentials | None) -> Field:
    required = asked.is_required and not (asked.is_secret and stored is not None)
    checks = [InputRequired(f"{asked.label} is missing.")] if required else [Optional()]
    default = _default(asked, stored)
    if asked.widget == "select":
        return SelectField(
            asked.label,
            checks,
            choices=[SelectChoice(*pair) for pair in asked.choices],
            default=default,
            description=asked.hint,
        )
    if asked.is_secret:
        hint = f"{asked.hint}. {_KEPT}".lstrip(". ") if stored is not None else asked.hint
        return PasswordField(
            asked.label, checks, description=hint, render_kw={"autocomplete": "new-password"}
        )
    if asked.widget == "checkbox":
        return BooleanField(asked.label, default=default == "True", description=asked.hint)
    if asked.widget == "number":
        return IntegerField(
            asked.label, checks, default=int(default) if default else None, description=asked.hint
        )
    return StringField(
        asked.label, checks, default=default, description=asked.hint,
        render_kw={"autocomplete": "off", "autocapitalize": "none", "spellcheck": "false"},
    )  # fmt: skip


def _default(asked: CredentialField, stored: Credentials | None) -> str:
    if stored is None:
        return asked.default
    value = getattr(stored, asked.name)
    return "" if isinstance(value, SecretStr) or value is None else str(value)
