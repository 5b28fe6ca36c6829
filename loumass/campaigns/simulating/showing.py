"""A report made ready for a page: per day or hour, what waits and why, step by step, who is left out."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from loumass.campaigns.simulating.words import ended_words, held_words, on_hold_words, skipped_words
from loumass.funnels.kinds import KINDS

#: A wait that is over within this is no news.
_WORTH_TELLING = timedelta(minutes=30)
#: So many days are drawn; what comes later is told in words.
MOST_DAYS = 120
#: A row of a chart: label, ISO day or hour, [sent, waiting].
Row = tuple[str, str, list[int]]


@dataclass(slots=True)
class HeldUp:
    """What one limit holds up, over all days: the most on a day, on how many days, from when to when."""

    why: str
    gate: str
    most: int = 0
    days: list[tuple[date, int, datetime, datetime | None]] = field(default_factory=list)

    @property
    def since(self) -> datetime:
        """When it begins."""
        return self.days[0][2]

    @property
    def until(self) -> datetime | None:
        """When it is over; None: never."""
        ends = [one[3] for one in self.days]
        return None if None in ends else max(one for one in ends if one is not None)


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step: who comes, when the first and the last, how they leave."""

    name: str
    icon: str
    tone: str
    came: int
    sent: int
    first: datetime | None
    last: datetime | None
    left: list[tuple[str, int]]
    is_assumed: bool
    #: What its tasks or calls were taken to come to: (words, per cent).
    taken: list[tuple[str, float]] = field(default_factory=list)


class Shown:
    """Everything that the page of a result says. `sender` (its place) leaves the others out of the charts."""

    def __init__(self, report: Mapping[str, Any], sender: int | None = None) -> None:
        self.report, self.home, self._sender = report, ZoneInfo(report["home"]), sender
        self._sent, self._queued = Counter[datetime](), Counter[datetime]()
        for name, counter in (("sent", self._sent), ("queued", self._queued)):
            for hour, place, count in report[name]:
                if sender is None or place == sender:
                    counter[datetime.fromisoformat(hour)] += count
        self.messages = sum(self._sent.values())
        self.first_sent, self.last_sent = _moment(report["first_sent"]), _moment(report["last_sent"])
        self.begins, self.last_moved = _moment(report["begins"]), _moment(report["last_moved"])
        self.people = report["inside"] + report["added"]
        self.did: dict[str, int] = report["did"]

    @property
    def still_inside(self) -> int:
        """How many have not left when nothing moves any more."""
        return self.people - self.report["left"]

    def short(self, at: datetime | None) -> str:
        """The day of `at` where the organization is: `3 Mar`."""
        local = at.astimezone(self.home) if at else None
        return f"{local.day} {local:%b}" if local else "Never"

    def hour(self, at: datetime | None) -> str:
        """The hour of `at` there: `Tue 9:00`."""
        local = at.astimezone(self.home) if at else None
        return f"{local:%a} {local.hour}:{local.minute:02}" if local else ""

    def days(self) -> list[Row]:
        """Messages that leave on each day and that wait at its end, at most 120 days."""
        sent, waiting = self._per(lambda hour: hour.astimezone(self.home).date())
        days = sorted(set(sent) | set(waiting))
        if not days:
            return []
        every = [days[0] + timedelta(days=one) for one in range((days[-1] - days[0]).days + 1)][:MOST_DAYS]
        return list(_rows(every, sent, waiting, lambda day: f"{day.day} {day:%b}"))

    def hours(self, day: date) -> list[Row]:
        """The same for each hour of one day."""
        sent, waiting = self._per(lambda hour: hour)
        begins = datetime.combine(day, datetime.min.time(), self.home)
        known = sorted(one for one in set(sent) | set(waiting) if one.astimezone(self.home).date() <= day)
        first = begins.astimezone(ZoneInfo("UTC"))
        hours = [first + timedelta(hours=one) for one in range(25)]
        hours = [one for one in hours if one.astimezone(self.home).date() == day]
        before = next((waiting[one] for one in reversed(known) if one < first and one in waiting), 0)
        return list(_rows(hours, sent, waiting, lambda hour: f"{hour.astimezone(self.home):%-H}:00", before))

    def cells(self) -> Iterator[list[Any]]:
        """Every hour and sender, for a file."""
        names = [one["name"] for one in self.report["senders"]]
        for hour, place, count in self.report["sent"]:
            yield [
                datetime.fromisoformat(hour).astimezone(self.home).isoformat(timespec="minutes"),
                names[place],
                count,
            ]

    def held_up(self) -> list[HeldUp]:
        """What holds messages up for more than a moment, the most first."""
        found: dict[tuple[int, str], HeldUp] = {}
        for place, gate, day, messages, since, until in self.report["held"]:
            ends = _moment(until)
            if (self._sender is not None and place != self._sender) or _is_short(_moment(since), ends):
                continue
            name = self.report["senders"][place]["name"]
            one = found.setdefault((place, gate), HeldUp(held_words(gate, name), gate))
            one.most = max(one.most, messages)
            one.days.append((date.fromisoformat(day), messages, datetime.fromisoformat(since), ends))
        return sorted(found.values(), key=lambda one: -one.most)

    def steps(self) -> list[StepRow]:
        """In the order people read them."""
        shares = self.report["wish"].get("task_ways", {})
        return [_step(one, shares.get(one.get("key"), {})) for one in self.report["steps"]]

    def skipped(self) -> list[tuple[str, str, str, str, int]]:
        """(reason, node, why, step, messages), the most first."""
        names = self._names()
        return [
            (reason, node_id, skipped_words(reason), names.get(node_id, ""), count)
            for reason, node_id, count, _ in self.report["skipped"]
        ]

    def skipped_people(self, reason: str, node_id: str) -> tuple[int, list[str]]:
        """How many are skipped for a reason at a step, and the contacts of the first of them."""
        for one, node, count, people in self.report["skipped"]:
            if (one, node) == (reason, node_id):
                return count, people
        return 0, []

    def ended(self) -> list[tuple[str, int]]:
        """How people leave, the most first."""
        return [(ended_words(reason), count) for reason, count in self.report["ended"].items()]

    def on_hold(self) -> list[tuple[str, str, int]]:
        """(why, step, people) of those who stay until a person decides."""
        names = self._names()
        return [
            (on_hold_words(reason), names.get(node_id, ""), count)
            for reason, node_id, count in self.report["on_hold"]
        ]

    def _names(self) -> dict[str, str]:
        return {one["id"]: one["name"] for one in self.report["steps"]}

    def _per(self, slot: Any) -> tuple[dict[Any, int], dict[Any, int]]:
        """What leaves in each slot, and what waits at its end."""
        sent: defaultdict[Any, int] = defaultdict(int)
        for hour, count in self._sent.items():
            sent[slot(hour)] += count
        waiting: dict[Any, int] = {}
        level = 0
        for hour, change in sorted(self._queued.items()):
            level += change
            waiting[slot(hour)] = level
        return sent, waiting


def _rows(
    slots: Sequence[Any], sent: Mapping[Any, int], waiting: Mapping[Any, int], label: Any, before: int = 0
) -> Iterator[Row]:
    level = before
    for slot in slots:
        level = waiting.get(slot, level)
        yield label(slot), slot.isoformat(), [sent.get(slot, 0), level]


def _step(one: Mapping[str, Any], shares: Mapping[str, float]) -> StepRow:
    kind, ways = KINDS.get(one["kind"]), one.get("ways", {})
    is_assumed = bool(one["assumed"])
    quiet = ("skipped",) if is_assumed else ("next", "skipped")
    left = [(ways.get(way, way), count) for way, count in one["left"].items() if way not in quiet]
    taken = [(words, round(100 * shares[way], 1)) for way, words in ways.items() if shares.get(way)]
    return StepRow(
        one["name"], kind.icon if kind else "help-circle", kind.tone if kind else "gray", one["came"], one["sent"],
        _moment(one["first"]), _moment(one["last"]), left, is_assumed, taken if is_assumed else [],
    )  # fmt: skip


def _is_short(since: datetime | None, until: datetime | None) -> bool:
    return since is not None and until is not None and until - since < _WORTH_TELLING


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
