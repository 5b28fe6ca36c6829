"""How the installation stands at the moment of a scrape. What cannot be known then is left out.

A scrape costs a few short statements, whatever is in the tables: none of them looks into an organization.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Gauge
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from loumass.accounts import installation
from loumass.core import clock, told
from loumass.core.database import engine
from loumass.core.jobs import RedisBell
from loumass.core.memory import memory_now

#: What is due for longer than a busy worker takes to come round.
LATE_SECONDS = 60
#: A scrape counts no further.
MOST_LATE = 5_000


def momentary(client: Redis) -> CollectorRegistry:
    """Every gauge that can be told now."""
    registry = CollectorRegistry()
    works = Gauge("loumass_part_works", "Whether a part answers", ["part"], registry=registry)
    stands = installation.all_parts(client)
    for part, how in stands.items():
        works.labels(part).set(how == "ok")
    if not stands["database"].startswith("does not answer"):
        _of_database(registry)
    if stands["redis"] == "ok":
        _of_redis(registry, client)
    return registry


def tick_age() -> float | None:
    """Seconds since the clock ticked; None when it never did or the database is away."""
    try:
        with engine().connect() as connection:
            at = connection.scalar(text("SELECT last_at FROM periodic_run WHERE name = 'tick'"))
    except (DBAPIError, PoolExhausted):
        return None
    return None if at is None else round((clock.now() - at).total_seconds(), 1)


def _of_database(registry: CollectorRegistry) -> None:
    if (age := tick_age()) is not None:
        Gauge("loumass_tick_age_seconds", "Time since the clock ticked", registry=registry).set(age)
    if (late := _late()) is not None:
        what = (
            f"Things on the agenda that are due for over {LATE_SECONDS} seconds (counted up to {MOST_LATE})"
        )
        Gauge("loumass_late", what, registry=registry).set(late)


def _late() -> int | None:
    before = clock.now().timestamp() - LATE_SECONDS
    statement = text("SELECT count(*) FROM due_agenda(to_timestamp(:before), :most)")
    try:
        with engine().connect() as connection:
            return connection.scalar(statement, {"before": before, "most": MOST_LATE})
    except DBAPIError:
        return None


def _of_redis(registry: CollectorRegistry, client: Redis) -> None:
    try:
        depths, active = RedisBell(client).depth(), told.total(client, "campaigns_active")
        sends, memories = told.sends_of_last_hour(client), told.fullest(client)
    except RedisError:
        return
    depth = Gauge("loumass_queue_depth", "Jobs that wait", ["queue"], registry=registry)
    for queue, jobs in depths.items():
        depth.labels(queue).set(jobs)
    Gauge("loumass_campaigns_active", "Campaigns that run", registry=registry).set(active)
    _of_sends(registry, sends)
    _of_memory(registry, memories)


def _of_sends(registry: CollectorRegistry, sends: told.Sends) -> None:
    Gauge("loumass_messages_per_hour", "Messages sent in the last hour", registry=registry).set(sends.sent)
    if sends.delivery_rate is not None:
        what = "Of what was tried in the last hour, the part that was taken and did not come back"
        Gauge("loumass_delivery_rate", what, registry=registry).set(sends.delivery_rate)


def _of_memory(registry: CollectorRegistry, memories: dict[str, told.Memory]) -> None:
    """Of each kind of process the fullest machine; of the pages this one."""
    here = memory_now()
    found = {**memories, **({"web": here} if here else {})}
    used = Gauge("loumass_memory_used_bytes", "Memory in use", ["process"], registry=registry)
    limit = Gauge("loumass_memory_limit_bytes", "Memory there is", ["process"], registry=registry)
    for process, memory in found.items():
        used.labels(process).set(memory.used)
        limit.labels(process).set(memory.limit)
