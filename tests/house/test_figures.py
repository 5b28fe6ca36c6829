"""Figures are what the facts come to: counted as they come, told twice, killed in between, or rebuilt, they are the same."""

from __future__ import annotations

from uuid import UUID

import pytest
from flask.testing import FlaskCliRunner
from sqlalchemy import text, update

from loumass import schedule
from loumass.accounts.models import Organization
from loumass.analytics import counting, listeners
from loumass.campaigns.merging import merge_people
from loumass.core.tenancy import globally, serving
from tests.analytics.busy import Busy, busy
from tests.world import World


def rebuilt(world: World, house: Busy) -> Busy:
    runner = FlaskCliRunner(world.app)
    answer = runner.invoke(args=["rebuild-figures"])
    assert answer.output == "the figures of 2 organizations are counted anew by the workers\n"
    counted(world)
    return house


def counted(world: World) -> None:
    """Everything is counted, also where a slow machine made the counting rest; then how people react."""
    world.work()
    world.later(minutes=5)
    world.later(hours=2)


def test_figures_are_what_the_facts_come_to(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    house = busy(world)
    seen = house.figures()
    assert house.counted() == house.counted_by_hand("America/Denver")

    # Every day and every part of a day that is told apart comes to the same.
    for kind in ("message.sent", "message.replied", "message.opened"):
        number = sum(fact.kind == kind for fact in house.facts())
        whole = [count for count, _ in house.parts("all", kind).values()]
        hours = [count for count, _ in house.parts("hour", kind).values()]
        assert sum(whole) == sum(hours) == number > 0, kind
        own = sum(fact.kind == kind and fact.campaign_id == house.run.id for fact in house.facts())
        assert sum(count for count, _ in house.parts("all", kind, house.run.id).values()) == own
        steps = sum(count for count, _ in house.parts("step", kind, house.run.id).values())
        assert steps == sum(fact.kind == kind and fact.node_id is not None for fact in house.facts())
    ways = house.parts("way", "message.sent", house.run.id)
    assert sum(count for count, _ in ways.values()) == 12
    assert {part.partition(":")[2] for part in ways} == {"a", "b"}

    # A reply that is classed again counts as what it was taken for last, whoever wrote it.
    classes = {part: count for part, (count, _) in house.parts("class", "message.classified").items()}
    assert (classes["not_interested"], classes["wrong_person"]) == (1, 2)
    assert sum(classes.values()) == sum(fact.kind == "message.classified" for fact in house.facts()) - 3

    # 30 minutes after the first of two questions; then nothing was asked; then after 700 minutes; and 30 hours.
    answers = house.parts("colleague", "message.answered")
    assert answers[str(world.acme.member.id)] == (2, (30 + 700) * 60)
    assert answers[str(world.acme.agent.id)] == (1, 30 * 3600)
    assert house.parts("colleague", "message.written")[str(world.acme.member.id)][0] == 3
    assert {part: count for part, (count, _) in house.parts("class", "message.answered").items()} == {
        "1h": 1, "1d": 1, "later": 1,
    }  # fmt: skip

    # Ten days through the funnel for those who came to its end.
    ends = house.parts("class", "enrollment.ended", house.run.id)
    assert ends["finished"][1] // ends["finished"][0] // 3600 == 10 * 24
    assert ends["goal"][0] == 2
    assert [(dict(row)["amount"], dict(row)["currency"]) for row in seen["earning"]] == [(125050, "EUR")] * 2

    # Told twice.
    facts = house.facts()
    with world.acme.acting() as session:
        listeners.on_counted(facts)
        listeners.on_goal_reached([fact for fact in facts if fact.kind == "enrollment.reached_goal"])
        session.commit()
    counted(world)
    assert house.figures() == seen

    # Killed in the middle: nothing of it stays, and the next one does it all.
    with world.acme.acting() as session:
        listeners.on_counted(facts)
        session.commit()
    with monkeypatch.context() as broken:
        broken.setattr(counting, "sum_days_of", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            world.work()
    assert house.figures() == seen
    world.later(minutes=2)
    world.later(hours=2)
    assert house.figures() == seen

    # Rebuilt, also where somebody meddled with what is kept, and where there is no fact at all.
    with world.acme.acting() as session:
        for statement in (
            "UPDATE quarter_count SET count = count + 3 WHERE organization_id = :id",
            "UPDATE daily_count SET count = 0 WHERE organization_id = :id",
            "UPDATE daily_part SET day = day - 4000 WHERE organization_id = :id",
            "UPDATE contact_engagement SET sent = 1000 WHERE organization_id = :id",
            "INSERT INTO daily_count (organization_id, day, kind, campaign_id, count) "
            "VALUES (:id, '2001-01-01', 'message.sent', CAST(:id AS uuid), 7)",
        ):
            session.execute(text(statement), {"id": world.acme.id})
        session.commit()
    assert rebuilt(world, house).figures() == seen
    assert not Busy(world.globex, house.run, []).rows("quarter_count")


def test_another_timezone_and_another_person(world: World) -> None:
    """The organization moves to Kathmandu, where days begin at a quarter past; and two people turn out to be one."""
    house = busy(world, facts=120)
    quarters = house.rows("quarter_count")
    with globally() as session:
        session.execute(
            update(Organization).where(Organization.id == world.acme.id).values(timezone="Asia/Kathmandu")
        )
        session.commit()
    with serving(world.acme.id):
        schedule.sweep()
    world.work()
    assert house.counted() == house.counted_by_hand("Asia/Kathmandu")
    assert house.rows("quarter_count") == quarters

    kept, other = house.people[7], house.people[5]
    with world.acme.acting() as session:
        merge_people(kept.id, other.id, frozenset())
        session.commit()
    counted(world)
    engaged = {UUID(dict(row)["contact_id"]): dict(row) for row in house.rows("contact_engagement")}
    assert other.id not in engaged
    assert engaged[kept.id]["sent"] == 2
    assert engaged[house.people[3].id] | {"reacted_at": ""} == {
        "contact_id": str(house.people[3].id), "sent": 4, "read": 0, "replied": 3, "rate": 750, "reacted_at": "",
    }  # fmt: skip
    assert {dict(row)["contact_id"] for row in house.rows("earning")} == {
        str(kept.id), str(house.people[6].id),
    }  # fmt: skip
    seen = house.figures()
    assert rebuilt(world, house).figures() == seen
