"""The set-based engine held against the pure step: the same people, the same graph, the same walk.

Facts are drawn at random and written into the database; the engine walks everybody in one slice; then
`funnels.step.decide` walks each of them alone from the same facts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from loumass.campaigns.advancing.sending import NO_ADDRESS
from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.contacts.models import Contact, ContactTag, Suppression, Tag
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.funnels import decisions as d
from loumass.funnels.facts import Facts, MessageOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds import KINDS
from loumass.funnels.kinds.condition_tests import OPERATORS, TESTS
from loumass.funnels.service import graph_of
from loumass.funnels.statuses import Status
from loumass.funnels.step import decide
from loumass.messages.models import Conversation, Message
from tests.campaigns.cast import Planned, Run
from tests.world import World

HOME = ZoneInfo("America/Denver")
ZONES = [
    "America/Denver",
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    None,
    "Not/AZone",
]
EXAMPLES = 20
PEOPLE_PER_EXAMPLE = 10

moments = st.integers(-60 * 24 * 400, 60 * 24 * 30).map(
    lambda minutes: World.begins_at + timedelta(minutes=minutes)
)
past = st.integers(-60 * 24 * 60, 0).map(lambda minutes: World.begins_at + timedelta(minutes=minutes))
texts = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "Zs"), max_codepoint=0x24F), max_size=6
)
names = st.sampled_from(["Guest", "guest ", "GUEST", "Vip", "straße", "STRASSE"])
clocks = st.sampled_from([None, "00:30", "02:30", "09:00", "17:00", "23:30"])


@st.composite
def persons(draw: st.DrawFn) -> dict[str, Any]:
    """One person and everything a step may look at."""
    return {
        "entered_at": draw(past), "timezone": draw(st.sampled_from(ZONES)), "status": draw(st.sampled_from(list(Status))),
        "replied_at": draw(st.none() | past), "last_sent_at": draw(st.none() | past), "step_sent_at": draw(st.none() | past),
        "company": draw(texts), "shoe": draw(st.none() | texts), "tags": draw(st.sets(names, max_size=2)),
        "barred": draw(st.dictionaries(st.sampled_from(["email", "sms"]), st.sampled_from(["bounced", "unsubscribed", "complained", "by_hand", "imported", "erased"]), max_size=2)),
        "has": draw(st.sampled_from([("email",), ("sms",), ("email", "sms")])),
        "message": draw(st.sampled_from([None, "queued", "sending", "sent", "failed", "cancelled", "in_doubt"])),
    }  # fmt: skip


@st.composite
def windows(draw: st.DrawFn) -> dict[str, Any]:
    opens = draw(clocks)
    closes = (
        draw(st.sampled_from([None, "23:45"]))
        if opens == "23:30"
        else draw(st.sampled_from([None, "18:00", "23:45"]))
    )
    return {
        "weekdays": sorted(draw(st.sets(st.integers(0, 6), min_size=1))),
        "opens": opens,
        "closes": closes,
    }


waits = st.one_of(
    st.builds(lambda amount, unit, after, window: {"mode": "duration", "amount": amount, "unit": unit, "after": after, **window},
              st.integers(1, 40), st.sampled_from(["minutes", "hours", "days", "weeks"]), st.sampled_from(["sent", "entered"]), windows()),
    st.builds(lambda at, zone, past_, window: {"mode": "date", "date": at.replace(tzinfo=None, second=0).isoformat(), "zone": zone, "if_past": past_, **window},
              moments, st.sampled_from(["", "Europe/Berlin", "America/Denver"]), st.sampled_from(["go_on", "end"]), windows()),
    st.builds(lambda days, direction, at, past_, window: {"mode": "event", "days": days, "direction": direction, "at": at, "if_past": past_, **window},
              st.integers(0, 30), st.sampled_from(["before", "after"]), st.sampled_from(["02:30", "09:00"]), st.sampled_from(["go_on", "end"]), windows()),
)  # fmt: skip
patience = st.one_of(
    st.just({}),
    st.builds(
        lambda n, unit: {"wait_up_to": n, "wait_unit": unit},
        st.integers(1, 60),
        st.sampled_from(["minutes", "hours", "days", "weeks"]),
    ),
)
_tests = st.sampled_from(["any", "email", "sms"])
QUESTIONS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "replied": st.builds(lambda since: {"since": since}, st.sampled_from(["start", "last_message"])),
    "bounced": st.builds(lambda medium: {"medium": medium}, _tests),
    "opted_out": st.builds(lambda medium: {"medium": medium}, _tests),
    "tag": st.builds(lambda tag: {"tag": tag}, names),
    "field": st.builds(
        lambda field, operator, value: {"field": field, "operator": operator, "value": value},
        st.sampled_from(["company", "shoe", "nothing"]), st.sampled_from(sorted(OPERATORS)), texts,
    ),
    "status": st.builds(lambda status: {"status": status}, st.sampled_from([status.value for status in Status])),
    "sent_within": st.builds(
        lambda step, amount, unit: {"step": step, "amount": amount, "unit": unit},
        st.sampled_from(["", "said"]), st.integers(1, 50), st.sampled_from(["minutes", "hours", "days", "weeks"]),
    ),
}  # fmt: skip


def asking(test: str) -> st.SearchStrategy[dict[str, Any]]:
    """A condition that asks `test`, now or with patience."""
    return st.builds(lambda question, wait: {"test": test} | question | wait, QUESTIONS[test], patience)


shares = st.sampled_from(
    [
        {"a": 50, "b": 50},
        {"a": 1, "b": 99},
        {"a": 33, "b": 33, "c": 34},
        {"a": 10, "b": 20, "c": 30, "d": 40},
        {"a": 20, "b": 30},
    ]
)

CONFIGS: dict[str, st.SearchStrategy[dict[str, Any]]] = {
    "wait": waits,
    "condition": st.sampled_from(sorted(QUESTIONS)).flatmap(asking),
    "split": shares,
    "stage": st.just({}),
    "set_status": st.builds(
        lambda status: {"status": status}, st.sampled_from([status.value for status in Status])
    ),
    "tag": st.builds(
        lambda action, tag: {"action": action, "tag": tag},
        st.sampled_from(["add", "remove"]),
        st.sampled_from(["Guest", "Vip"]),
    ),
    "email_send": st.just({}),
    "sms_send": st.just({}),
    "end": st.builds(lambda reason: {"reason": reason}, st.sampled_from(["", "no interest"])),
}


CASES = [(kind, config) for kind, config in sorted(CONFIGS.items()) if kind != "condition"]
CASES += [("condition", asking(test)) for test in sorted(QUESTIONS)]


def test_every_kind_and_every_question_is_drawn() -> None:
    assert set(CONFIGS) == set(KINDS)
    assert set(QUESTIONS) == set(TESTS)


@pytest.mark.parametrize(
    ("kind", "configs"),
    CASES,
    ids=[kind for kind, _ in CASES[:-7]] + [f"condition-{test}" for test in sorted(QUESTIONS)],
)
def test_the_engine_and_the_pure_step_agree(
    world: World, kind: str, configs: st.SearchStrategy[dict[str, Any]]
) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(st.data())
    def agree(data: st.DataObject) -> None:
        config = data.draw(configs)
        second = data.draw(st.sampled_from(["stage", "wait", "split", "condition"]))
        people = data.draw(st.lists(persons(), min_size=PEOPLE_PER_EXAMPLE, max_size=PEOPLE_PER_EXAMPLE))
        event_at = data.draw(st.none() | moments)
        event_zone = data.draw(st.sampled_from([None, "Europe/Berlin", "America/Denver"]))
        _compare(world, kind, config, second, data.draw(CONFIGS[second]), people, event_at, event_zone)

    agree()


def _compare(world: World, kind: str, config: dict[str, Any], second: str, second_config: dict[str, Any],
             people: list[dict[str, Any]], event_at: datetime | None, event_zone: str | None) -> None:  # fmt: skip
    branches = [branch.name for branch in KINDS[kind].branches(KINDS[kind].Config.model_validate(config))]
    following = [
        branch.name for branch in KINDS[second].branches(KINDS[second].Config.model_validate(second_config))
    ]
    steps = [
        Planned(
            "first",
            kind,
            config,
            dict.fromkeys(branches[:-1] if kind == "email_send" else branches, "then"),
            "Hello" if kind.endswith("_send") else None,
        ),
        Planned("then", second, second_config, dict.fromkeys(following, "out")),
        Planned("out", "end", {"reason": "out"}),
        Planned("said", "email_send", {}, {"next": "out"}, "Said"),
    ]
    run = drafted_once(world, steps, event_at, event_zone)
    ids = _written(world, run, people, kind)
    now = clock.now()
    with world.acme.acting() as session, patch.object(clock, "now", lambda: now):
        campaign = session.get_one(Campaign, (world.acme.id, run.id))
        campaign.state = "running"
        session.flush()
        advance_slice(run.id)
        session.commit()
        graph = graph_of(campaign.graph_id)
        found = _found(session, ids)
    for enrollment_id, person in zip(ids, people, strict=True):
        expected = _walk(graph, run, enrollment_id, person, event_at, event_zone, now)
        assert found[enrollment_id] == expected, (kind, config, second_config, person)


_made: dict[str, Any] = {}


def drafted_once(
    world: World, steps: list[Planned], event_at: datetime | None, event_zone: str | None
) -> Run:
    """A campaign of its own for each example, on channels made once per test."""
    from tests.campaigns import cast

    if _made.get("world") is not world:
        _made.update(world=world, email=cast.channel(world.acme), sms=cast.channel(world.acme, "sms"))
    with world.acme.acting() as session:
        graph_id, nodes = cast.graph(session, steps)
        campaign_id = uuid7()
        session.add(cast.Stream(id=campaign_id))
        session.flush()
        session.add(Campaign(id=campaign_id, graph_id=graph_id, name="Twin", email_channel_id=_made["email"].id,
                             sms_channel_id=_made["sms"].id, event_at=event_at, event_timezone=event_zone))  # fmt: skip
        session.commit()
    return Run(world.acme, campaign_id, nodes, _made["email"], _made["sms"])


def _written(world: World, run: Run, people: list[dict[str, Any]], kind: str) -> list[UUID]:
    """The people as rows: standing at the first step since `entered_at`, with all their facts."""
    ids: list[UUID] = []
    with world.acme.acting() as session:
        tags = {tag.name_key: tag.id for tag in session.scalars(select(Tag))}
        for person in people:
            contact_id, enrollment_id, step_id = uuid7(), uuid7(), uuid7()
            email = f"{contact_id}@twin.example" if "email" in person["has"] else None
            phone = f"+1{contact_id.int % 10**10:010}" if "sms" in person["has"] else None
            session.add(Contact(id=contact_id, first_name="Twin", email=email, email_key=email, email_hash=email and keyed_hash(email),
                                phone=phone, phone_hash=phone and keyed_hash(phone), timezone=person["timezone"], company=person["company"],
                                fields={} if person["shoe"] is None else {"shoe": person["shoe"]}))  # fmt: skip
            session.flush()
            for name in {name.lower(): name for name in person["tags"]}.values():
                if name.lower() not in tags:
                    tags[name.lower()] = uuid7()
                    session.add(Tag(id=tags[name.lower()], name=name))
                    session.flush()
                session.add(ContactTag(contact_id=contact_id, tag_id=tags[name.lower()]))
            for medium, reason in person["barred"].items():
                address = email if medium == "email" else phone
                if address:
                    session.add(
                        Suppression(
                            medium=medium, address_hash=keyed_hash(address), address=address, reason=reason
                        )
                    )
            session.add(Enrollment(
                id=enrollment_id, campaign_id=run.id, contact_id=contact_id, state="active", status=person["status"].value, visit=1,
                node_id=run.nodes["first"], step_id=step_id, entered_at=person["entered_at"], due_at=person["entered_at"],
                replied_at=person["replied_at"], last_sent_at=person["last_sent_at"]))  # fmt: skip
            session.flush()
            session.execute(
                insert(Step),
                [
                    {
                        "id": step_id,
                        "enrollment_id": enrollment_id,
                        "campaign_id": run.id,
                        "node_id": run.nodes["first"],
                        "visit": 1,
                        "entered_at": person["entered_at"],
                    }
                ],
            )
            _write_messages(session, run, person, contact_id, enrollment_id, step_id, kind)
            ids.append(enrollment_id)
        session.commit()
    return ids


def _write_messages(
    session: Any,
    run: Run,
    person: dict[str, Any],
    contact_id: UUID,
    enrollment_id: UUID,
    step_id: UUID,
    kind: str,
) -> None:
    rows = []
    if person["step_sent_at"]:
        rows.append({"state": "sent", "sent_at": person["step_sent_at"], "node_id": run.nodes["said"]})
    if person["message"] and kind.endswith("_send"):
        rows.append({"state": person["message"], "step_id": step_id, "node_id": run.nodes["first"]})
    if not rows:
        return
    conversation = Conversation(
        id=uuid7(),
        contact_id=contact_id,
        channel_id=run.email.id,
        medium="email",
        counterpart="x",
        thread_key=f"enrollment:{enrollment_id}",
    )
    session.add(conversation)
    session.flush()
    for row in rows:
        session.add(Message(conversation_id=conversation.id, contact_id=contact_id, channel_id=run.email.id, stream_id=run.id,
                            enrollment_id=enrollment_id, direction="out", medium="email", **row))  # fmt: skip
    session.flush()


def _walk(
    graph: Graph,
    run: Run,
    enrollment_id: UUID,
    person: dict[str, Any],
    event_at: datetime | None,
    event_zone: str | None,
    now: datetime,
) -> tuple[Any, ...]:
    """Where the pure step leads one person in this moment: (where, state, reason or due, stage, status, path)."""
    here, entered_at, taken = run.nodes["first"], person["entered_at"], []
    facts: dict[str, Any] = {
        "status": person["status"].value,
        "tags": frozenset(person["tags"]),
        "stage": "",
        "sent": person["message"],
    }
    while True:
        decision = decide(
            graph.node(here), _facts(enrollment_id, person, facts, entered_at, event_at, event_zone), now
        )
        _carry_out(decision, facts)
        stays = _stays(decision, person, now)
        if stays is not None:
            ended = (stays[1],) if stays[0] == "ended" else ()
            return (here, *stays, facts["stage"], facts["status"], (*taken, *ended))
        way, outcome = _leaves(decision, graph.node(here).kind, facts)
        target = graph.follow(here, way)
        taken.append(outcome)
        if target is None:
            return (here, "ended", "finished", facts["stage"], facts["status"], tuple(taken))
        here, entered_at, facts["sent"] = target, now, None


def _carry_out(decision: d.Decision, facts: dict[str, Any]) -> None:
    """What a step does to the person at once."""
    if isinstance(decision, d.EnterStage):
        facts["stage"] = decision.stage
    elif isinstance(decision, d.SetStatus):
        facts["status"] = decision.status
    elif isinstance(decision, d.AddTag):
        facts["tags"] = facts["tags"] | {decision.tag}
    elif isinstance(decision, d.RemoveTag):
        facts["tags"] = frozenset(tag for tag in facts["tags"] if tag.lower() != decision.tag.lower())


def _stays(decision: d.Decision, person: dict[str, Any], now: datetime) -> tuple[str, Any] | None:
    """(state, reason or due) of who does not go on."""
    if isinstance(decision, d.Send):
        return ("waiting", None) if decision.medium in person["has"] else None
    if isinstance(decision, d.WaitUntil):
        return "waiting", decision.at
    if isinstance(decision, d.End):
        return "ended", decision.reason
    if isinstance(decision, d.WaitFor):
        held = {"settlement": "in_doubt", "event": "no_event"}.get(decision.what)
        return ("held", held) if held else ("waiting", _asked_again(decision, now))
    return None


def _leaves(decision: d.Decision, kind: str, facts: dict[str, Any]) -> tuple[d.Go, str]:
    """The way out and what the step keeps of it."""
    if isinstance(decision, d.Send):
        return d.Go(d.FAILED, or_else=d.NEXT), NO_ADDRESS[decision.medium]
    way = d.branch_taken(decision)
    assert way is not None
    was_cancelled = facts["sent"] == "cancelled" and kind.endswith("_send")
    return way, "skipped: cancelled" if was_cancelled else way.branch


def _asked_again(decision: d.WaitFor, now: datetime) -> datetime | None:
    soon = now + timedelta(minutes=5)
    if decision.what in ("tag", "field") and decision.until is not None and decision.until > soon:
        return soon
    return decision.until


def _facts(
    enrollment_id: UUID,
    person: dict[str, Any],
    now: dict[str, Any],
    entered_at: datetime,
    event_at: datetime | None,
    event_zone: str | None,
) -> Facts:
    zone = ZoneInfo(person["timezone"]) if person["timezone"] and "Not" not in person["timezone"] else HOME
    barred = {medium: reason for medium, reason in person["barred"].items() if medium in person["has"]}
    outcomes = {"queued": MessageOutcome.PENDING, "sending": MessageOutcome.PENDING, "sent": MessageOutcome.SENT, "failed": MessageOutcome.FAILED,
                "cancelled": MessageOutcome.CANCELLED, "in_doubt": MessageOutcome.IN_DOUBT}  # fmt: skip
    return Facts(
        enrollment_id=enrollment_id, entered_at=entered_at, timezone=zone, status=now["status"], tags=now["tags"],
        fields={"company": person["company"], "shoe": person["shoe"]}, replied_at=person["replied_at"], last_sent_at=person["last_sent_at"],
        sent_at={"said": person["step_sent_at"]} if person["step_sent_at"] else {}, event_at=event_at,
        event_timezone=ZoneInfo(event_zone) if event_zone else HOME,
        bounced_at={medium: entered_at for medium, reason in barred.items() if reason == "bounced"},
        opted_out_at={medium: entered_at for medium, reason in barred.items() if reason not in ("bounced", "erased")},
        message=outcomes.get(now["sent"]) if now["sent"] else None,
    )  # fmt: skip


def _found(session: Session, ids: list[UUID]) -> dict[UUID, tuple[Any, ...]]:
    """The same of everybody, as the engine wrote it."""
    paths: dict[UUID, list[str]] = {one: [] for one in ids}
    taken = select(Step.enrollment_id, Step.outcome).where(
        Step.enrollment_id.in_(ids), Step.left_at.is_not(None)
    )
    for enrollment_id, outcome in session.execute(taken.order_by(Step.visit)):
        paths[enrollment_id].append(outcome or "")
    rows = session.scalars(
        select(Enrollment).where(Enrollment.id.in_(ids)).execution_options(populate_existing=True)
    )
    return {
        row.id: (
            row.node_id,
            row.state,
            row.reason if row.state in ("held", "ended") else row.due_at,
            row.stage,
            row.status,
            tuple(paths[row.id]),
        )
        for row in rows
    }
