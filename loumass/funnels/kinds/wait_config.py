"""The settings of a wait."""

from collections.abc import Iterable
from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from loumass.funnels.kinds.settings import (
    LONGEST_TEXT,
    ClockTime,
    OptionalAmount,
    OptionalClockTime,
    OptionalWallTime,
    Settings,
    Text,
    setting,
)
from loumass.funnels.local_time import Window
from loumass.funnels.words import WEEKDAYS

Unit = Literal["minutes", "hours", "days", "weeks"]
UNITS = {unit: unit for unit in ("minutes", "hours", "days", "weeks")}
LONGEST = 3650  # of any unit: ten years of days, enough for everybody, far from the calendar's end

_FOR_A_WHILE = ("mode", ["duration"])
_UNTIL_A_DATE = ("mode", ["date"])
_AROUND_THE_EVENT = ("mode", ["event"])
_PASSABLE = ("mode", ["date", "event"])
_WINDOW = "Then only on"
DaysOff = Literal["count", "skip"]
DAYS_OFF = {"count": "are days like any other", "skip": "are skipped"}
DAYS_OFF_LABEL = "Public holidays and days off"
DAYS_OFF_HINT = "Those of your organization's settings, by the date where they live."


class WaitConfig(Settings):
    """``mode`` says which settings count; the window (weekdays, opens, closes) counts for all of them."""

    mode: Literal["duration", "date", "event"] = setting(
        "duration",
        "Wait",
        choices={
            "duration": "For a while",
            "date": "Until a date",
            "event": "Until so many days before or after the event",
        },
    )
    amount: int = setting(3, "How many", only_when=_FOR_A_WHILE, ge=1, le=LONGEST)
    unit: Unit = setting("days", "Of what", choices=UNITS, only_when=_FOR_A_WHILE)
    after: Literal["sent", "entered"] = setting(
        "sent",
        "Counted from",
        choices={"sent": "when the last message was sent", "entered": "when the person comes to this step"},
        only_when=_FOR_A_WHILE,
    )
    date: OptionalWallTime = setting(None, "Date and time", only_when=_UNTIL_A_DATE)
    zone: Text = setting(
        "",
        "Whose time",
        hint="Empty is each person's own time. Otherwise a zone such as America/Denver.",
        suggests="zones",
        only_when=_UNTIL_A_DATE,
        max_length=LONGEST_TEXT,
    )
    days: int = setting(1, "Days", only_when=_AROUND_THE_EVENT, ge=0, le=LONGEST)
    direction: Literal["before", "after"] = setting(
        "before",
        "Before or after",
        choices={"before": "before the event", "after": "after the event"},
        only_when=_AROUND_THE_EVENT,
    )
    at: ClockTime = setting(
        "09:00", "At", hint="Event time.", only_when=_AROUND_THE_EVENT, validate_default=True
    )
    if_past: Literal["go_on", "end"] = setting(
        "go_on",
        "If that has passed already",
        choices={"go_on": "go on at once", "end": "leave the campaign"},
        only_when=_PASSABLE,
    )
    weekdays: tuple[Annotated[int, Field(ge=0, le=6)], ...] = setting(
        tuple(range(7)), "Days of the week", choices=dict(enumerate(WEEKDAYS)), group=_WINDOW
    )
    opens: OptionalClockTime = setting(
        None, "From", hint="Their time. Empty is the start of the day.", group=_WINDOW
    )
    closes: OptionalClockTime = setting(
        None, "To", hint="Their time. Empty is the end of the day.", group=_WINDOW
    )

    days_off: DaysOff = setting("count", DAYS_OFF_LABEL, hint=DAYS_OFF_HINT, choices=DAYS_OFF, group=_WINDOW)

    @property
    def window(self) -> Window:
        return window_of(self.weekdays, self.opens, self.closes, self.days_off)


def window_of(weekdays: Iterable[int], opens: time | None, closes: time | None, days_off: DaysOff) -> Window:
    """The window that such settings mean."""
    midnight = Window().opens
    return Window(frozenset(weekdays), opens or midnight, closes or midnight, days_off == "skip")


class Patience(Settings):
    """How long a condition may wait for its answer. Mixed into a condition's settings."""

    wait_up_to: OptionalAmount = setting(
        None,
        "Wait up to",
        hint="Optional. Empty asks once and goes on at once.",
        group="Wait for it",
        ge=1,
        le=LONGEST,
    )
    wait_unit: Unit = setting("days", "Of what", choices=UNITS, group="Wait for it")
