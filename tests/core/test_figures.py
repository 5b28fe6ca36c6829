"""What workers count is told by any web process, and counted once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from redis import Redis

from loumass.config import Settings
from loumass.core import figures, jobs, metrics
from loumass.core.figures import Sharing
from loumass.core.jobs import job
from loumass.core.tenancy import transaction
from tests.world import World


@job("receive")
def count_me() -> None:
    with transaction():
        pass


@job("receive")
def break_down() -> None:
    raise RuntimeError("broken on purpose")


@pytest.fixture
def redis(settings: Settings) -> Iterator[Redis]:
    client = Redis.from_url(settings.redis_url)
    client.flushdb()
    yield client
    client.flushdb()


def told(world: World, line: str) -> float | None:
    """The value of the one line of /metrics that begins with `line`; None where there is none."""
    page = world.stranger().get("/metrics").text
    found = [one.rpartition(" ")[2] for one in page.splitlines() if one.startswith(line)]
    assert len(found) <= 1
    return float(found[0]) if found else None


def test_a_workers_jobs_are_told_by_the_web(world: World, redis: Redis) -> None:
    jobs.use(jobs.RedisBell(redis))
    with world.acme.acting() as session:
        count_me.later()
        break_down.later()
        session.commit()
    jobs.work("receive", redis, burst=True)
    jobs.use(world.bell)
    assert told(world, 'loumass_jobs_total{job="tests.count_me",outcome="done"}') == 1
    assert told(world, 'loumass_jobs_total{job="tests.break_down",outcome="failed"}') == 1
    assert told(world, 'loumass_job_seconds_count{job="tests.count_me"}') == 1
    assert told(world, 'loumass_job_seconds_bucket{job="tests.count_me",le="+Inf"}') == 1


def test_two_workers_are_added_up_and_nothing_is_told_twice(world: World, redis: Redis) -> None:
    one, other = Sharing(redis), Sharing(redis)
    metrics.SENDS.labels("email", "smtp", "sent").inc(3)
    one.share()
    one.share()
    other.share()
    line = 'loumass_sends_total{medium="email",outcome="sent",provider="smtp"}'
    assert told(world, line) == 6
    metrics.SENDS.labels("email", "smtp", "sent").inc()
    one.share()
    assert told(world, line) == 7


def test_what_a_silent_redis_missed_is_told_later(world: World, redis: Redis) -> None:
    sharing = Sharing(Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2))
    metrics.SENDS.labels("sms", "twilio", "failed").inc(2)
    sharing.share()
    sharing.redis = redis
    sharing.share()
    assert told(world, 'loumass_sends_total{medium="sms",outcome="failed",provider="twilio"}') == 2


def test_a_figure_of_an_older_release_is_left_out(world: World, redis: Redis) -> None:
    redis.hset(figures.KEY, '["loumass_gone", "loumass_gone_total", {}]', "3")
    assert told(world, "loumass_gone_total") is None
