"""What the pages of simulations ask for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from flask_wtf import FlaskForm
from wtforms import DecimalField, IntegerField, SelectField
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs
from wtforms.validators import InputRequired, NumberRange, Optional

from loumass.campaigns.simulating.habits import Habits
from loumass.campaigns.simulating.outcomes import Outcomes
from loumass.campaigns.simulating.wishes import LONGEST_TASK_HOURS, MOST_SAMPLE, MOST_SEED, SAMPLE, Wish

#: Medium -> the field that chooses a template's sender.
SENDERS = {"email": "email_channel", "sms": "sms_channel", "voicemail": "voicemail_channel"}
_RATES = ("reply", "open", "click", "bounce")
_NOBODY_ELSE = ("", "Only those inside now")


def _shown(per_cent: float) -> Decimal:
    """As people write it: 5, 2.5."""
    return Decimal(f"{round(per_cent, 4):g}")


def _within() -> NumberRange:
    return NumberRange(0, 100, "Give a share between 0 and 100 per cent.")


def _rate(label: str) -> DecimalField:
    within = _within()
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
        description="What only people or vendors can tell is taken to be known after that.",
    )
    #: The steps that people or vendors decide, as `form_for` was told of them.
    outcomes: Sequence[Outcomes] = ()

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

    def shares_of(self, step: Outcomes) -> list[Any]:
        """The fields that say what comes of a step's tasks or calls."""
        return [self[_name(step.key, way)] for way in step.ways]

    def named_shares(self, step: Outcomes) -> list[tuple[str, Any]]:
        """The same, each with the words for its outcome."""
        return list(zip(step.ways.values(), self.shares_of(step), strict=True))

    def validate(self, extra_validators: Any = None) -> bool:
        """Also that what comes of a step adds up, where anything was said of it."""
        is_right = super().validate(extra_validators)
        return all([is_right, *(self._adds_up(step) for step in self.outcomes)])

    def _adds_up(self, step: Outcomes) -> bool:
        fields = self.shares_of(step)
        total = sum(one.data or 0 for one in fields)
        if (
            any(one.errors for one in fields)
            or all(one.data is None for one in fields)
            or abs(total - 100) < 1
        ):
            return True
        fields[0].errors = [f"The outcomes of {step.name} add up to {total:g}%. Make it 100."]
        return False

    def fill(self, habits: Habits) -> None:
        """As people usually are."""
        self._fill_outcomes({})
        for name in _RATES:
            self[name].data = _shown(getattr(habits, name))
        self.seed.data, self.task_hours.data = 1, 24
        if "sample" in self:
            self.sample.data = SAMPLE

    def _fill_outcomes(self, asked: Mapping[str, Mapping[str, float]]) -> None:
        """As it was asked, else as usual."""
        for step in self.outcomes:
            shares = asked.get(step.key, step.shares)
            for way, one in zip(step.ways, self.shares_of(step), strict=True):
                one.data = _shown(100 * shares.get(way, 0))

    def fill_again(self, wish: Wish) -> None:
        """As it was asked before."""
        self._fill_outcomes(wish.task_ways)
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
            task_ways={step.key: self._said_of(step) or step.shares for step in self.outcomes},
            channels={medium: self[name].data for medium, name in SENDERS.items() if name in self},
            **rates,
            **given,
        )

    def _said_of(self, step: Outcomes) -> dict[str, float]:
        """The shares that somebody gave, from 0 to 1."""
        said = zip(step.ways, self.shares_of(step), strict=True)
        return {way: float(one.data) / 100 for way, one in said if one.data}


def form_for(outcomes: Sequence[Outcomes]) -> SimulationForm:
    """The form with a share for each outcome of each of the steps."""
    shares = {
        _name(step.key, way): DecimalField(f"{step.name}: {words}", [Optional(), _within()], places=None)
        for step in outcomes
        for way, words in step.ways.items()
    }
    return type("SimulationFormOfFunnel", (SimulationForm,), {**shares, "outcomes": outcomes})()


def _name(key: str, way: str) -> str:
    return f"way-{key}-{way}"
