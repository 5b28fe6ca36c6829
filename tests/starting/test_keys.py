"""Secrets of a development machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from loumass.config import Settings
from loumass.embedded import Broken
from loumass.starting.keys import development_keys

SERVERS = {"DATABASE_URL": "postgresql://localhost/none", "REDIS_URL": "redis://localhost"}


def test_they_are_made_once_and_private(tmp_path: Path) -> None:
    first = development_keys(tmp_path / "secrets.env")
    assert development_keys(tmp_path / "secrets.env") == first
    assert (tmp_path / "secrets.env").stat().st_mode & 0o777 == 0o600


def test_two_machines_have_different_ones(tmp_path: Path) -> None:
    one, other = development_keys(tmp_path / "one"), development_keys(tmp_path / "other")
    assert not set(one.values()) & set(other.values())


def test_the_application_takes_them(tmp_path: Path) -> None:
    settings = Settings.from_env(SERVERS | development_keys(tmp_path / "secrets.env"))
    assert [len(key) for _, key in settings.sealing_keys] == [32]


def test_a_file_that_lost_a_key_is_refused_not_filled_up(tmp_path: Path) -> None:
    path = tmp_path / "secrets.env"
    development_keys(path)
    path.write_text("".join(line for line in path.open() if not line.startswith("HASH_KEY")))
    before = path.read_bytes()
    with pytest.raises(Broken, match="lacks HASH_KEY"):
        development_keys(path)
    assert path.read_bytes() == before


def test_a_write_that_was_cut_leaves_no_half_file(tmp_path: Path) -> None:
    (tmp_path / "secrets.new").write_text("SECRET_KEY=ha")
    assert len(development_keys(tmp_path / "secrets.env")) == 3


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Broken, match="cannot be read or made"):
        development_keys(tmp_path / "file" / "secrets.env")
