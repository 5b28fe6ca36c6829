"""A delivery that cannot be understood is tried again, then shown; it holds up nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loumass.core import clock
from loumass.deliveries import service as deliveries
from loumass.deliveries.models import Delivery
from loumass.messages import receiving
from loumass.messages.models import Message
from loumass.messages.receiving import OutcomeAwaited
from loumass.providers.base import StoredItem
from loumass.providers.twilio.client import Twilio
from loumass.webhooks.jobs import receive
from tests.channels.connected import twilio_number
from tests.fakes.twilio import form_call, inbound
from tests.world import World


def keep(world: World, *texts: str) -> None:
    channel = twilio_number(world.acme)
    with world.acme.acting() as session:
        for text in texts:
            headers, body = form_call("", inbound(text, sender="+17205550164"))
            deliveries.store(
                channel.id,
                [StoredItem(identity=text, body=body, received_at=clock.now(), headers=headers)],
            )
        receive.later(str(channel.id))
        session.commit()


def states(world: World) -> dict[str, tuple[str, int]]:
    with world.acme.acting() as session:
        return {d.identity: (d.state, d.attempts) for d in session.scalars(select(Delivery))}


@pytest.fixture
def poisoned(monkeypatch: pytest.MonkeyPatch) -> None:
    understood = Twilio.parse

    def parse(self: Twilio, item: StoredItem) -> Any:
        if b"Poison" in item.body:
            raise ValueError("this one is poisoned")
        return understood(self, item)

    monkeypatch.setattr(Twilio, "parse", parse)


@pytest.mark.usefixtures("poisoned")
def test_one_that_fails_holds_up_nobody(world: World) -> None:
    keep(world, "Before", "Poison", "After")
    world.work()
    assert states(world) == {"Before": ("done", 1), "Poison": ("pending", 1), "After": ("done", 1)}
    with world.acme.acting() as session:
        poison = session.scalars(select(Delivery).where(Delivery.identity == "Poison")).one()
        assert poison.problem == "ValueError: this one is poisoned"
        assert poison.due_at is not None
        assert poison.due_at > clock.now()


@pytest.mark.usefixtures("poisoned")
def test_after_many_tries_a_person_must_look(world: World) -> None:
    keep(world, "Poison")
    for _ in range(20):
        world.later(hours=6)
    assert states(world) == {"Poison": ("failed", deliveries.MOST_ATTEMPTS)}


@pytest.mark.usefixtures("poisoned")
def test_failed_ones_are_listed_and_can_be_tried_again(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(world, "Poison")
    for _ in range(20):
        world.later(hours=6)
    page = world.acme.member.get("/deliveries").text
    assert "this one is poisoned" in page
    monkeypatch.undo()
    assert world.acme.admin.post("/deliveries/retry", {"everything": "1"}).status_code == 302
    world.work()
    assert states(world) == {"Poison": ("done", 1)}
    with world.acme.acting() as session:
        assert session.scalars(select(Message)).one().text == "Poison"


@pytest.mark.usefixtures("poisoned")
def test_another_organization_s_failures_are_nobody_else_s(world: World) -> None:
    keep(world, "Poison")
    for _ in range(20):
        world.later(hours=6)
    with world.acme.acting() as session:
        delivery = session.scalars(select(Delivery)).one()
    assert "poisoned" not in world.globex.admin.get("/deliveries").text
    assert world.globex.admin.get(f"/deliveries/{delivery.id}").status_code == 404
    assert world.globex.admin.post("/deliveries/retry", {"ids": str(delivery.id)}).status_code == 404
    assert states(world)["Poison"][0] == "failed"


def test_a_report_that_comes_too_early_waits_a_moment_and_costs_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(world, "Early")

    def refuse(*_: object) -> None:
        raise OutcomeAwaited("It is being sent right now.")

    with monkeypatch.context() as patched:
        patched.setattr(receiving, "receive", refuse)
        world.work()
        assert states(world) == {"Early": ("pending", 0)}
    world.later(seconds=10)
    assert states(world) == {"Early": ("done", 1)}


def test_a_crash_before_understanding_only_delays(world: World) -> None:
    keep(world, "Survivor")
    with world.acme.acting() as session:
        channel_id = session.scalars(select(Delivery.channel_id)).one()
        assert len(deliveries.claim(channel_id, 10)) == 1  # and then the worker dies
        session.commit()
    world.work()
    assert states(world)["Survivor"][0] == "pending"
    clock.advance(deliveries.LEASE + timedelta(seconds=1))
    with world.acme.acting() as session:
        receive.later(str(channel_id))
        session.commit()
    world.work()
    assert states(world)["Survivor"][0] == "done"


def test_storing_twice_keeps_one(world: World) -> None:
    channel = twilio_number(world.acme)
    items = [
        StoredItem(identity=name, body=b"x", received_at=clock.now(), headers={"a": "b\x00c"})
        for name in ("one", "two", "t\x00wo", "y" * 5_000)
    ]
    with world.acme.acting() as session:
        assert deliveries.store(channel.id, items) == 3
        assert deliveries.store(channel.id, items) == 0
        session.commit()
