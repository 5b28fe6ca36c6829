"""What the state machine of `test_any_journey.py` stands on: a clock, crashes, people, and what is written of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import event, select
from sqlalchemy.orm import Session

from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.contacts.models import Contact
from loumass.core import clock, database
from loumass.core.ids import uuid7
from loumass.core.secrets import keyed_hash
from loumass.funnels.graph import Graph
from loumass.messages.models import Message
from tests.campaigns.cast import Planned, Run, channel
from tests.campaigns.drawn_written import drafted_once
from tests.campaigns.journeys import Course, Journey, Said
from tests.world import World

ZONES = ["America/Denver", "Europe/Berlin", "Asia/Kolkata", "Australia/Lord_Howe"]


class Crash(Exception):
    """The worker died."""


@contextmanager
def dying_before(statement: int) -> Iterator[None]:
    left = [statement]

    def count(*_: Any) -> None:
        left[0] -= 1
        if not left[0]:
            raise Crash

    event.listen(database.engine(), "before_cursor_execute", count)
    try:
        yield
    finally:
        event.remove(database.engine(), "before_cursor_execute", count)


@contextmanager
def standing_at(moment: datetime) -> Iterator[None]:
    with patch.object(clock, "now", lambda: moment):
        yield


def started(
    world: World, graph: Graph, event_at: datetime | None, *, exits: bool, other: UUID, sound: dict[str, Any]
) -> Run:
    """A campaign of its own that runs on `graph`: what its steps choose from a list is in it."""
    real = {
        "enroll": {"campaign": str(other)},
        "assign": {"how": "one", "member": str(world.acme.member.id)},
    }
    keys = {node.id: node.key for node in graph.nodes}
    steps = [
        Planned(
            node.key, node.kind, dict(real.get(node.kind, node.config)),
            {branch: keys[target] for branch, target in graph.ways_out(node.id).items()},
            None if node.content_id is None else "" if node.kind == "voicemail_drop" else "Hello",
            sound=sound if node.kind == "voicemail_drop" else {},
        )
        for node in sorted(graph.nodes, key=lambda one: one.id != graph.start)
    ]  # fmt: skip
    run = drafted_once(world, steps, event_at, "Europe/Berlin")
    voice = channel(world.acme, "voicemail")
    with world.acme.acting() as session:
        campaign = session.get_one(Campaign, (run.tenant.id, run.id))
        campaign.state, campaign.is_exit_on_reply = "running", exits
        campaign.voicemail_channel_id = voice.id
        session.commit()
    return run


def somebody(chance: Random) -> dict[str, Any]:
    has = [("email",), ("sms", "voicemail"), *[("email", "sms", "voicemail")] * 3]
    return {
        "media": chance.choice(has),
        "zone": chance.choice(ZONES),
        "company": chance.choice(["", "Straße 7", "x"]),
    }


def entered(session: Session, run: Run, course: Course, person: dict[str, Any]) -> Journey:
    one, contact_id = uuid7(), uuid7()
    email = f"{contact_id}@any.example" if "email" in person["media"] else None
    phone = f"+1{contact_id.int % 10**10:010}" if "sms" in person["media"] else None
    session.add(Contact(
        id=contact_id, first_name="Any", email=email, email_key=email, phone=phone, timezone=person["zone"],
        company=person["company"], email_hash=email and keyed_hash(email), phone_hash=phone and keyed_hash(phone),
    ))  # fmt: skip
    session.flush()
    session.add(Enrollment(id=one, campaign_id=run.id, contact_id=contact_id, due_at=clock.now()))
    session.commit()
    known = {"company": person["company"], "shoe": None}
    return Journey(course, one, contact_id, person["media"], ZoneInfo(person["zone"]), clock.now(), known)


def takes_turn(one: Journey, row: Enrollment, until: datetime) -> None:
    """Whose turn comes after a change does so before `until`."""
    if one.state == "waiting" and one.waits_for == "turn" and one.due_at is None:
        assert (row.waiting_for or {}).get("for") == "turn"
        assert row.due_at is not None
        assert clock.now() <= row.due_at < until
        one.due_at = row.due_at


def is_settled(session: Session, one: Journey, row: Enrollment) -> None:
    """What became of somebody who was past due is what a person chose."""
    assert row.node_id == one.node
    if row.state == "ended" and one.state != "ended":
        assert row.reason == "past_due"
        one.end("past_due")
    elif one.state != "ended":
        one.state, one.reason, one.due_at, one.is_catching_up = (
            row.state, row.reason, row.due_at, row.is_catching_up,
        )  # fmt: skip
        one.waits_for = (row.waiting_for or {}).get("for", "")
        here: Said | None = one.message
        state = session.scalar(select(Message.state).where(Message.step_id == row.step_id))
        if here is not None and state is not None and state != here.state:
            assert (here.state, state) == ("queued", "cancelled")
            here.state, here.reason = state, "left"


def written_down(session: Session, ids: list[UUID]) -> dict[UUID, tuple[Any, ...]]:
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
