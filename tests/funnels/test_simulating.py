"""Virtual time by itself: limits, clocks that change, chance, loops, and decisions that nobody has thought of yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from loumass.campaigns.preflight.finishing import Pace, finished
from loumass.channels.warming import Warmup
from loumass.contacts.rules import registry
from loumass.funnels import decisions as d
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.base import Branch
from loumass.funnels.kinds.stage import Stage
from loumass.funnels.node import Edge, Node
from loumass.funnels.simulating.by_hand import Diary, Script
from loumass.funnels.simulating.carrying import Assumed
from loumass.funnels.simulating.chances import Fate, Rates, Seeded
from loumass.funnels.simulating.hours import DAY_OFF, QUIET, WINDOW, Hours, wall
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.people import Known, Person, Reach
from loumass.funnels.simulating.running import Plan, Simulation
from loumass.funnels.simulating.senders import Brand, Budget, Limits, Sender
from loumass.rules import PREDICATES, REFERENCES, WALKS

DENVER, BERLIN, LORD_HOWE = (
    ZoneInfo(one) for one in ("America/Denver", "Europe/Berlin", "Australia/Lord_Howe")
)
BEGINS = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # Tuesday, 9:00 in Denver
SAYS = UUID(int=1)
MAIL, TEXT = UUID(int=101), UUID(int=102)
EMAIL, WAIT, END = ("email_send", {}), ("wait", {"amount": 1, "unit": "days", "after": "sent"}), ("end", {})
NOBODY_DOES = Seeded(Rates(), 1)


def graph(*steps: tuple[str, dict[str, Any]], ways: Mapping[int, dict[str, int]] | None = None) -> Graph:
    """Steps that follow each other by `next`, unless `ways` says where the branches of one lead."""
    nodes = [
        Node(
            UUID(int=number + 1000),
            f"s{number}",
            kind,
            f"Step {number}",
            config,
            SAYS if "_send" in kind else None,
        )
        for number, (kind, config) in enumerate(steps)
    ]
    drawn = ways or {}
    edges = [Edge(a.id, "next", b.id) for number, (a, b) in enumerate(pairwise(nodes)) if number not in drawn]
    edges += [Edge(nodes[at].id, way, nodes[to].id) for at, led in drawn.items() for way, to in led.items()]
    return Graph(tuple(nodes), tuple(edges), nodes[0].id)


class Watched(Ledger):
    """Knows when each message left."""

    def __init__(self, home: ZoneInfo = DENVER) -> None:
        super().__init__(home)
        self.times: list[datetime] = []

    def went(self, post: Any, people: Sequence[Person], at: datetime) -> None:
        super().went(post, people, at)
        self.times += [at] * len(people)


def ran(drawn: Graph, people: int = 3, *, begins: datetime = BEGINS, zone: ZoneInfo = DENVER, reach: Reach | None = None,
        limits: Limits | None = None, mail: Mapping[str, Any] | None = None, text: Mapping[str, Any] | None = None,
        **more: Any) -> tuple[Watched, Simulation]:  # fmt: skip
    """So many equal people walk it."""
    senders = {
        "email": [Sender(id=MAIL, medium="email", name="Maya", **(mail or {}))],
        "sms": [Sender(id=TEXT, medium="sms", name="+1", **(text or {}))],
    }
    plan = Plan(
        graph=drawn, begins=begins, ends=begins + timedelta(days=400), limits=limits or Limits(DENVER),
        chances=more.pop("chances", NOBODY_DOES), senders=senders, **more,
    )  # fmt: skip
    ledger, known = Watched(), Known({})
    simulation = Simulation(plan, ledger)
    for number in range(people):
        simulation.begin(
            Person(UUID(int=number + 1), UUID(int=number + 1), zone, known, reach or Reach()), begins
        )
    simulation.run()
    return ledger, simulation


def after(*hours: float) -> list[datetime]:
    return [BEGINS + timedelta(hours=one) for one in hours]


@pytest.mark.parametrize(
    ("day", "minutes", "zone", "expected"),
    [
        (date(2026, 3, 8), 150, DENVER, "2026-03-08T09:30Z"),  # 2:30 is skipped: 3:30
        (date(2026, 11, 1), 90, DENVER, "2026-11-01T08:30Z"),  # 1:30 is shown twice: by standard time
        (date(2026, 4, 5), 100, LORD_HOWE, "2026-04-04T15:10Z"),  # half an hour is shown twice
        (date(2028, 2, 29), 540, BERLIN, "2028-02-29T08:00Z"),
        (date(2026, 3, 7), 1440, DENVER, "2026-03-08T07:00Z"),
    ],
)
def test_wall_clocks_are_read_as_the_database_reads_them(
    day: date, minutes: int, zone: ZoneInfo, expected: str
) -> None:
    assert wall(day, minutes, zone) == datetime.fromisoformat(expected)


def test_windows_and_nights_close_and_open_where_people_live() -> None:
    hours = Hours(frozenset({1, 2, 3, 4, 5}), 9 * 60, 17 * 60, night_ends=8 * 60, night_begins=21 * 60)
    assert hours.refusal(datetime(2026, 3, 6, 23, 59, tzinfo=UTC), DENVER) is None  # Friday, 16:59
    closed = datetime(2026, 3, 7, 0, 0, tzinfo=UTC)
    assert hours.refusal(closed, DENVER) == WINDOW
    # Over the weekend clocks go forward: Monday 9:00 is an hour earlier in UTC.
    assert hours.opens_at(closed, DENVER) == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert hours.refusal(datetime(2026, 3, 7, 5, 0, tzinfo=UTC), DENVER) == QUIET
    assert Hours(frozenset()).opens_at(closed, DENVER) is None
    assert Hours().never_close


def test_a_sender_that_skips_days_off_is_closed_on_the_date_where_people_live() -> None:
    friday, monday = date(2026, 3, 6), date(2026, 3, 9)
    hours = Hours(frozenset({1, 2, 3, 4, 5}), 9 * 60, 17 * 60, days_off={friday, monday})
    at = datetime(2026, 3, 6, 16, 0, tzinfo=UTC)  # 9:00 on Friday in Denver
    assert hours.refusal(at, DENVER) == DAY_OFF
    assert hours.opens_at(at, DENVER) == datetime(2026, 3, 10, 15, 0, tzinfo=UTC)
    # It is Saturday on Lord Howe: no holiday there, and Monday is one when Denver has Sunday still.
    assert hours.refusal(at, LORD_HOWE) == WINDOW
    assert hours.refusal(datetime(2026, 3, 8, 22, 0, tzinfo=UTC), LORD_HOWE) == DAY_OFF
    assert not Hours(days_off={friday}).never_close
    # A year of days off is looked at again every forty days, as the gate does.
    closed = {friday + timedelta(days=number) for number in range(365)}
    assert Hours(days_off=closed).opens_at(at, DENVER) == datetime(2026, 4, 16, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("mail", "expected"),
    [
        ({}, after(0, 0, 0)),
        ({"gap_seconds": 1800}, after(0, 0.5, 1)),
        ({"per_minute": 12}, [*after(0, 0), BEGINS + timedelta(seconds=10)]),
        ({"cap": 2}, after(0, 0, 15)),  # midnight in Denver
        ({"cap": 9, "used": 8}, after(0, 15, 15)),
        ({"warmup": Warmup(1, 1, 5)}, after(0, 15, 15)),
        ({"warmup": Warmup(1, 0, 5)}, after(0, 15, 39)),
        ({"hours": Hours(opens=600)}, after(1, 1, 1)),
        ({"hours": Hours(opens=600), "cap": 1}, after(1, 25, 49)),
        ({"rests_until": BEGINS + timedelta(hours=2)}, after(2, 2, 2)),
        ({"stopped": "channel_paused"}, []),
        ({"hours": Hours(frozenset())}, []),
    ],
)  # fmt: skip
def test_each_limit_holds_messages_back_as_it_does(mail: dict[str, Any], expected: list[datetime]) -> None:
    ledger, simulation = ran(graph(EMAIL, END), mail=mail)
    assert ledger.times == expected
    assert simulation.left == len(expected)
    waits = sum(
        one.messages
        for one in ledger.held.values()
        if one.until is None or one.until - one.since > timedelta()
    )
    assert (waits > 0) == (expected[-1:] != after(0))


def test_what_is_held_says_how_many_since_when_and_until_when() -> None:
    ledger, _ = ran(graph(EMAIL, END), 5, mail={"cap": 2})
    days = [
        (day, held.messages, held.since, held.until)
        for (_, gate, day), held in ledger.held.items()
        if gate == "daily_cap"
    ]
    midnights = after(15, 39)
    assert days == [
        (date(2026, 3, 3), 3, BEGINS, midnights[0]), (date(2026, 3, 4), 1, midnights[0], midnights[1]),
    ]  # fmt: skip


def test_a_brand_and_a_budget_are_shared() -> None:
    brand = UUID(int=9)
    limits = Limits(DENVER, brands={brand: Brand(segments_per_day=5, used=1)})
    drawn = graph(("sms_send", {}), END)
    ledger, _ = ran(drawn, 3, limits=limits, text={"brand_id": brand}, segments={drawn.nodes[0].id: 2})
    assert ledger.times == after(0, 0, 15)
    # One a day and two a week: the third waits for Monday, over the change of clocks.
    ledger, _ = ran(graph(EMAIL, EMAIL, EMAIL, END), 1, limits=Limits(DENVER, Budget(1, 2)))
    assert ledger.times == [*after(0, 15), datetime(2026, 3, 9, 6, 0, tzinfo=UTC)]


def test_a_day_and_a_year_keep_the_wall_clock() -> None:
    summer, _ = ran(graph(EMAIL, ("wait", {"amount": 1, "unit": "weeks"}), EMAIL, END), 1)
    assert summer.times == after(0, 7 * 24 - 1)
    leap = datetime(2028, 2, 28, 16, 0, tzinfo=UTC)
    ledger, _ = ran(graph(EMAIL, WAIT, EMAIL, WAIT, EMAIL, END), 1, begins=leap)
    assert [(one.month, one.day) for one in ledger.times] == [(2, 28), (2, 29), (3, 1)]


def test_who_cannot_be_reached_is_skipped_and_goes_on() -> None:
    drawn = graph(EMAIL, ("sms_send", {}), END)
    reach = Reach(unplanned={"sms": "no_phone"}, refused={"email": "suppressed"})
    ledger, _ = ran(drawn, 2, reach=reach)
    assert {reason: one.messages for (reason, _), one in ledger.skipped.items()} == {
        "suppressed": 2,
        "no_phone": 2,
    }
    assert ledger.ended == {"finished": 2}
    spared = Reach(spared={"email": ("paused_by_them", BEGINS + timedelta(days=2))})
    assert ran(graph(EMAIL, END), 1, reach=spared)[0].times == after(48)


def test_a_draw_follows_from_the_seed_and_a_higher_rate_takes_nobody_back() -> None:
    def answers(rate: float, seed: int) -> set[int]:
        chances = Seeded(Rates(reply=rate, open=rate), seed)
        fates = {one: chances.after_sending(UUID(int=one), SAYS, 1, "email", BEGINS) for one in range(2_000)}
        return {one for one, fate in fates.items() if fate is not None and fate.replied_at}

    few, many = answers(0.1, 1), answers(0.3, 1)
    assert few < many
    assert few != answers(0.1, 2)
    assert abs(len(many) - 600) < 90
    ledger, _ = ran(graph(EMAIL, WAIT, EMAIL, END), 400, chances=Seeded(Rates(0.2, 0.5, 0.1, 0.05), 3))
    assert (
        ledger.ended["replied"]
        > 40
        < ledger.did["opened"]
        > ledger.did["clicked"]
        > 0
        < ledger.ended["bounced"]
    )


def test_questions_wait_for_answers_that_come() -> None:
    asks = ("condition", {"test": "opened", "wait_up_to": 2})
    drawn = graph(EMAIL, asks, EMAIL, END, ways={1: {"yes": 3, "timeout": 2}})
    nobody, _ = ran(drawn, 50)
    assert nobody.times[50:] == after(48) * 50
    all_open, _ = ran(drawn, 50, chances=Seeded(Rates(open=1.0), 1))
    assert all_open.times == [BEGINS] * 50  # all within two days: nobody is written to again


def test_the_better_way_takes_the_rest() -> None:
    split = ("split", {"a": 50, "b": 50, "winner": "people", "after_people": 20, "patience": 12})
    drawn = graph(split, EMAIL, ("stage", {}), END, ways={0: {"a": 1, "b": 2}})
    ledger, _ = ran(drawn, 60)
    ways = ledger.came[drawn.nodes[0].id].left
    # Only way a writes, so that it wins: twenty take their shares, forty follow half a day later.
    assert ways["a"] + ways["b"] == 60
    assert ways["a"] > 40 < ledger.came[drawn.nodes[1].id].people
    assert ledger.came[drawn.nodes[1].id].last == BEGINS + timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Strange:
    """A decision that no table knows."""

    at: datetime | None = None


class NewKind(Stage):
    """A kind of tomorrow, which decides what the test says."""

    decision: Any = Strange()

    def decide(self, node: Node, config: Any, facts: Any, now: datetime) -> Any:
        at = getattr(self.decision, "at", None)
        return d.Go("done") if at is not None and now >= at else self.decision

    def branches(self, config: Any) -> tuple[Branch, ...]:
        return (Branch("done", "done"), Branch("refused", "refused"))


@pytest.mark.parametrize(
    ("decision", "kind", "hours", "way"),
    [
        (Strange(), "new", 5, "done"),
        (Strange(BEGINS + timedelta(hours=3)), "new", 3, "done"),
        (d.WaitFor("task", None, "A colleague calls"), "task", 5, "done"),
        (d.WaitFor("task", BEGINS + timedelta(hours=9), "A colleague calls"), "task", 5, "done"),
        (d.Act(), "new", 0, "next"),
    ],
)
def test_what_nobody_has_thought_of_is_assumed(
    monkeypatch: pytest.MonkeyPatch, decision: Any, kind: str, hours: float, way: str
) -> None:
    new = NewKind()
    new.decision = decision
    monkeypatch.setitem(KINDS, kind, new)
    drawn = graph((kind, {}), EMAIL, END, ways={0: {"done": 1, "refused": 2, "next": 1}})
    ledger, _ = ran(drawn, 2, assumed=Assumed(timedelta(hours=5)))
    assert ledger.came[drawn.nodes[0].id].left == {way: 2}
    assert ledger.times == after(hours, hours)
    assert ledger.assumed[drawn.nodes[0].id] == (2 if hours == 5 else 0)
    halves = Assumed(timedelta(hours=5), {"s0": {"done": 0.5, "refused": 0.5}})
    split = ran(drawn, 200, assumed=halves)[0].came[drawn.nodes[0].id].left
    assert sum(split.values()) == 200
    assert (70 < split["done"] < 130) == (hours == 5)
    refused = Assumed(timedelta(hours=5), {"s0": {"refused": 1.0}})
    assert len(ran(drawn, 2, assumed=refused)[0].times) == (0 if hours == 5 else 2)


def test_a_funnel_that_goes_round_comes_to_an_end() -> None:
    ledger, simulation = ran(graph(EMAIL, WAIT, ways={0: {"next": 1}, 1: {"next": 0}}), 1)
    assert simulation.is_cut
    assert 390 < len(ledger.times) < 402
    timeless, simulation = ran(graph(("stage", {}), ("stage", {}), ways={0: {"next": 1}, 1: {"next": 0}}), 1)
    assert simulation.is_cut
    assert timeless.times == []


def test_one_person_is_led_by_answers() -> None:
    drawn = graph(
        EMAIL,
        ("condition", {"test": "replied", "wait_up_to": 3}),
        EMAIL,
        END,
        ways={1: {"yes": 3, "timeout": 2}},
    )

    def led(*answers: str) -> list[tuple[str, str]]:
        script = Script(answers, Assumed())
        plan = Plan(
            graph=drawn, begins=BEGINS, ends=BEGINS + timedelta(days=99), limits=Limits(DENVER), chances=script,
            senders={"email": [Sender(id=MAIL, medium="email", name="Maya")]}, chooses=script.choose,
        )  # fmt: skip
        diary = Diary(DENVER, script)
        simulation = Simulation(plan, diary)
        simulation.begin(Person(UUID(int=1), UUID(int=1), DENVER, Known({}), Reach()), BEGINS)
        simulation.run()
        return [(one.stop.node.key, one.way or one.left) for one in diary.visits if one.stop is not None]

    ends = ("s3", "finished")
    assert led() == [("s0", "next"), ("s1", "timeout"), ("s2", "next"), ends]
    assert led("yes") == [("s0", "next"), ("s1", "yes"), ends]
    assert led("timeout", "reply") == [("s0", "next"), ("s1", "timeout"), ("s2", "next"), ends]
    assert led("nonsense") == led()


def test_the_check_before_the_start_counts_by_the_same_warm_up() -> None:
    every_day = frozenset(range(1, 8))
    forecast = finished([Pace(3, every_day, Warmup(1, 1, 9))], 6, BEGINS.date())
    ledger, _ = ran(graph(EMAIL, END), 6, mail={"cap": 3, "warmup": Warmup(1, 1, 9)})
    assert forecast.last == ledger.times[-1].astimezone(DENVER).date() == date(2026, 3, 5)


@dataclass
class Everybody:
    """They all do the same with each message."""

    fate: Fate

    def after_sending(
        self, person_id: UUID, node_id: UUID, visit: int, medium: str, at: datetime
    ) -> Fate | None:
        later = at + timedelta(hours=1)
        return Fate(opened_at=later, clicked_at=later) if self.fate.clicked_at else Fate(replied_at=later)

    def share(self, person_id: UUID, node_id: UUID, visit: int) -> float:
        return 0.5


RULE_CLICKED = {"match": "all", "rules": [{"ask": "clicked_here", "step": "s0"}]}


@pytest.mark.parametrize(
    ("goal", "fate", "exits", "reason"),
    [
        ({"test": "clicked"}, Fate(clicked_at=BEGINS), True, "goal"),
        ({"test": "rule", "rule": RULE_CLICKED}, Fate(clicked_at=BEGINS), True, "goal"),
        ({"test": "replied"}, Fate(replied_at=BEGINS), False, "goal"),
        ({"test": "replied"}, Fate(replied_at=BEGINS), True, "replied"),
        ({"test": "status", "status": "Needs BDR"}, Fate(clicked_at=BEGINS), True, "finished"),
    ],
)
def test_who_reaches_a_goal_by_what_they_do_leaves_then(
    goal: dict[str, Any], fate: Fate, exits: bool, reason: str
) -> None:
    registry.use(PREDICATES, REFERENCES, WALKS)
    drawn = graph(EMAIL, WAIT, EMAIL, END, ("goal", goal), ways={3: {}})
    ledger, _ = ran(drawn, chances=Everybody(fate), exits_on_reply=exits)
    assert ledger.ended == {reason: 3}
    assert len(ledger.times) == (6 if reason == "finished" else 3)
    if reason == "goal":
        assert ledger.last_moved == BEGINS + timedelta(hours=1)


def test_a_goal_is_asked_of_who_begins_and_only_on_its_own_version() -> None:
    drawn = graph(EMAIL, WAIT, EMAIL, END, ("goal", {"test": "tag", "tag": "Guest"}), ways={3: {}})
    plan = Plan(
        graph=drawn, begins=BEGINS, ends=BEGINS + timedelta(days=9), limits=Limits(DENVER), chances=NOBODY_DOES,
        senders={"email": [Sender(id=MAIL, medium="email", name="Maya")]},
    )  # fmt: skip
    for older, expected in (({}, {"goal": 1}), ({drawn.nodes[4].id: 1}, {"finished": 1})):
        simulation = Simulation(replace(plan, older=older), Watched())
        simulation.begin(
            Person(UUID(int=1), UUID(int=1), DENVER, Known({"tags": frozenset({"guest"})}), Reach()), BEGINS
        )
        assert simulation.run().ended == expected
