"""The settings of a task."""

from string import ascii_lowercase
from typing import Annotated, Any, Literal

from pydantic import Field

from loumass.funnels.kinds.settings import (
    LONGEST_TEXT,
    OptionalAmount,
    OptionalClockTime,
    Settings,
    Text,
    setting,
)
from loumass.funnels.kinds.wait_config import DAYS_OFF, DAYS_OFF_HINT, DAYS_OFF_LABEL, DaysOff, window_of
from loumass.funnels.local_time import Window
from loumass.funnels.words import WEEKDAYS

MOST_OUTCOMES = 6
LONGEST_SCRIPT = 5000
MOST_DAYS = 365
#: What a task without a title of its own is called. Of something else nobody knows what it is.
TITLES = {
    "call": "Call {{contact.full_name}}",
    "linkedin": "Write to {{contact.full_name}} on LinkedIn",
    "email": "Write to {{contact.full_name}}",
    "other": "",
}
TASKS = {"call": "Call", "linkedin": "LinkedIn", "email": "E-mail by hand", "other": "Something else"}
WHOSE = {
    "owner": "the person's owner, else the campaign's",
    "campaign": "the campaign's owner",
    "member": "one colleague",
    "turn": "colleagues in turn, whoever has the fewest",
}
_OUTCOMES = "What can come of it"
_DUE = "Due"


def _outcome(letter: str, default: str) -> Any:
    return setting(default, f"Outcome {ord(letter) - ord('a') + 1}", group=_OUTCOMES, max_length=40)


class TaskConfig(Settings):
    """Each outcome that has a name is a way out; one without a way of its own goes on by `next`."""

    task: Literal["call", "linkedin", "email", "other"] = setting("call", "What is to be done", choices=TASKS)
    title: Text = setting(
        "",
        "Title",
        hint="Empty says what it is and with whom, such as “Call Priya Raman”. Merge tags work here.",
        max_length=LONGEST_TEXT,
    )
    script: Text = setting(
        "",
        "Script",
        hint="What to say or do, with merge tags. Optional.",
        is_long=True,
        max_length=LONGEST_SCRIPT,
    )
    priority: Literal["high", "normal", "low"] = setting(
        "normal", "Priority", choices={"high": "high", "normal": "normal", "low": "low"}
    )
    whose: Literal["owner", "campaign", "member", "turn"] = setting("owner", "Who does it", choices=WHOSE)
    members: Text = setting(
        "",
        "Their addresses",
        hint="What they sign in with, separated by commas. In turn, empty is every member.",
        suggests="members",
        only_when=("whose", ["member", "turn"]),
        max_length=1000,
    )
    a: Text = _outcome("a", "Reached")
    b: Text = _outcome("b", "Left a message")
    c: Text = _outcome("c", "No answer")
    d: Text = _outcome("d", "Not interested")
    e: Text = _outcome("e", "")
    f: Text = _outcome("f", "")
    due_in: int = setting(1, "In how many days", hint="0 is at once.", group=_DUE, ge=0, le=MOST_DAYS)
    opens: OptionalClockTime = setting("09:00", "From", hint="Their time.", group=_DUE, validate_default=True)
    closes: OptionalClockTime = setting("17:00", "To", hint="Their time.", group=_DUE, validate_default=True)
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = setting(
        tuple(range(5)), "Days of the week", choices=dict(enumerate(WEEKDAYS)), group=_DUE
    )
    days_off: DaysOff = setting("count", DAYS_OFF_LABEL, hint=DAYS_OFF_HINT, choices=DAYS_OFF, group=_DUE)
    give_up_after: OptionalAmount = setting(
        None,
        "Go on without it after days",
        hint="Optional. Counted from when it was due; then it leaves by “timeout”.",
        group=_DUE,
        ge=1,
        le=MOST_DAYS,
    )

    @property
    def headline(self) -> str:
        """What the task is called, with merge tags; empty where nobody said what is to be done."""
        return self.title or TITLES[self.task]

    @property
    def outcomes(self) -> dict[str, str]:
        """Labels by branch, in order."""
        given = ((letter, getattr(self, letter)) for letter in ascii_lowercase[:MOST_OUTCOMES])
        return {letter: label for letter, label in given if label}

    @property
    def window(self) -> Window:
        return window_of(self.weekdays, self.opens, self.closes, self.days_off)

    @property
    def addresses(self) -> tuple[str, ...]:
        """Of the members it names, as they are compared."""
        return tuple(one.strip().lower() for one in self.members.split(",") if one.strip())
