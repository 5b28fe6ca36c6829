"""The doorbell over PostgreSQL: nothing rung before the commit, nothing lost, the tenant travels."""

from __future__ import annotations

from datetime import timedelta

import pytest
from redis import Redis
from rq import Queue
from sqlalchemy import text

from loumass.config import Settings
from loumass.core import agenda, clock, jobs
from loumass.core.database import db, engine
from loumass.core.jobs import job
from loumass.core.tenancy import current_organization_id, transaction
from loumass.ticker import tick
from tests.world import World

seen: list[tuple[object, str]] = []


@job("bulk")
def remember(word: str) -> None:
    with transaction():
        seen.append((current_organization_id(), word))


@job("bulk")
def wake_again(word: str) -> None:
    """Somebody makes work due while the job looks."""
    with transaction():
        remember_later_once(word)


@job("bulk")
def fail(word: str) -> None:
    raise RuntimeError(word)


@job("bulk")
def look_again_tomorrow(word: str) -> None:
    """What a job does whose work is due only later."""
    with transaction():
        seen.append((current_organization_id(), word))
        if len(seen) == 1:
            look_again_tomorrow.later(word, at=clock.now() + timedelta(days=1))


def remember_later_once(word: str) -> None:
    if not seen:
        seen.append((current_organization_id(), "first"))
        wake_again.later(word)
    else:
        seen.append((current_organization_id(), "second"))


@pytest.fixture(autouse=True)
def _forget() -> None:
    seen.clear()


def test_a_job_runs_after_the_commit_for_its_organization(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("hello")
        assert not world.bell.rings
        session.commit()
    world.work()
    assert seen == [(world.acme.id, "hello")]


def test_a_rollback_forgets_the_job(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("never")
        session.rollback()
        session.commit()
    world.work()
    assert seen == []


def test_an_emptied_redis_loses_nothing(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("kept")
        session.commit()
    world.bell.rings.clear()
    world.work()
    assert seen == [(world.acme.id, "kept")]


def test_a_job_for_later_waits(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("tomorrow", at=clock.now() + timedelta(days=1))
        session.commit()
    world.work()
    assert seen == []
    world.later(days=1, seconds=1)
    assert seen == [(world.acme.id, "tomorrow")]


def test_the_earlier_wish_wins(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("soon", at=clock.now() + timedelta(hours=1))
        remember.later("soon", at=clock.now() + timedelta(days=1))
        session.commit()
    world.later(hours=1, seconds=1)
    assert seen == [(world.acme.id, "soon")]


def test_a_wake_up_while_the_job_runs_is_not_lost(world: World) -> None:
    with world.acme.acting() as session:
        wake_again.later("x")
        session.commit()
    world.work()
    assert [word for _, word in seen] == ["first", "second"]


def test_a_wish_for_later_made_by_the_running_job_is_not_lost(world: World) -> None:
    with world.acme.acting() as session:
        look_again_tomorrow.later("x")
        session.commit()
    world.work()
    world.later(hours=23)
    assert len(seen) == 1
    world.later(hours=1, seconds=1)
    assert len(seen) == 2


def test_a_crashed_job_shows_up_again(world: World) -> None:
    with world.acme.acting() as session:
        fail.later("boom")
        session.commit()
    with pytest.raises(RuntimeError, match="boom"):
        world.work()
    with engine().connect() as connection:
        moment = clock.now() + agenda.VISIBILITY
        [row] = connection.execute(text("SELECT * FROM due_agenda(:at, 10)"), {"at": moment}).all()
    assert row.job == "tests.fail"
    assert row.organization_id == world.acme.id


def test_the_agenda_is_clean_when_nothing_is_due(world: World) -> None:
    with world.acme.acting() as session:
        remember.later("done")
        session.commit()
    world.work()
    with world.acme.acting():
        left = db().scalar(
            text("SELECT count(*) FROM agenda WHERE organization_id = :id"), {"id": world.acme.id}
        )
    assert left == 0


def test_the_ticker_rings_what_is_due_through_redis_and_a_worker_does_it(
    world: World, settings: Settings
) -> None:
    redis = Redis.from_url(settings.redis_url)
    redis.flushdb()
    bell = jobs.RedisBell(redis)
    with world.acme.acting() as session:
        remember.later("by worker")
        session.commit()
    jobs.use(bell)
    with engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tick(connection)
        tick(connection)
    [queued] = [
        queued
        for queued in Queue("bulk", connection=redis, serializer=bell.queues["bulk"].serializer).jobs
        if "remember" in str(queued.args)
    ]
    assert queued.args[1] == str(world.acme.id)
    jobs.work("bulk", redis, burst=True)
    assert (world.acme.id, "by worker") in seen


def test_an_urgent_ring_is_seen_until_a_worker_takes_it(world: World, settings: Settings) -> None:
    redis = Redis.from_url(settings.redis_url)
    redis.flushdb()
    bell = jobs.RedisBell(redis)
    usual = jobs.Ring(remember.name, world.acme.id, '["usual"]')
    jobs.use(bell)
    bell.ring(usual)
    assert (bell.waiting("bulk"), bell.is_urgent("bulk"), jobs.person_waits("bulk")) == (1, False, False)
    bell.ring(jobs.Ring(remember.name, world.acme.id, '["somebody"]', is_urgent=True))
    assert (bell.waiting("bulk"), bell.is_urgent("bulk"), jobs.person_waits("bulk")) == (2, True, True)
    assert str(bell.queues["bulk"].pop_job_id()).startswith("urgent-")
    assert (bell.is_urgent("bulk"), jobs.person_waits("bulk")) == (False, False)


def test_a_dead_redis_is_only_silence(world: World) -> None:
    jobs.use(jobs.RedisBell(Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2)))
    with world.acme.acting() as session:
        remember.later("heard all the same")
        session.commit()
    jobs.use(world.bell)
    world.work()
    assert seen == [(world.acme.id, "heard all the same")]
