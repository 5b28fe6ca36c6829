"""One server for everybody, a database per worker cloned from a migrated template, one world per test."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import hypothesis
import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Engine, TextClause, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from loumass import embedded
from loumass.app import create_app
from loumass.config import Settings, psycopg_url
from loumass.core import clock, database, jobs, migrating
from loumass.embedded.keyvalue import DATABASES
from loumass.messages import hits_keeping
from tests.browser import NO_CHROMIUM
from tests.house.statements import before_cursor_execute
from tests.world import World

# No test fails on a clock: a busy machine makes examples slow, not wrong.
hypothesis.settings.register_profile(
    "house", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")
ROOT = Path(__file__).resolve().parents[1]
KEY = base64.b64encode(bytes(range(32))).decode()
MOST_DEADLOCKS = 5
#: So many bytes are deleted quicker than all files are made anew.
MOST_DELETED = 4 * 2**20


def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: servers and browsers keep a test waiting half of its time."""
    return (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, and before them what must stay together: begun last, it would keep a processor waiting."""
    items.sort(key=lambda item: [item.get_closest_marker(name) is None for name in ("xdist_group", "slow")])


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says loudly that nobody looked at the pages: a skip among thousands of dots is read by nobody."""
    skipped = [one for one in terminalreporter.stats.get("skipped", []) if NO_CHROMIUM in str(one.longrepr)]
    if skipped:
        terminalreporter.section(f"{len(skipped)} BROWSER TESTS WERE SKIPPED", sep="!", red=True, bold=True)
        terminalreporter.line(NO_CHROMIUM, red=True)


def _server_urls() -> tuple[str, str]:
    home = embedded.home() / "throwaway"
    servers.extend(
        (
            embedded.postgres(home / "postgres", throwaway=True),
            embedded.redis(home / "keyvalue", throwaway=True),
        )
    )
    # Queues and bells of another process that tests at the same time are none of ours.
    return psycopg_url(servers[0].url), f"{servers[1].url}?db={os.getpid() % DATABASES}"


servers: list[embedded.Running] = []


@pytest.fixture(scope="session")
def urls() -> Iterator[tuple[str, str]]:
    """The maintenance URL of PostgreSQL and the URL of Redis."""
    if os.environ.get("TEST_DATABASE_URL"):
        yield psycopg_url(os.environ["TEST_DATABASE_URL"]), os.environ["TEST_REDIS_URL"]
        return
    yield _server_urls()
    for server in servers:
        server.close()


@pytest.fixture(scope="session")
def database_url(urls: tuple[str, str]) -> Iterator[str]:
    """A database of this worker's own, cloned from the migrated template."""
    maintenance = create_engine(urls[0], isolation_level="AUTOCOMMIT")
    name = f"loumass_test_{os.getpid()}"
    with maintenance.connect() as connection:
        template = _template(urls[0], connection)
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY"))
    yield make_url(urls[0]).set(database=name).render_as_string(hide_password=False)
    if database._engine is not None:
        database._engine.dispose()
    _sweeper.cache_clear()
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    maintenance.dispose()


def _template(url: str, connection: Connection) -> str:
    """The name of a migrated database that is cloned, made once per state of the schema."""
    name = f"loumass_template_{_schema_digest()}"
    connection.execute(text("SELECT pg_advisory_lock(hashtext('loumass template'))"))
    try:
        if not connection.scalar(text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}):
            connection.execute(text(f"DROP DATABASE IF EXISTS {name}_new WITH (FORCE)"))
            connection.execute(text(f"CREATE DATABASE {name}_new"))
            fresh = make_url(url).set(database=f"{name}_new").render_as_string(hide_password=False)
            migrating.prepare_roles(fresh)
            migrating.migrate(fresh)
            connection.execute(text(f"ALTER DATABASE {name}_new RENAME TO {name}"))
    finally:
        connection.execute(text("SELECT pg_advisory_unlock(hashtext('loumass template'))"))
    return name


def _schema_digest() -> str:
    digest = hashlib.sha256()
    for path in sorted(
        [
            *ROOT.glob("migrations/**/*.py"),
            *ROOT.glob("migrations/**/*.sql"),
            *ROOT.glob("loumass/*/models.py"),
            *ROOT.glob("loumass/core/*.py"),
        ]
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


@pytest.fixture(scope="session")
def settings(database_url: str, urls: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of a test installation."""
    return Settings.from_env(
        {
            "ENVIRONMENT": "test",
            "DATABASE_URL": database_url,
            "REDIS_URL": urls[1],
            "SECRET_KEY": "a test installation signs with this",
            "SEALING_KEYS": f"test:{KEY}",
            "HASH_KEY": KEY,
            "PUBLIC_URL": "https://loumass.example",
            "STORAGE_URL": f"file://{tmp_path_factory.mktemp('files')}",
            "SANDBOX_SPEED": "1",
            # Whoever starts no fake dials nobody: what is inside the house is refused.
            "SLYBROADCAST_API_URL": "http://127.0.0.1:9",
            "ELEVENLABS_API_URL": "http://127.0.0.1:9",
            "LOG_LEVEL": "warning",
        }
    )


@pytest.fixture(scope="session")
def app(settings: Settings) -> Iterator[Flask]:
    """The application, on this worker's database."""
    app = create_app(settings)
    app.config.update(
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False,
        SERVER_NAME="loumass.example",
        PREFERRED_URL_SCHEME="https",
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    event.listen(database.engine(), "before_cursor_execute", before_cursor_execute)
    # A busy machine keeps visitors waiting; whether they are let go in time is asked where it is meant.
    hits_keeping.PATIENCE = 60.0
    yield app
    app.extensions["loumass.hub"].close()


@pytest.fixture
def world(app: Flask, database_url: str) -> Iterator[World]:
    """Acme and Globex, freshly made in an empty database, with the clock in our hands."""
    _empty(database_url)
    app.extensions["loumass.hits_door"].forget()
    world = World(app)
    jobs.use(world.bell)
    with clock.moved_to(world.begins_at):
        world.build()
        yield world
    world.end()


def _empty(url: str) -> None:
    """Delete every row. TRUNCATE makes every file of eighty tables anew: after most tests there is little to delete."""
    with _sweeper(url).connect() as connection:
        filled = _filled(connection)
        for _ in range(MOST_DEADLOCKS):
            try:
                _delete(connection, filled)
                break
            except OperationalError as problem:
                # A page that a browser asked for at the end of the last test may still be being made.
                if not isinstance(problem.orig, DeadlockDetected):
                    raise
        else:
            raise AssertionError("somebody holds the tables of the test before")
        connection.execute(_SEQUENCES_BEGIN_ANEW)


@cache
def _sweeper(url: str) -> Engine:
    """One connection that stays: what it asks before every test is planned once."""
    return create_engine(url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)


_SEQUENCES_BEGIN_ANEW = text("""
    SELECT setval(format('%I.%I', schemaname, sequencename)::regclass, start_value, false) FROM pg_sequences
    WHERE schemaname = 'public' AND last_value IS NOT NULL
""")


def _filled(connection: Connection) -> dict[str, int]:
    """Tables with rows, and how many bytes they hold."""
    return {name: int(size) for name, size in connection.execute(_asking(connection.engine))}


@cache
def _asking(engine: Engine) -> TextClause:
    with engine.connect() as connection:
        tables = connection.scalars(
            text(
                "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
                " AND NOT relispartition AND relname <> 'alembic_version'"
            )
        ).all()
    asked = (
        f"SELECT '{name}', pg_relation_size('{name}')"
        f" + coalesce((SELECT sum(pg_relation_size(relid)) FROM pg_partition_tree('{name}')), 0)"
        f" WHERE EXISTS (SELECT 1 FROM {name})"
        for name in tables
    )
    return text(" UNION ALL ".join(asked))


def _delete(connection: Connection, filled: Mapping[str, int]) -> None:
    if not filled:
        return
    names = ", ".join(filled)
    if sum(filled.values()) > MOST_DELETED:
        connection.execute(text(f"TRUNCATE {names} CASCADE"))
        return
    # The superuser's rows of all tables go, in any order.
    connection.execute(text("SET session_replication_role = replica"))
    for name in filled:
        connection.execute(text(f"DELETE FROM {name}"))
    connection.execute(text("SET session_replication_role = origin"))
    connection.execute(text(f"VACUUM {names}"))
