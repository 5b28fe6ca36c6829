"""Random graphs, random news in any order: the set-based engine goes where the pure step goes, person by person.

Each example is a campaign of its own. After every piece of news, and after every leap of time, all that the database
says of everybody is held against the model in `journeys.py`. And a loop without a wait is refused, whatever it is made of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from loumass.campaigns import deciding, listeners
from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.campaigns.statuses import set_status
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.events.models import Event
from loumass.funnels.graph import Graph, branches_of, loops, timeless_edges
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Edge, Node
from loumass.funnels.service import graph_of
from loumass.funnels.statuses import Status
from loumass.funnels.validation import problems
from loumass.messages.models import Message
from tests.campaigns.cast import Planned, Run
from tests.campaigns.drawn import CONFIGS, moments, texts
from tests.campaigns.drawn_written import drafted_once
from tests.campaigns.journeys import Journey
from tests.world import World

EXAMPLES = 200
PEOPLE = 3
ZONES = ["America/Denver", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]
HOME = ZoneInfo("America/Denver")
quick = settings(
    max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)  # fmt: skip


#: Not walked here: what waits for colleagues and other systems (`tests/tasks`, `tests/outgoing`), what is asked of everybody and what
#: changes the answers to later questions (`test_doing.py`).
ELSEWHERE = {"task", "webhook", "goal", "set_field"}


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Steps of any kind with any settings; every way leads anywhere, or nowhere."""
    count = draw(st.integers(2, 7))
    nodes = [_node(draw, place) for place in range(count)]
    edges = []
    for node in nodes:
        for branch in branches_of(node) or ():
            target = draw(st.none() | st.sampled_from(nodes) | st.sampled_from(nodes))
            if target is not None:
                edges.append(Edge(node.id, branch.name, target.id))
    return Graph(tuple(nodes), tuple(edges), nodes[0].id)


def _node(draw: st.DrawFn, place: int) -> Node:
    # Sending and waiting is what most steps do.
    kind = draw(
        st.sampled_from(sorted(CONFIGS.keys() - ELSEWHERE))
        | st.sampled_from(["email_send", "sms_send", "wait", "condition"])
    )
    content = UUID(int=1) if kind.endswith("_send") else None
    return Node(
        UUID(int=100 + place),
        "said" if place == 1 else f"s{place}",
        kind,
        f"S{place}",
        draw(CONFIGS[kind]),
        content,
    )


def mended(graph: Graph) -> Graph:
    """The graph without the ways that would let people go round without a pause."""
    while found := loops(timeless_edges(graph)):
        inside = set(found[0])
        wrong = next(
            edge for edge in timeless_edges(graph) if edge.source in inside and edge.target in inside
        )
        graph = Graph(graph.nodes, tuple(edge for edge in graph.edges if edge != wrong), graph.start)
    return graph


persons = st.fixed_dictionaries({
    "media": st.sampled_from([("email",), ("sms",), ("email", "sms")]), "zone": st.sampled_from(ZONES), "company": texts,
})  # fmt: skip
news = st.one_of(
    st.tuples(st.just("later"), st.integers(1, 60 * 24 * 20)),
    st.tuples(st.just("later"), st.sampled_from([1, 5, 60, 60 * 24])),
    st.tuples(st.sampled_from(["sent", "sent", "sent", "failed", "cancelled", "in_doubt"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.sampled_from(["reply", "hold", "release", "bounce", "no to email", "no to sms"]), st.integers(0, PEOPLE - 1)),
    st.tuples(st.sampled_from([status.value for status in Status]), st.integers(0, PEOPLE - 1)),
)  # fmt: skip


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_engine_goes_where_the_pure_step_goes(world: World) -> None:
    @quick
    @given(
        graphs().map(mended), st.lists(persons, min_size=PEOPLE, max_size=PEOPLE), st.lists(news, min_size=3, max_size=9),
        st.none() | moments, st.booleans(),
    )  # fmt: skip
    def agree(
        graph: Graph,
        people: list[dict[str, Any]],
        happens: list[tuple[str, int]],
        event_at: datetime | None,
        exits: bool,
    ) -> None:
        now = World.begins_at
        run = _drafted(world, graph, event_at, exits)
        with _at(now), world.acme.acting() as session:
            walkers = _entered(session, run, people, event_at, exits)
            _hold_against(session, run, walkers, now, "the start")
        for what, much in happens:
            now += timedelta(minutes=much) if what == "later" else timedelta(seconds=1)
            with _at(now), world.acme.acting() as session:
                if what != "later":
                    _happens(session, run, walkers[much], what, now)
                _hold_against(session, run, walkers, now, what)

    agree()


@contextmanager
def _at(moment: datetime) -> Iterator[None]:
    with patch.object(clock, "now", lambda: moment):
        yield


def _drafted(world: World, graph: Graph, event_at: datetime | None, exits: bool) -> Run:
    keys = {node.id: node.key for node in graph.nodes}
    steps = [
        Planned(
            node.key, node.kind, dict(node.config), {branch: keys[target] for branch, target in graph.ways_out(node.id).items()},
            "Hello" if node.content_id else None,
        )
        for node in graph.nodes
    ]  # fmt: skip
    run = drafted_once(world, steps, event_at, "Europe/Berlin")
    with world.acme.acting() as session:
        campaign = session.get_one(Campaign, (world.acme.id, run.id))
        campaign.state, campaign.is_exit_on_reply = "running", exits
        session.commit()
    return run


def _entered(
    session: Session, run: Run, people: list[dict[str, Any]], event_at: datetime | None, exits: bool
) -> list[Journey]:
    walkers = []
    graph = graph_of(session.get_one(Campaign, (run.tenant.id, run.id)).graph_id)
    for person in people:
        one, contact_id = uuid7(), uuid7()
        email = f"{contact_id}@any.example" if "email" in person["media"] else None
        phone = f"+1{contact_id.int % 10**10:010}" if "sms" in person["media"] else None
        session.add(Contact(id=contact_id, first_name="Any", email=email, email_key=email, phone=phone, timezone=person["zone"], company=person["company"]))  # fmt: skip
        session.flush()
        session.add(Enrollment(id=one, campaign_id=run.id, contact_id=contact_id, due_at=clock.now()))
        walkers.append(Journey(
            graph, one, person["media"], ZoneInfo(person["zone"]), event_at, ZoneInfo("Europe/Berlin") if event_at else HOME,
            person["company"], exits, clock.now(),
        ))  # fmt: skip
    session.commit()
    return walkers


def _happens(session: Session, run: Run, walker: Journey, what: str, now: datetime) -> None:
    """The news told to the engine's listeners and to the model."""
    if what in ("sent", "failed", "cancelled", "in_doubt"):
        _ends(session, walker, what, now)
    elif what == "reply":
        listeners.on_replied([_event(run, walker, "message.replied", now)])
        walker.reply(now)
    elif what == "bounce":
        listeners.on_bounced([_event(run, walker, "message.bounced", now, permanent=True)])
        walker.end("bounced")
    elif what.startswith("no to "):
        medium = what.removeprefix("no to ")
        contact = session.scalar(select(Enrollment.contact_id).where(Enrollment.id == walker.id))
        listeners.on_opted_out(
            [
                Event(
                    kind="contact.unsubscribed", contact_id=contact, facts={"medium": medium}, happened_at=now
                )
            ]
        )
        if any(KINDS[node.kind].medium == medium for node in walker.graph.nodes):
            walker.end("opted_out")
    elif what == "hold":
        deciding.hold_people([walker.id], None)
        walker.hold()
    elif what == "release":
        deciding.release_people([walker.id])
        walker.release(now)
    else:
        set_status([walker.id], what)
        walker.mark(what, now)
    session.commit()


def _ends(session: Session, walker: Journey, state: str, now: datetime) -> None:
    """The message of the step where they stand comes to `state`, if it can."""
    if walker.state == "ended" or walker.message not in ("queued", "in_doubt") or walker.message == state:
        return
    here = select(Enrollment.step_id).where(Enrollment.id == walker.id).scalar_subquery()
    values = {"state": state, "sent_at": now if state == "sent" else None, "ended_at": now}
    [message_id] = session.scalars(
        update(Message).where(Message.step_id == here).values(values).returning(Message.id)
    ).all()
    listeners.on_outcome([Event(kind=f"message.{state}", message_id=message_id, facts={}, happened_at=now)])
    walker.outcome(state, now)


def _event(run: Run, walker: Journey, kind: str, now: datetime, **facts: Any) -> Event:
    return Event(kind=kind, enrollment_id=walker.id, campaign_id=run.id, facts=facts, happened_at=now)


def _hold_against(session: Session, run: Run, walkers: list[Journey], now: datetime, what: str) -> None:
    """Both go on, slice by slice, until nobody is due; then they must say the same."""
    for _ in range(50):
        done = advance_slice(run.id)
        session.commit()
        if done is None or done.next_at is None or done.next_at > now:
            break
    else:
        raise AssertionError("the engine never rests")
    for walker in walkers:
        walker.advance(now)
    found = _found(session, [walker.id for walker in walkers])
    for walker in walkers:
        assert found[walker.id] == walker.as_written(), what


def _found(session: Session, ids: list[UUID]) -> dict[UUID, tuple[Any, ...]]:
    paths: dict[UUID, list[str]] = {one: [] for one in ids}
    left = select(Step.enrollment_id, Step.outcome).where(
        Step.enrollment_id.in_(ids), Step.left_at.is_not(None)
    )
    for enrollment_id, outcome in session.execute(left.order_by(Step.visit)):
        paths[enrollment_id].append(outcome or "")
    rows = session.scalars(
        select(Enrollment).where(Enrollment.id.in_(ids)).execution_options(populate_existing=True)
    ).all()
    steps = [row.step_id for row in rows]
    messages = {
        row.step_id: row.state
        for row in session.execute(select(Message.step_id, Message.state).where(Message.step_id.in_(steps)))
    }
    return {
        row.id: (
            row.node_id, row.state, row.reason, row.due_at, row.stage, row.status, messages.get(row.step_id), tuple(paths[row.id]),
        )
        for row in rows
    }  # fmt: skip


@settings(quick, max_examples=3 * EXAMPLES)
@given(graphs())
def test_a_loop_without_a_wait_is_refused_and_nothing_else_is(graph: Graph) -> None:
    refused = {problem.node_id for problem in problems(graph) if problem.code == "loop"}
    timeless: dict[UUID, set[UUID]] = {}
    for edge in timeless_edges(graph):
        timeless.setdefault(edge.source, set()).add(edge.target)
    going_round = {node.id for node in graph.nodes if node.id in _ahead(timeless.get, node.id)}
    assert bool(refused) == bool(going_round)
    assert refused <= going_round


def _ahead(following: Callable[[UUID], set[UUID] | None], start: UUID) -> set[UUID]:
    """What can be reached in one step or more."""
    seen: set[UUID] = set()
    todo = list(following(start) or ())
    while todo:
        here = todo.pop()
        if here not in seen:
            seen.add(here)
            todo += following(here) or ()
    return seen
