"""What organizations and workers tell about themselves: added up, forgotten when stale, and nobody's name on it."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry
from redis import Redis
from sqlalchemy import Connection, event

from loumass.accounts.gauges import momentary
from loumass.campaigns.jobs import sweep
from loumass.campaigns.models import Campaign
from loumass.config import Settings
from loumass.core import clock, metrics, told
from loumass.core.database import engine
from loumass.core.figures import Sharing
from loumass.core.memory import Memory, memory_now
from loumass.core.tenancy import acting_for
from loumass.messages.jobs import deliver
from loumass.providers.events import MessageBounced
from tests.campaigns.cast import running, wait
from tests.conftest import ROOT
from tests.messages.letters import brings, mailbox, written
from tests.world import World


@pytest.fixture
def redis(settings: Settings) -> Redis:
    """An emptied Redis, which the application speaks to."""
    client = Redis.from_url(settings.redis_url)
    client.flushdb()
    told.use(client)
    return client


def now_told(redis: Redis, name: str, **labels: str) -> float | None:
    """One gauge as a scrape would tell it."""
    registry: CollectorRegistry = momentary(redis)
    return registry.get_sample_value(name, labels)


def swept(world: World) -> None:
    for tenant in (world.acme, world.globex):
        with tenant.acting() as session:
            sweep()
            session.commit()


def test_running_campaigns_of_all_organizations_are_added_up(world: World, redis: Redis) -> None:
    runs = [running(tenant, [wait("pause")]) for tenant in (world.acme, world.globex)]
    swept(world)
    swept(world)
    assert now_told(redis, "loumass_campaigns_active") == 2
    with world.globex.acting() as session:
        session.get_one(Campaign, (world.globex.id, runs[1].id)).state = "paused"
        session.commit()
    swept(world)
    assert now_told(redis, "loumass_campaigns_active") == 1


def test_what_is_not_committed_is_not_told(world: World, redis: Redis) -> None:
    running(world.acme, [wait("pause")])
    with world.acme.acting() as session:
        sweep()
        session.rollback()
        session.commit()
    assert now_told(redis, "loumass_campaigns_active") == 0


def test_a_number_that_nobody_repeats_is_forgotten(world: World, redis: Redis) -> None:
    running(world.acme, [wait("pause")])
    swept(world)
    clock.advance(told.FRESH + timedelta(seconds=1))
    assert now_told(redis, "loumass_campaigns_active") == 0
    assert redis.hlen("told:campaigns_active") == 0


def test_the_last_hour_is_added_up_and_what_came_back_was_not_delivered(world: World, redis: Redis) -> None:
    one, other = Sharing(redis, "deliver"), Sharing(redis, "receive")
    assert now_told(redis, "loumass_delivery_rate") is None
    metrics.SENDS.labels("email", "smtp", "sent").inc(15)
    metrics.SENDS.labels("email", "smtp", "throttled").inc(7)
    one.share()
    clock.advance(timedelta(minutes=30))
    metrics.SENDS.labels("sms", "twilio", "sent").inc(1)
    metrics.SENDS.labels("sms", "twilio", "rejected").inc(4)
    one.share()
    other._told = one._told
    metrics.RETURNS.labels("email", "bounced").inc(2)
    other.share()
    assert now_told(redis, "loumass_messages_per_hour") == 16
    assert now_told(redis, "loumass_delivery_rate") == (16 - 2) / 20
    clock.advance(timedelta(minutes=31))
    assert now_told(redis, "loumass_messages_per_hour") == 1


def test_a_message_that_comes_back_for_good_is_counted_once(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    sent = written(world.acme, box, priya)
    before = metrics.RETURNS.labels("email", "bounced")._value.get()
    for permanent in (False, True, True):
        brings(world.acme, box, MessageBounced(at=clock.now(), our_id=sent.id, permanent=permanent))
    assert metrics.RETURNS.labels("email", "bounced")._value.get() == before + 1


def test_whoever_founds_an_organization_is_counted(world: World) -> None:
    before = metrics.SIGN_UPS.labels("page")._value.get()
    fields = {"name": "Rosa", "organization": "Summit", "email": "rosa@summit.example"}
    world.stranger().post("/sign-up", data=fields)
    assert metrics.SIGN_UPS.labels("page")._value.get() == before
    world.stranger().post("/sign-up", data=fields | {"password": "snow on every summit"})
    assert metrics.SIGN_UPS.labels("page")._value.get() == before + 1


def test_of_each_kind_of_worker_the_fullest_machine_is_told(world: World, redis: Redis) -> None:
    moment = clock.now().timestamp()
    for who, used, at in (("a:1", 3, moment), ("b:1", 9, moment), ("c:1", 10, moment - 120)):
        redis.hset("told:memory", who, f'["deliver", {used}, 10, {at}]')
    assert now_told(redis, "loumass_memory_used_bytes", process="deliver") == 9
    assert now_told(redis, "loumass_memory_limit_bytes", process="deliver") == 10
    assert not redis.hexists("told:memory", "c:1")
    Sharing(redis, "bulk").share()
    assert now_told(redis, "loumass_memory_used_bytes", process="bulk")
    assert now_told(redis, "loumass_memory_used_bytes", process="web")


def test_a_containers_limit_counts_and_files_that_can_be_read_again_do_not(tmp_path: Path) -> None:
    machine = tmp_path / "meminfo"
    machine.write_text("MemTotal:   1000 kB\nMemAvailable:  400 kB\nHugePages_Total:  0\n")
    assert memory_now(tmp_path, machine) == Memory(600 * 1024, 1000 * 1024)
    for name, content in (("memory.max", "500\n"), ("memory.current", "450\n"), ("memory.stat", "anon 300\ninactive_file 100\n")):  # fmt: skip
        (tmp_path / name).write_text(content)
    assert memory_now(tmp_path, machine) == Memory(350, 500)
    (tmp_path / "memory.max").write_text("max\n")
    assert memory_now(tmp_path, machine) == Memory(600 * 1024, 1000 * 1024)
    assert memory_now(tmp_path / "nowhere", tmp_path / "nowhere") is None


def test_what_is_over_a_minute_late_is_told(world: World, redis: Redis) -> None:
    with world.acme.acting() as session:
        for channel in ("one", "two"):
            deliver.later(channel, at=clock.now() - timedelta(seconds=61))
        deliver.later("three", at=clock.now() - timedelta(seconds=30))
        session.commit()
    assert now_told(redis, "loumass_late") == 2


def test_a_scrape_looks_into_no_organization_however_many_there_are(world: World, redis: Redis) -> None:
    asked: list[str] = []

    def note(_: Connection, __: object, statement: str, *___: object) -> None:
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    try:
        page = world.stranger().get("/metrics").text
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert [one.partition(" FROM ")[2].partition(" ")[0].partition("(")[0] for one in asked] == [
        "",
        "periodic_run",
        "due_agenda",
    ]
    assert "loumass_campaigns_active" in page


def test_no_figure_names_an_organization(world: World, redis: Redis) -> None:
    for tenant in (world.acme, world.globex):
        running(tenant, [wait("pause")])
        tenant.member.get("/campaigns")
    swept(world)
    page = world.stranger().get("/metrics").text
    assert 'endpoint="campaigns.index"' in page
    for tenant in (world.acme, world.globex):
        assert str(tenant.id) not in page
        assert tenant.name.lower() not in page.lower()


def test_a_silent_redis_costs_only_the_number(world: World) -> None:
    told.use(Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=0.2))
    try:
        with acting_for(world.acme.id) as session:
            told.tell("campaigns_active", 1)
            session.commit()
    finally:
        told.use(world.app.extensions["loumass.redis"])


def test_the_folder_of_figures_need_not_be_there_when_the_application_is_loaded(tmp_path: Path) -> None:
    folder = tmp_path / "not" / "there"
    code = "import os, sys, loumass.app; from loumass.core import metrics; os.makedirs(sys.argv[1]); metrics.begin()"
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={"PROMETHEUS_MULTIPROC_DIR": str(folder)}, cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert any(folder.glob("counter_*.db"))
