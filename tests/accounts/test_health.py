"""What load balancers and Prometheus are told."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from redis import Redis
from sqlalchemy import text

from loumass.config import Settings
from loumass.core import clock
from loumass.core.database import engine
from tests.world import World


@pytest.fixture
def told(world: World, settings: Settings) -> Iterator[World]:
    """The application's settings and Redis may be changed by the test."""
    before = dict(world.app.extensions)
    yield world
    world.app.extensions.update(before)


def tick(age: timedelta = timedelta()) -> None:
    with engine().begin() as connection:
        connection.execute(
            text("INSERT INTO periodic_run (name, last_at) VALUES ('tick', :at)"), {"at": clock.now() - age}
        )


def test_all_is_well(told: World) -> None:
    tick(timedelta(seconds=2))
    answer = told.stranger().get("/health")
    assert answer.status_code == 200
    assert answer.json
    assert (answer.json["status"], answer.json["database"], answer.json["redis"]) == ("ok", "ok", "ok")
    assert answer.json["tick_age_seconds"] >= 2


@pytest.mark.parametrize("age", [None, timedelta(minutes=2)])
def test_a_clock_that_stands_still_is_told(told: World, age: timedelta | None) -> None:
    if age is not None:
        tick(age)
    answer = told.stranger().get("/health")
    assert answer.status_code == 503
    assert answer.json
    assert answer.json["status"] == "degraded"


def test_a_redis_that_is_away_is_told(told: World) -> None:
    tick()
    told.app.extensions["loumass.redis"] = Redis.from_url("unix:///nowhere/redis.sock")
    answer = told.stranger().get("/health")
    assert answer.status_code == 503
    assert answer.json
    assert answer.json["redis"] == "does not answer: ConnectionError"
    assert 'loumass_part_works{part="redis"} 0.0' in told.stranger().get("/metrics").text


def test_the_figures_name_requests_queues_and_the_clock(told: World) -> None:
    tick(timedelta(seconds=3))
    told.acme.member.get("/profile")
    page = told.stranger().get("/metrics").text
    assert 'loumass_requests_total{endpoint="account.profile",method="GET",status="200"}' in page
    assert 'loumass_queue_depth{queue="deliver"}' in page
    assert 'loumass_part_works{part="database"} 1.0' in page
    [age] = re.findall(r"^loumass_tick_age_seconds (\S+)$", page, re.MULTILINE)
    assert float(age) >= 3
    assert "# TYPE loumass_sends_total counter" in page
    assert "# TYPE loumass_jobs_total counter" in page


def test_the_figures_ask_for_their_token(told: World, settings: Settings) -> None:
    told.app.extensions["loumass.settings"] = replace(settings, metrics_token="a token for figures")
    assert told.stranger().get("/metrics").status_code == 404
    wrong = {"Authorization": "Bearer a token for figurez"}
    assert told.stranger().get("/metrics", headers=wrong).status_code == 404
    right = {"Authorization": "Bearer a token for figures"}
    assert told.stranger().get("/metrics", headers=right).status_code == 200


def test_without_a_token_only_this_machine_looks_and_in_production_nobody(
    told: World, settings: Settings
) -> None:
    elsewhere = {"REMOTE_ADDR": "203.0.113.9"}
    assert told.stranger().get("/metrics", environ_overrides=elsewhere).status_code == 404
    told.app.extensions["loumass.settings"] = replace(settings, environment="production")
    assert told.stranger().get("/metrics").status_code == 404
