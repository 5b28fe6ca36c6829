"""Facts and their listeners: told once, in batches, and one that fails holds up nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import create_engine, select, text

from loumass.contacts.models import Tag
from loumass.core import clock
from loumass.core.database import db
from loumass.events import service
from loumass.events.jobs import ATTEMPTS, BATCH, prepare_months
from loumass.events.models import Event, Notice
from loumass.subscriptions import SUBSCRIPTIONS
from tests.world import World


def on_done(events: Sequence[Event]) -> None:
    for event in events:
        if event.facts.get("poison"):
            raise ValueError("poisoned")
    db().add_all(Tag(name=f"heard {event.facts['number']}") for event in events)


def on_mended(events: Sequence[Event]) -> None:
    """The same listener after somebody has mended it."""
    db().add_all(Tag(name=f"heard {event.facts['number']}") for event in events)


on_mended.__name__ = on_done.__name__


@pytest.fixture(autouse=True)
def _listen() -> Iterator[None]:
    service.subscribe({"thing.done": [on_done]})
    yield
    service.subscribe(SUBSCRIPTIONS)


def _publish(world: World, *facts: Mapping[str, object]) -> None:
    with world.acme.acting() as session:
        service.publish_all("thing.done", [{"facts": fact} for fact in facts])
        session.commit()


def _heard(world: World) -> list[str]:
    with world.acme.acting() as session:
        return sorted(session.scalars(select(Tag.name)))


def test_a_listener_hears_each_fact_once(world: World) -> None:
    _publish(world, *[{"number": number} for number in range(3)])
    world.work()
    world.work()
    assert _heard(world) == ["heard 0", "heard 1", "heard 2"]
    with world.acme.acting() as session:
        assert session.scalars(select(Notice)).all() == []


def test_what_became_known_together_is_told_together_and_in_order(world: World) -> None:
    heard: list[list[object]] = []

    def on_done(events: Sequence[Event]) -> None:
        heard.append([event.facts["number"] for event in events])

    service.subscribe({"thing.done": [on_done]})
    _publish(world, *[{"number": number} for number in range(BATCH + 1)])
    with world.acme.acting() as session:
        lengths = [len(one.event_ids) for one in session.scalars(select(Notice).order_by(Notice.id))]
    assert lengths == [service.TOGETHER] * (BATCH // service.TOGETHER) + [1]
    world.work()
    assert heard == [list(range(BATCH)), [BATCH]]


def test_old_and_new_facts_are_told_in_one_batch(world: World) -> None:
    with world.acme.acting() as session:
        for number, moment in enumerate((clock.now(), clock.now() - timedelta(days=40))):
            service.publish("thing.done", happened_at=moment, facts={"number": number})
        session.commit()
    world.work()
    assert _heard(world) == ["heard 0", "heard 1"]


def test_nobody_hears_of_what_was_rolled_back(world: World) -> None:
    with world.acme.acting() as session:
        service.publish("thing.done", facts={"number": 1})
        session.rollback()
    world.work()
    assert _heard(world) == []


def test_a_poisoned_fact_fails_alone_and_is_parked_with_its_reason(world: World) -> None:
    _publish(world, {"number": 1}, {"number": 2, "poison": True}, {"number": 3})
    world.work()
    assert _heard(world) == ["heard 1", "heard 3"]
    for _ in range(ATTEMPTS):
        world.later(hours=1)
    with world.acme.acting() as session:
        [parked] = session.scalars(select(Notice))
    assert parked.due_at is None
    assert parked.attempts == ATTEMPTS
    assert parked.problem == "ValueError: poisoned"


def test_parked_news_is_shown_with_its_reason_and_told_again(world: World) -> None:
    _publish(world, {"number": 1}, {"number": 2, "poison": True})
    world.work()
    for _ in range(ATTEMPTS):
        world.later(hours=1)
    page = world.acme.admin.get("/deliveries").text
    assert "ValueError: poisoned" in page
    assert "1 incoming item was not understood" in world.acme.admin.get("/channels").text
    assert "poisoned" not in world.globex.admin.get("/deliveries").text
    assert world.acme.viewer.post("/deliveries/retry", {"news": "1"}).status_code == 403
    assert world.globex.admin.post("/deliveries/retry", {"news": "1"}).status_code == 302
    assert _heard(world) == ["heard 1"]
    service.subscribe({"thing.done": [on_mended]})
    assert world.acme.admin.post("/deliveries/retry", {"news": "1"}).status_code == 302
    world.work()
    assert _heard(world) == ["heard 1", "heard 2"]
    assert "Everything that arrived was understood" in world.acme.admin.get("/deliveries").text


def test_partitions_are_made_ahead_of_time(world: World, database_url: str) -> None:
    with clock.moved_to(datetime(2031, 5, 20, tzinfo=UTC)):
        prepare_months()
        prepare_months()
    engine = create_engine(database_url)
    with engine.connect() as connection:
        names = set(
            connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'"))
        )
    engine.dispose()
    assert {"event_2031_05", "event_2031_08"} <= names
