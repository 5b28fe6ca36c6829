"""Whether the installation works: for load balancers and Prometheus."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Gauge, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loumass.config import Settings
from loumass.core import clock
from loumass.core.database import engine
from loumass.core.figures import OfAllMachines, OfThisMachine
from loumass.core.jobs import RedisBell

pages = Blueprint("health", __name__)
#: A clock that has not ticked for this long is stuck.
LATE_SECONDS = 60


@pages.get("/health")
def health() -> ResponseReturnValue:
    """200 when the database and Redis answer and the clock ticks, else 503; JSON says which."""
    report = {"database": _database(), "redis": _redis(), "tick_age_seconds": _tick_age()}
    age = report["tick_age_seconds"]
    works = report["database"] == report["redis"] == "ok" and age is not None and age < LATE_SECONDS
    return jsonify(report | {"status": "ok" if works else "degraded"}), 200 if works else 503


@pages.get("/metrics")
def metrics() -> ResponseReturnValue:
    """All figures as Prometheus reads them.

    Asks for `Authorization: Bearer <METRICS_TOKEN>`; without a token only this machine may look, and in
    production, where a proxy may stand on this machine, nobody.
    """
    if not _may_look(current_app.extensions["loumass.settings"]):
        abort(404)
    return Response(exposition(), content_type=CONTENT_TYPE_LATEST)


def exposition() -> bytes:
    """Requests of this machine's processes, work of all machines, and what Redis and the clock say now."""
    folder = current_app.extensions["loumass.settings"].metrics_folder
    counted = CollectorRegistry()
    counted.register(OfThisMachine(MultiProcessCollector(None, path=folder) if folder else REGISTRY))
    return generate_latest(counted) + _of_workers() + generate_latest(_momentary())


def _of_workers() -> bytes:
    registry = CollectorRegistry()
    registry.register(OfAllMachines(current_app.extensions["loumass.redis"]))
    try:
        return generate_latest(registry)
    except RedisError:
        return b""


def _momentary() -> CollectorRegistry:
    """Gauges that are asked for at the moment of the scrape; what cannot be known is left out."""
    registry = CollectorRegistry()
    works = Gauge("loumass_part_works", "Whether a part answers", ["part"], registry=registry)
    works.labels("database").set(_database() == "ok")
    works.labels("redis").set(_redis() == "ok")
    depths = Gauge("loumass_queue_depth", "Jobs that wait", ["queue"], registry=registry)
    try:
        for queue, depth in RedisBell(current_app.extensions["loumass.redis"]).depth().items():
            depths.labels(queue).set(depth)
    except RedisError:
        registry.unregister(depths)
    if (age := _tick_age()) is not None:
        Gauge("loumass_tick_age_seconds", "Time since the clock ticked", registry=registry).set(age)
    return registry


def _may_look(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    return not settings.is_production and request.remote_addr in ("127.0.0.1", "::1")


def _database() -> str:
    try:
        with engine().connect() as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError as problem:
        return f"does not answer: {type(problem.orig).__name__}"
    return "ok"


def _redis() -> str:
    try:
        current_app.extensions["loumass.redis"].ping()
    except RedisError as problem:
        return f"does not answer: {type(problem).__name__}"
    return "ok"


def _tick_age() -> float | None:
    try:
        with engine().connect() as connection:
            at = connection.scalar(text("SELECT last_at FROM periodic_run WHERE name = 'tick'"))
    except DBAPIError:
        return None
    return None if at is None else round((clock.now() - at).total_seconds(), 1)
