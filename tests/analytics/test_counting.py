"""Events become days of the organization, each counted once, in a fixed number of statements."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import event, select

from loumass.analytics import keeping
from loumass.analytics.listeners import COUNTED
from loumass.analytics.models import DailyCount, DailyPart
from loumass.core import clock, database
from loumass.core.ids import uuid7
from loumass.events.service import publish, publish_all
from loumass.subscriptions import SUBSCRIPTIONS
from tests.analytics.figures import campaign_of, channel_of, enrolled, number, page_of
from tests.world import World


def test_events_become_days_of_the_organization(world: World) -> None:
    campaign = campaign_of(world.acme)
    late = clock.now().replace(day=3, hour=5, minute=30)  # Monday 22:30 in Denver
    with world.acme.acting() as session:
        publish_all(
            "message.sent",
            [{"happened_at": late, "campaign_id": campaign.id}] * 2 + [{"happened_at": clock.now()}],
        )
        publish("message.received", happened_at=clock.now())
        session.commit()
    world.work()
    with world.acme.acting() as session:
        rows = session.execute(
            select(DailyCount.day, DailyCount.kind, DailyCount.count).order_by(
                DailyCount.kind, DailyCount.day
            )
        ).all()
    assert [(str(day), kind, count) for day, kind, count in rows] == [
        ("2026-03-03", "message.received", 1), ("2026-03-02", "message.sent", 2), ("2026-03-03", "message.sent", 1),
    ]  # fmt: skip


def test_telling_twice_at_once_counts_each_event_once(world: World) -> None:
    campaign_of(world.acme)
    for _ in range(3):
        with world.acme.acting() as session:
            publish_all("message.sent", [{}] * 5)
            session.commit()
    world.work()
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(DailyCount.count)).all() == [15]


def test_the_number_of_statements_does_not_grow_with_what_happened(world: World) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(database.engine(), "before_cursor_execute", note)
        try:
            page_of(world.acme.member)
        finally:
            event.remove(database.engine(), "before_cursor_execute", note)
        return len(seen)

    campaign = campaign_of(world.acme)
    channel_of(world.acme, "a@acme.example", state="paused")
    enrolled(world.acme, campaign, 0)
    statements()  # whoever asks first looks whether the schema is there
    few = statements()
    for n in range(1, 6):
        channel_of(world.acme, f"{n}@acme.example", state="paused")
        enrolled(world.acme, campaign_of(world.acme, f"Night {n}"), n)
    assert statements() == few


def test_everything_that_is_counted_is_heard() -> None:
    from loumass.analytics.listeners import on_counted

    assert {kind for kind, listeners in SUBSCRIPTIONS.items() if on_counted in listeners} == set(COUNTED)


def test_numbers_that_count_slowly_are_kept_for_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SLOW_SECONDS", -1)
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1, status="Needs BDR", status_changed_at=clock.now())
    first = page_of(world.acme.member)
    enrolled(world.acme, campaign, 2, status="Needs BDR")
    second = page_of(world.acme.member)
    assert number(first, "Needs BDR") == number(second, "Needs BDR") == "1"
    campaign_of(world.globex)
    assert number(page_of(world.globex.member), "Contacts") == "0"
    assert (
        0
        < world.app.extensions["loumass.redis"].ttl(f"figures:{world.acme.id}:everybody:30:2026-03-03")
        <= 60
    )


def test_numbers_are_counted_when_the_cache_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1)
    monkeypatch.setitem(world.app.extensions, "loumass.redis", Redis(port=1, socket_connect_timeout=1))
    assert number(page_of(world.acme.member), "Contacts") == "1"


def test_an_answer_of_nobody_known_counts_as_what_it_was_taken_for_last(world: World) -> None:
    """Also where its writer became known, or its day changed, between the two."""
    wrote, known = clock.now() - timedelta(days=1), world.acme.contact("Priya Raman")
    stays, becomes_known, moves = (
        {"message_id": uuid7(), "happened_at": wrote, "facts": {"class": "positive"}} for _ in range(3)
    )
    corrected = {"facts": {"class": "question"}}
    for told in (
        [stays, becomes_known, moves],
        [
            stays | corrected,
            becomes_known | corrected | {"contact_id": known.id},
            moves | corrected | {"happened_at": clock.now()},
        ],
    ):
        with world.acme.acting() as session:
            publish_all("message.classified", told)
            session.commit()
        world.work()
        world.later(minutes=5)
    with world.acme.acting() as session:
        rows = session.execute(
            select(DailyPart.day, DailyPart.part, DailyPart.count)
            .where(DailyPart.slice == "class", DailyPart.kind == "message.classified")
            .order_by(DailyPart.day)
        ).all()
    assert [(str(day), part, count) for day, part, count in rows] == [
        ("2026-03-02", "question", 2), ("2026-03-03", "question", 1),
    ]  # fmt: skip
