"""Stay a while, until a date, or until so many days around the event; then until a window opens.

Exact meaning, for the set-based twin:

- ``duration`` after ``sent``: the enrollment's latest sent message plus the amount (``facts.last_sent_at``;
  ``facts.entered_at`` when nothing has been sent). After ``entered``: ``facts.entered_at`` plus the amount.
  Days and weeks keep the contact's wall clock; minutes and hours are elapsed time.
- ``date``: the wall time ``date`` in ``zone``, or in the contact's timezone when ``zone`` is empty.
- ``event``: the event's date in the event's timezone, ``days`` before or after, at the wall time ``at`` there.
  Without an event date the enrollment is held, and says so.
- A date or event target that is not after ``facts.entered_at`` has passed: ``if_past`` decides.
- The window opens in the contact's timezone and applies last, in every mode: the enrollment leaves at the
  first open moment that is neither before the target nor before it entered.
- With ``days_off`` skipped the window stays closed on ``facts.days_off``, which are dates on the contact's wall.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.accounts.days_off.reading import NONE
from loumass.funnels.decisions import Decision, End, Go, WaitFor, WaitUntil
from loumass.funnels.facts import Facts
from loumass.funnels.kinds.base import Flaw, Kind, Names
from loumass.funnels.kinds.wait_config import WaitConfig
from loumass.funnels.local_time import Window, later, moment, zone_names
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import NOTHING_ASKED, Answers, with_days_off
from loumass.funnels.walking.walker import Walker
from loumass.funnels.words import amount_of, clock, clock_in_full, day, sentence, weekdays

PASSED = "its date had passed"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a wait leads to before its window is asked. ``can_pass``: ``if_past`` applies to it."""

    at: datetime
    because: str
    can_pass: bool = False


def target(config: WaitConfig, facts: Facts) -> Target | None:
    """The moment waited for, in UTC, with its words; None when it hangs on an event without a date."""
    if config.mode == "duration":
        return _after_a_while(config, facts)
    if config.mode == "date":
        return _on_a_date(config, facts)
    return _around_the_event(config, facts)


def _after_a_while(config: WaitConfig, facts: Facts) -> Target:
    base, what = facts.entered_at, "coming here on"
    if config.after == "sent" and facts.last_sent_at is not None:
        base, what = facts.last_sent_at, "the message of"
    at = later(base, config.amount, config.unit, facts.timezone)
    because = f"{sentence(amount_of(config.amount, config.unit))} after {what} {day(base, facts.timezone)}"
    return Target(at, because)


def _on_a_date(config: WaitConfig, facts: Facts) -> Target:
    if config.date is None:
        raise ValueError("A wait until a date has no date.")
    zone = ZoneInfo(config.zone) if config.zone else facts.timezone
    at = moment(config.date.date(), config.date.time(), zone)
    return Target(at, f"Until {day(config.date)}, {clock_in_full(config.date.time())}", can_pass=True)


def _around_the_event(config: WaitConfig, facts: Facts) -> Target | None:
    if facts.event_at is None:
        return None
    zone = facts.event_timezone or facts.timezone
    days = -config.days if config.direction == "before" else config.days
    on = facts.event_at.astimezone(zone).date() + timedelta(days=days)
    return Target(moment(on, config.at, zone), _event_words(config), can_pass=True)


def due_at(config: WaitConfig, facts: Facts) -> datetime | None:
    """When the enrollment may leave, window applied, never before it entered; None without an event date."""
    return _opening(config, facts, facts.days_off)


def _opening(config: WaitConfig, facts: Facts, days_off: Mapping[date, str] = NONE) -> datetime | None:
    found = target(config, facts)
    if found is None:
        return None
    window = config.window.without(days_off)
    return window.next_open(max(found.at, facts.entered_at.astimezone(UTC)), facts.timezone)


class Wait(Kind[WaitConfig]):
    name = "wait"
    label = "Wait"
    icon = "clock"
    tone = "amber"
    group = "Wait"
    hint = "Waits some time, until a date or around the event; then for the right days and hours."
    Config = WaitConfig

    def decide(self, node: Node, config: WaitConfig, facts: Facts, now: datetime) -> Decision:
        found = target(config, facts)
        if found is None:
            return WaitFor("event", None, "The campaign has no event date")
        if found.can_pass and found.at <= facts.entered_at and config.if_past == "end":
            return End(PASSED)
        at = due_at(config, facts)
        if at is None or at <= now:
            return Go()
        return WaitUntil(at, _because(config, facts, found, at))

    def look_up(self, ground: Ground, node: Node, config: WaitConfig, walkers: Sequence[Walker]) -> Answers:
        """Nothing, unless days off are skipped."""
        return with_days_off(ground) if self.skips_days_off(config) else NOTHING_ASKED

    def skips_days_off(self, config: WaitConfig) -> bool:
        return config.window.skips_days_off

    def breaks_loops(self, config: WaitConfig, branch: str) -> bool:
        """A wait that counts from arriving takes time on every round. A message or a date passes only once:
        on the second round nothing would hold people back, unless a passed date ends them."""
        if config.mode == "duration":
            return config.after == "entered"
        return config.if_past == "end"

    def needs_event(self, config: WaitConfig) -> bool:
        return config.mode == "event"

    def describe(self, node: Node, config: WaitConfig, names: Names) -> str:
        if config.window.is_always_open:
            return _words(config)
        if _is_for_the_window(config):
            return next_time(config.window)
        return f"{_words(config)}, {window_words(config.window)}"

    def example(self, config: WaitConfig, now: datetime, zone: ZoneInfo, days_off: Mapping[date, str]) -> str:
        if self.needs_event(config) or any(self.flaws(config)):
            return ""
        facts = Facts(
            enrollment_id=UUID(int=0), entered_at=now, last_sent_at=now, timezone=zone, days_off=days_off
        )
        at = due_at(config, facts)
        if at is None or at <= now:
            return "Who comes here now goes on at once."
        local, off = at.astimezone(zone), day_off_words(config.window, _opening(config, facts), facts)
        is_from_send = config.mode == "duration" and config.after == "sent"
        start = "Sent now, it goes on" if is_from_send else "Who comes here now goes on"
        return f"{start} {day(local)}, {clock_in_full(local.time())} ({zone.key}).{off}"

    def flaws(self, config: WaitConfig) -> Iterable[Flaw]:
        if config.window.never_opens:
            yield Flaw(
                "never_opens",
                "waits for days and hours that never come.",
                "Choose at least one day, and let the hours end later than they begin.",
            )
        if config.mode == "date" and config.date is None:
            yield Flaw("no_date", "waits until a date, but has none.", "Give the date and the time.")
        if config.mode == "date" and config.zone and config.zone not in zone_names():
            yield Flaw(
                "unknown_zone",
                f"names the time zone {config.zone}, which does not exist.",
                "Choose one from the list, such as America/Denver, or leave it empty for their time.",
            )


def _is_for_the_window(config: WaitConfig) -> bool:
    """A minute and then a window: people mean the window."""
    return config.mode == "duration" and (config.amount, config.unit) == (1, "minutes")


def _because(config: WaitConfig, facts: Facts, found: Target, at: datetime) -> str:
    if at == found.at:
        return found.because
    window = config.window
    if _is_for_the_window(config):
        return sentence(next_time(window))
    off = window.without(facts.days_off).day_off(max(found.at, facts.entered_at), facts.timezone)
    not_then = f", not on {off}" if off else ""
    return f"{found.because}{not_then}, then {window_words(window)}"


def window_words(window: Window) -> str:
    """``Tue to Thu, 9 to 16 their time, no holidays``."""
    parts = [] if len(window.weekdays) == 7 else [weekdays(window.weekdays)]
    if window.opens != window.closes:
        closes = "24" if window.closes == Window().closes else clock(window.closes)
        parts.append(f"{clock(window.opens)} to {closes}")
    words = [f"{', '.join(parts)} their time"] if parts or not window.skips_days_off else []
    return ", ".join([*words, "no holidays"] if window.skips_days_off else words)


def day_off_words(window: Window, at: datetime | None, facts: Facts) -> str:
    """What an example says of days off, for what would be at ``at`` if none were skipped: `` Thu 26 Nov is Thanksgiving.``"""
    if not window.skips_days_off or at is None:
        return ""
    if not facts.days_off:
        return " Your organization keeps no days off yet."
    off = window.without(facts.days_off).day_off(at, facts.timezone)
    return f" {day(at, facts.timezone)} is {off}." if off else ""


def next_time(window: Window) -> str:
    """``next time it is 9 to 16 their time``."""
    words = window_words(window)
    return "next day that is no holiday" if words == "no holidays" else f"next time it is {words}"


def _words(config: WaitConfig) -> str:
    if config.mode == "duration":
        since = "it was sent" if config.after == "sent" else "coming here"
        return f"{amount_of(config.amount, config.unit)} after {since}"
    if config.mode == "date":
        if config.date is None:
            return "until a date that is missing"
        whose = config.zone or "their time"
        return f"until {day(config.date)} {config.date.year}, {clock_in_full(config.date.time())} {whose}"
    return f"until {_event_words(config)[:1].lower()}{_event_words(config)[1:]}, {clock_in_full(config.at)} event time"


def _event_words(config: WaitConfig) -> str:
    if config.days == 0:
        return "The day of the event"
    return f"{amount_of(config.days, 'days')} {config.direction} the event"
