"""The commands of docs/operations.md do what the page says."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import create_engine, make_url, select, text

from loumass.accounts import mail
from loumass.accounts.models import SystemMail
from loumass.backups import Unfitting, back_up, restore
from loumass.backups.programs import _address
from loumass.config import Settings, psycopg_url
from loumass.contacts.models import Contact
from loumass.core import secrets, storage
from loumass.core.secrets import Unsealable, sealing_key_of
from loumass.core.tenancy import globally
from loumass.models import metadata
from loumass.resealing import reseal
from tests.conftest import KEY
from tests.house.furnished import MARK, furnish
from tests.house.schema_shape import Shape, shape_of
from tests.world import World

ROOT = Path(__file__).resolve().parents[2]


def ours(settings: Settings, files: Path, url: str, *command: object) -> str:
    """What `flask --app wsgi <command>` says on an installation of the same keys with other files and database."""
    files.mkdir(exist_ok=True)
    environment = {
        "ENVIRONMENT": "test", "PATH": "/usr/bin:/bin", "DATABASE_URL": url, "REDIS_URL": settings.redis_url,
        "SECRET_KEY": "a test installation signs with this", "SEALING_KEYS": f"test:{KEY}", "HASH_KEY": KEY,
        "STORAGE_URL": f"file://{files}", "LOG_LEVEL": "warning",
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "flask", "--app", "wsgi", *map(str, command)], env=environment, cwd=ROOT,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


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


def shape(url: str) -> Shape:
    """The schema that stands at `url`."""
    engine = create_engine(psycopg_url(url))
    with engine.connect() as connection:
        found = shape_of(connection)
    engine.dispose()
    return found


def kept_files(folder: Path) -> dict[str, bytes]:
    """Key -> bytes of every file in `folder`."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }


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
    world: World, database_url: str, empty_database: str, tmp_path: Path, settings: Settings
) -> None:
    furnish(world.acme)
    furnish(world.globex)
    with world.acme.acting():
        kept = storage.store(io.BytesIO(b"a brochure"), limit=100)
    made = back_up(settings, tmp_path / "backup")
    assert ours(
        settings,
        tmp_path / "restored",
        empty_database,
        "restore",
        tmp_path / "backup",
        "--nothing-sent-since",
    )
    before, after = contents(database_url), contents(empty_database)
    for tenant in (world.acme, world.globex):
        assert any(MARK in row and str(tenant.id) in row for row in before["contact"])
    assert set(metadata.tables) <= set(before)
    assert after == before
    assert shape(empty_database) == shape(database_url), "rights, policies, keys or functions got lost"
    files = kept_files(Path(settings.storage_url.removeprefix("file://")))
    assert files[kept.key] == b"a brochure"
    assert made.files == len(files)
    assert kept_files(tmp_path / "restored") == files


def test_what_is_restored_sends_nothing_before_somebody_looked(
    world: World, empty_database: str, tmp_path: Path, settings: Settings
) -> None:
    furnish(world.acme)
    back_up(settings, tmp_path / "backup")
    said = ours(settings, tmp_path / "restored", empty_database, "restore", tmp_path / "backup")
    assert "paused until somebody resumes them" in said
    engine = create_engine(psycopg_url(empty_database))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM channel WHERE state = 'active'")) == 0
        assert connection.scalar(text("SELECT count(*) FROM campaign WHERE state = 'running'")) == 0
        assert connection.scalar(
            text(
                "SELECT count(*) FROM channel WHERE state_reason LIKE 'Paused by a restore: this is the backup of %'"
            )
        )
    engine.dispose()


def test_a_backup_is_not_restored_over_anything(
    world: World, database_url: str, tmp_path: Path, settings: Settings
) -> None:
    made = back_up(settings, tmp_path / "backup")
    before = contents(database_url)
    for broken, why in (
        ({}, "The database is not empty"),
        ({"sealing_keys": ["test", "k7"]}, "SEALING_KEYS lacks k7"),
        ({"hash_key": "0" * 16}, "HASH_KEY is not the one of the backup"),
        ({"schema": "9999"}, "which this release does not know"),
    ):
        replace(made, **broken).write(tmp_path / "backup")
        with pytest.raises(Unfitting, match=why):
            restore(settings, tmp_path / "backup", nothing_sent_since=True)
    assert contents(database_url) == before


def test_a_backup_that_cannot_be_finished_says_why_and_leaves_none(
    world: World, tmp_path: Path, settings: Settings
) -> None:
    with world.acme.acting():
        storage.store(io.BytesIO(b"a brochure"), limit=100)
    for folder, why in (
        (tmp_path / "backup", "storage does not answer"),
        (tmp_path / "a file" / "backup", "cannot be made"),
    ):
        (tmp_path / "a file").write_text("a file stands where the folder should be")
        storage.use(f"file://{tmp_path}/a file/files")
        try:
            with world.app.app_context():
                done = world.app.test_cli_runner().invoke(args=["backup", str(folder)])
        finally:
            storage.use(settings.storage_url)
        assert done.exit_code == 1
        assert why in done.output
        assert not folder.exists()


def test_a_backup_that_is_none_or_damaged_is_told_in_a_sentence(tmp_path: Path, settings: Settings) -> None:
    (tmp_path / "backup.json").write_text("{}")
    with pytest.raises(Unfitting, match=r"backup\.json is damaged"):
        restore(settings, tmp_path, nothing_sent_since=True)
    with pytest.raises(Unfitting, match="holds no backup"):
        restore(settings, tmp_path / "nowhere", nothing_sent_since=True)
    with pytest.raises(Unfitting, match="exists already"):
        back_up(settings, tmp_path)


def test_a_password_with_colons_reaches_the_server_but_no_command_line(tmp_path: Path) -> None:
    with _address("postgresql+psycopg://maya:a%3Ab%5Cc@db.example:5432/loumass") as address:
        assert "a:b" not in address
        assert "a%3Ab" not in address
        [name] = parse_qs(urlsplit(address).query)["passfile"]
        assert Path(name).read_text() == "*:*:*:*:a\\:b\\\\c\n"
        assert Path(name).stat().st_mode & 0o077 == 0


def test_a_restored_house_still_keeps_organizations_apart(
    world: World, empty_database: str, tmp_path: Path, settings: Settings
) -> None:
    furnish(world.acme)
    back_up(settings, tmp_path / "backup")
    assert ours(settings, tmp_path / "restored", empty_database, "restore", tmp_path / "backup")
    with world.acme.acting() as session:
        people = len(session.scalars(select(Contact)).all())
    engine = create_engine(psycopg_url(empty_database), connect_args={"options": "-c role=loumass_app"})
    with engine.begin() as connection:
        assert connection.scalar(text("SELECT count(*) FROM contact")) == 0
        connection.execute(text("SELECT enter(:id, NULL)"), {"id": world.acme.id})
        assert connection.scalar(text("SELECT count(*) FROM contact")) == people > 0
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
    # Three channels, the voices, an application, two keys of webhooks, a judge, an authenticator and an answer of the API each, and the letter.
    assert reseal() == 21
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
