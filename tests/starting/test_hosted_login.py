"""A host that hands out one login: no superuser, may create roles, owns its database (Render, RDS, Cloud SQL)."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from loumass import embedded
from loumass.starting.keys import fresh_keys

CHECKOUT = Path(__file__).parents[2]


@pytest.fixture
def servers(folder: Path):
    with (
        embedded.postgres(folder / "postgres", throwaway=True) as postgres,
        embedded.redis(folder / "redis", throwaway=True) as redis,
    ):
        yield postgres.url, redis.url


def login(url: str, name: str, rights: str) -> str:
    """A new login with a database of its own; its address."""
    with psycopg.connect(url, autocommit=True) as connection:
        who = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE ROLE {} LOGIN NOSUPERUSER " + rights).format(who))  # pyright: ignore[reportArgumentType]
        connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(who, who))
    return url.replace("postgres@/postgres", f"{name}@/{name}")


def run(*command: str, **env: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}/usr/bin:/bin"
    return subprocess.run(
        command, cwd=CHECKOUT, env={"PATH": path, "ENVIRONMENT": "production", **fresh_keys(), **env},
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip


def installation(servers: tuple[str, str], database_url: str, folder: Path) -> dict[str, str]:
    return {
        "DATABASE_URL": database_url, "REDIS_URL": servers[1], "PUBLIC_URL": "https://loumass.example",
        "STORAGE_URL": f"file://{folder / 'files'}",
    }  # fmt: skip


def flask(*words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return run(sys.executable, "-m", "flask", "--app", "wsgi", *words, **env)


def test_one_login_that_may_create_roles_is_enough(servers: tuple[str, str], folder: Path) -> None:
    """The release commands, both once more, then the demo organization through the application's own role."""
    env = installation(servers, login(servers[0], "hosted", "CREATEROLE"), folder)
    for words in ("db-roles", "migrate", "prepare"):
        done = flask(words, **env)
        assert (done.returncode, done.stderr) == (0, ""), words
    with psycopg.connect(env["DATABASE_URL"], options="-c role=loumass_app") as connection:
        assert connection.execute("SELECT count(*) FROM contact").fetchone() == (0,)
        assert connection.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = session_user"
        ).fetchone() == (False,)


def test_a_login_that_may_not_create_roles_is_told_so_in_one_sentence(
    servers: tuple[str, str], folder: Path
) -> None:
    done = flask("db-roles", **installation(servers, login(servers[0], "poor", ""), folder))
    assert done.returncode == 1
    assert "CREATEROLE" in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"DATABASE_URL": "postgresql://nobody:hush@127.0.0.1:1/nothing"}, "PostgreSQL does not let us in"),
        ({"REDIS_URL": "redis://:hush@127.0.0.1:1/0"}, "Redis does not answer"),
    ],
)
def test_a_server_of_ones_own_that_does_not_answer_is_one_sentence(
    servers: tuple[str, str], folder: Path, wrong: dict[str, str], said: str
) -> None:
    done = flask("prepare", **installation(servers, servers[0], folder) | wrong)
    assert done.returncode == 1
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert "hush" not in done.stderr


@pytest.mark.parametrize(
    ("command", "secret"),
    [
        (("gunicorn", "--config", "gunicorn.conf.py", "wsgi:app"), {"SECRET_KEY": ""}),
        (("python", "worker.py", "deliver"), {"SECRET_KEY": "changeme"}),
        (("flask", "--app", "wsgi", "clock"), {"SEALING_KEYS": ""}),
        (("flask", "--app", "wsgi", "migrate"), {"HASH_KEY": "AAAA"}),
    ],
    ids=["web", "worker", "clock", "release"],
)
def test_production_refuses_to_start_without_real_secrets(
    command: tuple[str, ...], secret: dict[str, str]
) -> None:
    env = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing", "REDIS_URL": "redis://127.0.0.1:1",
        "PUBLIC_URL": "https://loumass.example",
    }  # fmt: skip
    done = run(*command, **env | secret)
    assert done.returncode == 1
    [name] = secret
    assert done.stderr.startswith(name)
    assert len(done.stderr.splitlines()) == 1
