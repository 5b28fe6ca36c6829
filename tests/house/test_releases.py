"""Old and new code side by side: migrations only add, and no code runs on a schema that is older than itself."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic import command
from alembic.script import Script, ScriptDirectory
from redis import Redis
from sqlalchemy import Engine, create_engine, make_url, select, text

from loumass.config import Settings, psycopg_url
from loumass.contacts.models import Contact
from loumass.core import agenda, clock, database, jobs, migrating, schema
from loumass.ticker import tick
from tests.conftest import KEY
from tests.house.schema_shape import Shape, shape_of, taken_away
from tests.waiting import until
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]
PERSON = {"first_name": "Nadia", "last_name": "Petrov", "email": "nadia@lakeside.example"}


def revisions() -> list[Script]:
    """Every migration, the first one first."""
    return list(ScriptDirectory.from_config(migrating._config()).walk_revisions())[::-1]


@contextmanager
def new_database(maintenance_url: str, name: str) -> Iterator[str]:
    """The URL of a database of ours."""
    maintenance = create_engine(maintenance_url, isolation_level="AUTOCOMMIT")
    name = f"loumass_{name}_{os.getpid()}"
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(maintenance_url).set(database=name).render_as_string(hide_password=False)
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


def migrate_to(url: str, revision: str) -> None:
    """As `migrate`, but not to the newest."""
    engine = database.connect(url, role=database.OWNER, pool_size=1)
    config = migrating._config()
    with engine.connect() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        connection.commit()
    engine.dispose()


@pytest.fixture
def superuser(database_url: str) -> Iterator[Engine]:
    """Who may try a migration on the migrated database, and take it back."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def own_database(urls: tuple[str, str]) -> Iterator[Engine]:
    """A migrated database that may be spoiled, for the superuser."""
    with new_database(urls[0], "newer") as url:
        migrating.prepare_roles(url)
        migrating.migrate(url)
        engine = create_engine(psycopg_url(url))
        yield engine
        engine.dispose()


def test_files_are_numbered_as_their_revisions_and_follow_each_other() -> None:
    found = [
        (re.match(r"(\d{4})_\w+\.py$", Path(one.path).name), one.revision, one.down_revision)
        for one in revisions()
    ]
    before = None
    for match, revision, down in found:
        assert match is not None
        assert (match.group(1), down) == (revision, before)
        before = revision
    assert schema.newest() == before == migrating.newest_revision()


def test_every_migration_after_the_first_only_adds(urls: tuple[str, str]) -> None:
    with new_database(urls[0], "step_by_step") as url:
        migrating.prepare_roles(url)
        engine = create_engine(psycopg_url(url))
        before: Shape | None = None
        for one in revisions():
            migrate_to(url, one.revision)
            with engine.connect() as connection:
                after = shape_of(connection)
            assert before is None or taken_away(before, after) == [], (
                f"{one.path} hinders the release before it"
            )
            before = after
        engine.dispose()
        assert before is not None
        assert "contact" in before.tables


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("ALTER TABLE contact DROP COLUMN city", "column contact.city is gone"),
        ("ALTER TABLE contact RENAME COLUMN city TO town", "column contact.city is gone"),
        (
            "ALTER TABLE draft DROP CONSTRAINT ck_draft_kind, ADD CONSTRAINT ck_draft_kind CHECK (kind IN ('email', 'sms', 'fax'))",
            "constraint draft.ck_draft_kind became CHECK ((kind = ANY (ARRAY['email'::text, 'sms'::text, 'fax'::text])))",
        ),
        ("DROP TABLE draft CASCADE", "column draft.text is gone"),
        ("ALTER TABLE contact ALTER COLUMN city TYPE varchar(20)", "column contact.city became character varying(20) NOT NULL DEFAULT ''::text"),
        ("ALTER TABLE contact ALTER COLUMN email SET NOT NULL", "column contact.email became text NOT NULL"),
        ("ALTER TABLE contact ADD COLUMN rank integer NOT NULL", "column contact.rank must be filled"),
        ("ALTER TABLE contact ADD CONSTRAINT short CHECK (length(city) < 20)", "constraint contact.short is new"),
        ("ALTER TABLE contact ADD CONSTRAINT home FOREIGN KEY (organization_id, id) REFERENCES tag (organization_id, id)", "constraint contact.home is new"),
        ("CREATE UNIQUE INDEX one_phone ON contact (organization_id, phone)", "unique index contact.one_phone is new"),
        ("DROP FUNCTION due_agenda(timestamptz, integer)", "function due_agenda(timestamp with time zone,integer) is gone"),
        ("REVOKE DELETE ON draft FROM loumass_app", "right draft.loumass_app DELETE is gone"),
        ("DROP POLICY organization ON contact", "policy contact.organization is gone"),
        (
            "CREATE POLICY fewer ON contact AS RESTRICTIVE TO loumass_app USING (archived_at IS NULL)",
            "policy contact.fewer restricts",
        ),
        (
            "CREATE TRIGGER nosy BEFORE UPDATE ON contact FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
            "trigger contact.nosy is new",
        ),
    ],
)  # fmt: skip
def test_a_migration_that_takes_away_is_found_out(superuser: Engine, statement: str, sentence: str) -> None:
    assert sentence in changes(superuser, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE contact ADD COLUMN nickname text",
        "ALTER TABLE contact ADD COLUMN best_tag_id uuid, ADD FOREIGN KEY (organization_id, best_tag_id) REFERENCES tag (organization_id, id)",
        "ALTER TABLE contact ADD COLUMN is_vip boolean NOT NULL DEFAULT false",
        "ALTER TABLE contact ADD COLUMN code text; CREATE UNIQUE INDEX one_code ON contact (organization_id, code) WHERE code <> ''",
        "ALTER TABLE draft DROP CONSTRAINT ck_draft_kind, ADD CONSTRAINT ck_draft_kind CHECK (kind IN ('email', 'sms', 'note', 'forward', 'voicemail', 'fax'))",
        "ALTER TABLE contact ALTER COLUMN first_name DROP NOT NULL",
        "CREATE TABLE badge (id uuid PRIMARY KEY, name text NOT NULL UNIQUE CHECK (name <> ''))",
        "CREATE INDEX ix_contact_city ON contact (organization_id, city)",
        "CREATE FUNCTION more() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
        "GRANT SELECT ON periodic_run TO loumass_backup",
    ],
)
def test_a_migration_that_adds_is_let_through(superuser: Engine, statement: str) -> None:
    assert changes(superuser, statement) == []


def changes(engine: Engine, statement: str) -> list[str]:
    """What `statement` takes away."""
    with engine.connect() as connection:
        connection.execute(
            text("TRUNCATE contact CASCADE")
        )  # taken back with the rest: other tests left people there
        # Views of all columns, made anew after each migration.
        connection.execute(text("DROP SCHEMA own CASCADE"))
        before = shape_of(connection)
        connection.execute(text(statement))
        after = shape_of(connection)
        connection.rollback()
    return taken_away(before, after)


def environment(settings: Settings, url: str) -> dict[str, str]:
    return {
        "ENVIRONMENT": "test", "PATH": "/usr/bin:/bin", "DATABASE_URL": url, "REDIS_URL": settings.redis_url,
        "SECRET_KEY": settings.secret_key, "SEALING_KEYS": f"test:{KEY}", "HASH_KEY": KEY,
        "STORAGE_URL": settings.storage_url, "LOG_LEVEL": "info",
    }  # fmt: skip


@pytest.fixture
def older(urls: tuple[str, str]) -> Iterator[str]:
    """The URL of a database at the schema of the release before: of the first release, an empty one."""
    with new_database(urls[0], "older") as url:
        migrating.prepare_roles(url)
        if len(revisions()) > 1:
            migrate_to(url, revisions()[-2].revision)
        yield url


def test_new_code_does_not_work_on_the_schema_before_it_and_begins_by_itself_once_it_is_there(
    world: World, older: str
) -> None:
    before = database.engine()
    database.use(database.connect(psycopg_url(older)))
    try:
        page = world.stranger().get("/login")
        assert page.status_code == 503
        assert "Loumass is being brought up to date. Nothing was changed." in page.text
        assert page.headers["Retry-After"] == "30"
        told = world.stranger().get("/health")
        assert told.status_code == 503
        assert f"this release needs {schema.newest()}: run `flask --app wsgi migrate`" in told.text
        migrating.migrate(older)
        assert world.stranger().get("/login").status_code == 200
        assert "migrate" not in world.stranger().get("/health").text
    finally:
        database.engine().dispose()
        database.use(before)


@pytest.mark.parametrize("process", [["worker.py", "bulk"], ["-m", "flask", "--app", "wsgi", "clock"]])
def test_workers_and_the_clock_wait_for_their_schema(
    settings: Settings, older: str, tmp_path: Path, process: list[str]
) -> None:
    said = tmp_path / "said"
    with said.open("wb") as log:
        running = subprocess.Popen(
            [sys.executable, *process], env=environment(settings, older), cwd=ROOT, stdout=log, stderr=log
        )
    try:
        until(
            lambda: f"this release needs {schema.newest()}" in said.read_text(), "it says what it waits for"
        )
        migrating.migrate(older)
        if process[0] == "worker.py":
            redis = Redis.from_url(settings.redis_url)
            until(lambda: _listens(redis), "the worker listens to its queue")
        else:
            until(lambda: _ticks(older), "the clock ticks")
        assert running.poll() is None
    finally:
        running.send_signal(signal.SIGTERM)
        assert running.wait(60) == 0


def _listens(redis: Redis) -> bool:
    """Whether the worker waits for work: from then on it ends when it is asked to."""
    workers = redis.smembers("rq:workers:bulk")
    return any(redis.hget(worker, "state") == b"idle" for worker in workers)


def _ticks(url: str) -> bool:
    engine = create_engine(psycopg_url(url))
    with engine.connect() as connection:
        ticked = connection.scalar(text("SELECT count(*) FROM periodic_run WHERE name = 'tick'"))
    engine.dispose()
    return bool(ticked)


def test_old_code_works_on_a_newer_schema(world: World, own_database: Engine) -> None:
    """What the next release may do to the database while this one still runs."""
    later = f"{int(schema.newest()) + 1:04}"
    with own_database.begin() as connection:
        for statement in (
            "ALTER TABLE contact ADD COLUMN nickname text",
            "ALTER TABLE contact ADD COLUMN is_vip boolean NOT NULL DEFAULT false",
            "CREATE TABLE badge (id uuid PRIMARY KEY)",
            f"UPDATE alembic_version SET version_num = '{later}'",
        ):
            connection.execute(text(statement))
    before = database.engine()
    database.use(database.connect(own_database.url.render_as_string(hide_password=False)))
    try:
        world.build(own_database)
        assert world.acme.member.post("/contacts/new", PERSON).status_code == 303
        with world.acme.acting() as session:
            assert session.scalars(select(Contact.email)).all() == ["nadia@lakeside.example"]
        assert world.acme.member.get("/contacts").status_code == 200
    finally:
        database.engine().dispose()
        database.use(before)


def test_jobs_of_a_newer_release_wait_for_workers_that_know_them(world: World) -> None:
    with world.acme.acting() as session:
        agenda.wake_all([agenda.Wake("helpdesk.escalate", ("x",), clock.now())])
        session.commit()
    with database.engine().connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        tick(connection)
    assert not [ring for ring in world.bell.rings if ring.job == "helpdesk.escalate"]
    jobs.run("helpdesk.escalate", str(world.acme.id), '["x"]')
    with world.acme.acting() as session:
        left = session.scalars(
            text("SELECT job FROM agenda WHERE organization_id = :id"), {"id": world.acme.id}
        ).all()
    assert "helpdesk.escalate" in left
