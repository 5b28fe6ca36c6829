"""What the pages of simulations ask for."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import DecimalField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional

from loumass.campaigns.simulating.habits import Habits
from loumass.campaigns.simulating.wishes import LONGEST_TASK_HOURS, MOST_SAMPLE, MOST_SEED, SAMPLE, Wish

#: Medium -> the field that chooses a template's sender.
SENDERS = {"email": "email_channel", "sms": "sms_channel", "voicemail": "voicemail_channel"}
_RATES = ("reply", "open", "click", "bounce")
_NOBODY_ELSE = ("", "Only those inside now")


def _shown(per_cent: float) -> Decimal:
    """As people write it: 5, 2.5."""
    return Decimal(f"{round(per_cent, 4):g}")


def _rate(label: str) -> DecimalField:
    within = NumberRange(0, 100, "Give a share between 0 and 100 per cent.")
    return DecimalField(label, [InputRequired("Give a share, or 0 for none."), within], places=None)


class SimulationForm(FlaskForm):
    """A campaign asks for a source, a template for a number of people and senders."""

    source = SelectField("People", validate_choice=True)
    sample = IntegerField(
        "People", [Optional(), NumberRange(1, MOST_SAMPLE, f"Choose between 1 and {MOST_SAMPLE:,} people.")]
    )
    email_channel = SelectField("Mailbox")
    sms_channel = SelectField("Number")
    voicemail_channel = SelectField("Caller ID")
    reply = _rate("Reply")
    open = _rate("Open")
    click = _rate("Click")
    bounce = _rate("Bounce")
    seed = IntegerField(
        "Seed",
        [InputRequired("Give a number."), NumberRange(0, MOST_SEED, f"Choose a number up to {MOST_SEED:,}.")],
        description="The same number gives the same result.",
    )
    task_hours = IntegerField(
        "Tasks take",
        [
            InputRequired("Give a number of hours."),
            NumberRange(0, LONGEST_TASK_HOURS, "Choose 0 to 2,160 hours."),
        ],
        description="What only people or vendors can tell is taken to come to its first outcome after that.",
    )

    def offer_sources(self, sources: list[tuple[str, str]]) -> None:
        """Of a campaign, which has its own people and senders: where more people could come from."""
        self.source.choices = [SelectChoice(*one) for one in (_NOBODY_ELSE, *sources)]
        for name in ("sample", *SENDERS.values()):
            del self[name]

    def offer_senders(self, senders: Mapping[str, list[tuple[str, str]]]) -> None:
        """Of a template: by medium that it writes on, who could send."""
        del self.source
        for medium, name in SENDERS.items():
            if senders.get(medium):
                field: Any = self[name]
                field.choices = [SelectChoice(*one) for one in senders[medium]]
            else:
                del self[name]

    @property
    def senders(self) -> list[Any]:
        """The fields that choose a sender."""
        return [self[name] for name in SENDERS.values() if name in self]

    def fill(self, habits: Habits) -> None:
        """As people usually are."""
        for name in _RATES:
            self[name].data = _shown(getattr(habits, name))
        self.seed.data, self.task_hours.data = 1, 24
        if "sample" in self:
            self.sample.data = SAMPLE

    def fill_again(self, wish: Wish) -> None:
        """As it was asked before."""
        for name in _RATES:
            self[name].data = _shown(getattr(wish, name) * 100)
        self.seed.data, self.task_hours.data = wish.seed, wish.task_hours
        kind, value = next(iter(wish.source.items()), ("", ""))
        again = {"sample": wish.sample, "source": f"{kind}:{value}" if kind else ""}
        again |= {name: wish.channels.get(medium, "") for medium, name in SENDERS.items()}
        for name, chosen in again.items():
            if name in self:
                self[name].data = chosen

    def wish(self, graph_id: UUID) -> Wish:
        """What was asked for."""
        rates: dict[str, Any] = {name: float(self[name].data) / 100 for name in _RATES}
        given: dict[str, Any] = {}
        if "source" in self:
            kind, _, value = (self.source.data or "").partition(":")
            given["source"] = {kind: value} if kind else {}
        if "sample" in self:
            given["sample"] = self.sample.data or SAMPLE
        return Wish(
            graph_id=graph_id,
            seed=self.seed.data or 0,
            task_hours=self.task_hours.data or 0,
            channels={medium: self[name].data for medium, name in SENDERS.items() if name in self},
            **rates,
            **given,
        )
