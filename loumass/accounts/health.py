"""Whether the installation works: for load balancers and Prometheus."""

from __future__ import annotations

import hmac

from flask import Blueprint, Response, abort, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from redis import Redis
from redis.exceptions import RedisError

from loumass.accounts.gauges import momentary, tick_age
from loumass.accounts.installation import all_parts
from loumass.config import Settings
from loumass.core.figures import OfAllMachines, OfThisMachine

pages = Blueprint("health", __name__)
#: A clock that has not ticked for this long is stuck.
LATE_SECONDS = 60


@pages.get("/health")
def health() -> ResponseReturnValue:
    """200 when database, Redis and files are well and the clock ticks, else 503; JSON says what is wrong with which."""
    parts, age = all_parts(_redis_client()), tick_age()
    works = set(parts.values()) == {"ok"} and age is not None and age < LATE_SECONDS
    report = parts | {"tick_age_seconds": age, "status": "ok" if works else "degraded"}
    return jsonify(report), 200 if works else 503


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
    """Requests of this machine's processes, work of all machines, and how everything stands now."""
    folder = current_app.extensions["loumass.settings"].metrics_folder
    counted = CollectorRegistry()
    counted.register(OfThisMachine(MultiProcessCollector(None, path=folder) if folder else REGISTRY))
    return generate_latest(counted) + _of_workers() + generate_latest(momentary(_redis_client()))


def _of_workers() -> bytes:
    registry = CollectorRegistry()
    registry.register(OfAllMachines(_redis_client()))
    try:
        return generate_latest(registry)
    except RedisError:
        return b""


def _may_look(settings: Settings) -> bool:
    if settings.metrics_token:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return hmac.compare_digest(given.encode(), settings.metrics_token.encode())
    return not settings.is_production and request.remote_addr in ("127.0.0.1", "::1")


def _redis_client() -> Redis:
    return current_app.extensions["loumass.redis"]
