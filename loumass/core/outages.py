"""What people read when a part of the installation fails, and what one process tells the others about it.

A full disk lets questions through and refuses what grows: whoever is refused notes it in Redis for NOTED_SECONDS, so
that `/health`, which only asks, knows of it.
"""

from __future__ import annotations

import structlog
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted

NOTED_SECONDS = 60
#: What a browser or a vendor may wait before it asks again.
RETRY_SECONDS = 30
#: SQLSTATE (PostgreSQL documentation, appendix A).
DISK_FULL, READ_ONLY = "53100", "25006"
IN_EACH_OTHERS_WAY = ("40001", "40P01", "55P03")
TOO_MUCH = ("53000", "53200", "53300", "53400")
log = structlog.get_logger("outages")
_redis: Redis | None = None


def use(redis: Redis) -> None:
    """Take `redis` for this process."""
    global _redis  # noqa: PLW0603  one process, one connection pool
    _redis = redis


def watch(engine: Engine) -> None:
    """Note what goes wrong on `engine`."""
    event.listen(engine, "handle_error", _note_full_disk)


def sentence(problem: DBAPIError | PoolExhausted) -> str | None:
    """What to tell a person whose request met `problem`; None where the database is not at fault."""
    sqlstate = getattr(getattr(problem, "orig", None), "sqlstate", None)
    if sqlstate == DISK_FULL:
        return "The database has no room left on its disk. Nothing was changed. Whoever runs Loumass has to make room."
    if sqlstate == READ_ONLY:
        return "The database takes no changes just now. Nothing was changed. Try again in a minute."
    if sqlstate in IN_EACH_OTHERS_WAY:
        return "Somebody else was changing the same thing. Nothing was changed. Try again."
    if sqlstate in TOO_MUCH or isinstance(problem, PoolExhausted):
        return "The database has too much to do. Nothing was changed. Try again in a minute."
    if isinstance(problem, (OperationalError, InterfaceError)):
        return "The database does not answer. Nothing was changed. Try again in a minute."
    return None


def note(part: str, what: str) -> None:
    """Let every process know for NOTED_SECONDS that `part` fails: `what` ends the sentence "the part ..."."""
    if _redis is None:
        return
    try:
        _redis.set(f"outage:{part}", what, ex=NOTED_SECONDS)
    except RedisError as problem:
        log.debug("outage.unheard", part=part, problem=str(problem))


def noted(part: str) -> str | None:
    """What was noted of `part` lately; None also while Redis is away."""
    try:
        what = _redis.get(f"outage:{part}") if _redis is not None else None
    except RedisError:
        return None
    return what.decode() if isinstance(what, bytes) else None


def _note_full_disk(context: ExceptionContext) -> None:
    if getattr(context.original_exception, "sqlstate", None) == DISK_FULL:
        note("database", "has no room left on its disk")
