"""One server for everybody, a database per worker cloned from a migrated template, one world per test."""

from __future__ import annotations

import base64
import gc
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from flask import Flask
from jinja2 import FileSystemBytecodeCache
from psycopg.errors import DeadlockDetected
from sqlalchemy import Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError

from loumass import embedded
from loumass.app import create_app
from loumass.config import Settings, psycopg_url
from loumass.core import clock, database, jobs, migrating
from loumass.embedded.keyvalue import DATABASES
from loumass.messages import hits_keeping
from tests.browser import NO_CHROMIUM
from tests.compiled import compile_all
from tests.house.statements import watch
from tests.scheduling import HousesTogether, unit_of
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
#: So many bytes of a table may be of rows that have gone: whoever reads it does not notice.
MOST_LEFT = 8 * 8192


#: Thousands of tests are collected; nothing of them ever goes, and walking through all of it finds nothing.
gc.disable()


def pytest_collection_finish() -> None:
    """From here on there is something to collect, and what was loaded until now is not walked through each time."""
    gc.freeze()
    # Most of what a test leaves goes by itself: looking for the rest after each seven hundred objects finds little more.
    gc.set_threshold(50_000, 20, 50)
    gc.enable()


def pytest_xdist_auto_num_workers() -> int:
    """Two more than processors: servers and browsers keep a test waiting half of its time."""
    return (os.cpu_count() or 1) + 2


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> HousesTogether:
    return HousesTogether(config, log)


def pytest_xdist_setupnodes(config: pytest.Config) -> None:
    compile_all(config)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, and before them what stays together: begun last, it would keep a processor waiting."""
    items.sort(
        key=lambda item: (unit_of(item.nodeid) == item.nodeid, item.get_closest_marker("slow") is None)
    )


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
            "API_ORIGINS": "https://app.example",
            # Tests that count say so: others send a hundred requests in a moment.
            "API_READS_PER_MINUTE": "1000000",
            "API_WRITES_PER_MINUTE": "1000000",
        }
    )


@pytest.fixture(scope="session")
def app(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """The application, on this worker's database."""
    app = create_app(settings)
    app.jinja_env.bytecode_cache = FileSystemBytecodeCache(str(_shared(tmp_path_factory, "templates")))
    app.config.update(
        TESTING=True,
        WTF_CSRF_ENABLED=False,
        RATELIMIT_ENABLED=False,
        SERVER_NAME="loumass.example",
        PREFERRED_URL_SCHEME="https",
    )
    app.config["PROPAGATE_EXCEPTIONS"] = False
    watch(database.engine())
    # A busy machine keeps visitors waiting; whether they are let go in time is asked where it is meant.
    hits_keeping.PATIENCE = 60.0
    yield app
    app.extensions["loumass.hub"].close()


def _shared(folders: pytest.TempPathFactory, name: str) -> Path:
    """A folder of this run for all workers: what one has compiled, the others read."""
    base = folders.getbasetemp()
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / name
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def world(app: Flask, sweeper: Engine) -> Iterator[World]:
    """Acme and Globex, freshly made in an empty database, with the clock in our hands."""
    empty(sweeper)
    app.extensions["loumass.hits_door"].forget()
    world = World(app)
    jobs.use(world.bell)
    with clock.moved_to(world.begins_at):
        world.build(sweeper)
        yield world
    world.end()


def empty(sweeper: Engine) -> None:
    """Delete every row. TRUNCATE makes every file of eighty tables anew: after most tests there is little to delete."""
    for _ in range(MOST_DEADLOCKS):
        try:
            with sweeper.connect() as connection:
                if untidy := connection.scalar(_EMPTY):
                    connection.execute(text(f"VACUUM (SKIP_DATABASE_STATS) {untidy}"))
            return
        except OperationalError as problem:
            # A page that a browser asked for at the end of the last test may still be being made.
            if not isinstance(problem.orig, DeadlockDetected):
                raise
    raise AssertionError("somebody holds the tables of the test before")


@pytest.fixture(scope="session")
def sweeper(database_url: str) -> Iterator[Engine]:
    """The superuser's one connection that stays: what it does before every test is planned once."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT", pool_size=1, pool_pre_ping=True)
    event.listen(engine, "connect", _learn_to_empty)
    yield engine
    engine.dispose()


_EMPTY = text("SELECT pg_temp.empty_every_table()")
_SEQUENCES = "SELECT format('%I', sequencename), start_value FROM pg_sequences WHERE schemaname = 'public'"
_TABLES = """
    SELECT c.oid::regclass::text, array_agg(coalesce(leaf.relid, c.oid)::regclass::text)
    FROM pg_class c LEFT JOIN LATERAL pg_partition_tree(c.oid) leaf ON leaf.isleaf
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND c.relname <> 'alembic_version'
    GROUP BY c.oid
"""


def _learn_to_empty(connection: Any, _: object) -> None:
    """A function of the connection's own: deletes every row, lets sequences begin anew, names tables with much to tidy."""
    with connection.cursor() as cursor:
        tables = cursor.execute(_TABLES).fetchall()
        look = "".join(
            f"IF EXISTS (SELECT FROM {table}) THEN filled := filled || '{table}'::text;"
            f" bytes := (SELECT sum(pg_relation_size(leaf)) FROM unnest('{{{','.join(leaves)}}}'::regclass[]) leaf);"
            f" size := size + bytes; IF bytes > {MOST_LEFT} THEN large := large || '{table}'::text; END IF; END IF;\n"
            for table, leaves in tables
        )
        delete = "".join(
            f"IF '{table}' = ANY (filled) THEN DELETE FROM {table}; END IF;\n" for table, _ in tables
        )
        begin = "".join(
            f"PERFORM setval('{name}', {start}, false);\n"
            for name, start in cursor.execute(_SEQUENCES).fetchall()
        )
        # Rows of all tables go in any order. Said once: whenever it changes, every plan is made anew.
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(f"""
            CREATE FUNCTION pg_temp.empty_every_table() RETURNS text LANGUAGE plpgsql AS $$
            DECLARE filled text[] := '{{}}'; large text[] := '{{}}'; bytes bigint; size bigint := 0;
            BEGIN
                {look}
                IF size > {MOST_DELETED} THEN
                    EXECUTE 'TRUNCATE ' || array_to_string(filled, ', ') || ' CASCADE';
                ELSE
                    {delete}
                END IF;
                {begin}
                RETURN array_to_string(large, ', ');
            END $$
        """)
