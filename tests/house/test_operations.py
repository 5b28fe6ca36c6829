"""The commands of docs/operations.md do what the page says."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, select, text

from loumass.accounts import mail
from loumass.accounts.models import SystemMail
from loumass.config import Settings, psycopg_url
from loumass.core import migrating, secrets
from loumass.core.secrets import Unsealable, sealing_key_of
from loumass.core.tenancy import globally
from loumass.embedded import home
from loumass.embedded.postgresql import programs
from loumass.resealing import reseal
from tests.house.furnished import MARK, furnish
from tests.world import World

OPERATIONS = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text()


def documented(program: str) -> str:
    """The one line of the page that begins with `program`."""
    [line] = re.findall(rf"^{program} .*$", OPERATIONS, re.MULTILINE)
    return line


def run(command: str, url: str, folder: Path) -> None:
    plain = url.replace("postgresql+psycopg://", "postgresql://")
    path = f"{programs(home() / 'throwaway' / 'postgres')}{os.pathsep}/usr/bin{os.pathsep}/bin"
    done = subprocess.run(
        ["/bin/sh", "-ec", command], env={"PATH": path, "OWNER_DATABASE_URL": plain}, cwd=folder,
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


def contents(url: str) -> dict[str, list[str]]:
    """Every row of every table, as text."""
    engine = create_engine(psycopg_url(url))
    with engine.connect() as connection:
        relations = connection.execute(
            text(
                "SELECT relname, relkind FROM pg_class"
                " WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'S')"
            )
        ).all()
        found = {
            name: list(
                connection.scalars(
                    # Of a sequence only the number counts, not how many were fetched ahead.
                    text(
                        f"SELECT {'last_value' if kind == 'S' else 'ROW(t.*)'}::text FROM {name} AS t ORDER BY 1"
                    )
                )
            )
            for name, kind in relations
        }
    engine.dispose()
    return found


@pytest.fixture
def empty_database(urls: tuple[str, str]) -> Iterator[str]:
    """The URL of a database with nothing in it."""
    maintenance = create_engine(urls[0], isolation_level="AUTOCOMMIT")
    name = f"loumass_restored_{os.getpid()}"
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
        connection.execute(text(f"CREATE DATABASE {name}"))
    yield make_url(urls[0]).set(database=name).render_as_string(hide_password=False)
    with maintenance.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    maintenance.dispose()


def test_a_backup_holds_every_organization_and_comes_back_whole(
    world: World, database_url: str, empty_database: str, tmp_path: Path
) -> None:
    furnish(world.acme)
    furnish(world.globex)
    run(documented("pg_dump"), database_url, tmp_path)
    migrating.prepare_roles(empty_database)
    run(documented("pg_restore"), empty_database, tmp_path)
    migrating.migrate(empty_database)
    before, after = contents(database_url), contents(empty_database)
    assert sum(MARK in row for row in before["contact"]) == 4
    assert after == before


def test_a_restored_house_still_keeps_organizations_apart(
    world: World, database_url: str, empty_database: str, tmp_path: Path
) -> None:
    furnish(world.acme)
    run(documented("pg_dump"), database_url, tmp_path)
    migrating.prepare_roles(empty_database)
    run(documented("pg_restore"), empty_database, tmp_path)
    engine = create_engine(psycopg_url(empty_database), connect_args={"options": "-c role=loumass_app"})
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.acme.id})
        assert connection.scalar(text("SELECT count(*) FROM contact")) == 2
    engine.dispose()


@pytest.fixture
def two_keys(settings: Settings) -> Iterator[secrets.Keys]:
    """The installation as it stands after a new key was put first."""
    before = secrets.keys()
    rotated = secrets.Keys((("k2", bytes(range(32, 64))), *before.sealing), before.hashing, before.signing)
    yield rotated
    secrets._keys = before


def test_after_resealing_the_old_key_can_go(world: World, two_keys: secrets.Keys) -> None:
    house, other = furnish(world.acme), furnish(world.globex)
    with globally() as session:
        mail.keep("ben@acme.example", "Hello", "words", "<p>words</p>")
        session.commit()
    secrets._keys = two_keys
    assert reseal() == 5  # two channels each, and the letter
    assert reseal() == 0
    secrets._keys = secrets.Keys(two_keys.sealing[:1], two_keys.hashing, two_keys.signing)
    for tenant, ids in ((world.acme, house), (world.globex, other)):
        with tenant.acting() as session:
            sealed = session.scalar(
                text(
                    "SELECT sealed_credentials FROM channel WHERE organization_id = :organization_id AND id = :id"
                ),
                {"organization_id": tenant.id, "id": ids.channel},
            )
            assert sealing_key_of(sealed) == "k2"
            aad = secrets.associated_data("channel.sealed_credentials", tenant.id, ids.channel)
            assert b'"email"' in secrets.unseal(sealed, aad)
    with globally():
        [letter] = mail.claim()
    assert letter.text == "words"


def test_without_resealing_the_old_key_is_missed(world: World, two_keys: secrets.Keys) -> None:
    with globally() as session:
        mail.keep("ben@acme.example", "Hello", "words", "<p>words</p>")
        session.commit()
        sealed = session.scalars(select(SystemMail.sealed_text)).one()
    assert sealed is not None
    secrets._keys = secrets.Keys(two_keys.sealing[:1], two_keys.hashing, two_keys.signing)
    with globally(), pytest.raises(Unsealable):
        mail.claim()
