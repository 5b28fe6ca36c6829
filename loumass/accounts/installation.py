"""The parts of the installation, asked one by one: `ok`, or what is wrong with each in words for whoever runs it."""

from __future__ import annotations

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted

from loumass.core import outages, schema, storage
from loumass.core.database import engine


def all_parts(client: Redis) -> dict[str, str]:
    """Part -> how it stands."""
    return {"database": database(), "redis": redis(client), "files": files()}


def database() -> str:
    """Whether it answers, has room, and stands at a schema that this release may run on."""
    try:
        with engine().connect() as connection:
            connection.execute(text("SELECT 1"))
        return outages.noted("database") or schema.lacks() or "ok"
    except DBAPIError as problem:
        return f"does not answer: {type(problem.orig).__name__}"
    except PoolExhausted:
        return "does not answer: every connection is in use"


def redis(client: Redis) -> str:
    """Whether it answers."""
    try:
        client.ping()
    except RedisError as problem:
        return f"does not answer: {type(problem).__name__}"
    return "ok"


def files() -> str:
    """Whether files can be kept: a folder of ours is tried, of a bucket counts what was seen lately."""
    if storage.is_folder():
        hindered = storage.hindered()
        return f"cannot be written: {hindered}" if hindered else "ok"
    return outages.noted("files") or "ok"
