"""Roles and schema: what an owner does to a database before the application may work on it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, create_engine, text

from loumass.core.database import APP, BACKUP, MINIMUM_VERSION, OWNER, SYSTEM, connect

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class Unfit(Exception):
    """The server or the login cannot carry Loumass; the sentence says what it lacks."""


def prepare_roles(url: str) -> None:
    """Create the four roles of design §5 in the database at `url` and what they need of its schema. Repeatable.

    The login of `url` must be allowed to create roles. Raises Unfit.
    """
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        _refuse_old(connection)
        for role in (OWNER, APP, SYSTEM, BACKUP):
            _create_role(connection, role)
        # The owner hands functions to `system`, so it must be able to become it.
        for grant in (
            f"GRANT {OWNER}, {APP}, {BACKUP} TO CURRENT_USER",
            f"GRANT {SYSTEM} TO {OWNER}",
            f"GRANT CREATE, USAGE ON SCHEMA public TO {OWNER}, {SYSTEM}",
            f"GRANT USAGE ON SCHEMA public TO {APP}, {BACKUP}",
            # What a person may see where members see only their own (migrations/own.py).
            f"CREATE SCHEMA IF NOT EXISTS own AUTHORIZATION {OWNER}",
        ):
            connection.execute(text(grant))
    engine.dispose()


def migrate(url: str) -> str:
    """Bring the schema to the newest migration as the owner role; returns its revision."""
    engine = connect(url, role=OWNER, pool_size=1)
    with engine.connect() as connection:
        _refuse_old(connection)
        # Two releases that start at once: the second waits and then finds nothing to do.
        connection.execute(text("SELECT pg_advisory_lock(hashtext('loumass migrate'))"))
        connection.commit()
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        # Every process looks whether the schema is the one it needs (core/schema.py).
        connection.execute(text(f"GRANT SELECT ON alembic_version TO {APP}"))
        connection.commit()
    engine.dispose()
    return newest_revision()


def newest_revision() -> str:
    """The revision that this code expects."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    if head is None:
        raise RuntimeError("there are no migrations")
    return head


def knows(revision: str) -> bool:
    """Whether this code's migrations lead on from `revision`."""
    return any(one.revision == revision for one in ScriptDirectory.from_config(_config()).walk_revisions())


def revision_of(engine: Engine) -> str | None:
    """The revision that the database stands at; None before the first migration."""
    with engine.connect() as connection:
        if connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
            return None
        return connection.scalar(text("SELECT version_num FROM alembic_version"))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def _create_role(connection: Connection, role: str) -> None:
    if not connection.scalar(text("SELECT 1 FROM pg_roles WHERE rolname = :role"), {"role": role}):
        connection.execute(text(f"CREATE ROLE {role} LOGIN NOBYPASSRLS NOSUPERUSER"))


def _refuse_old(connection: Connection) -> None:
    version = int(connection.scalar(text("SHOW server_version_num")) or 0)
    if version < MINIMUM_VERSION:
        raise Unfit(f"This is PostgreSQL {version // 10000}; Loumass needs 18 or newer.")
