"""Files are kept under our own keys, capped while they stream, and say so when the folder is gone."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from loumass.config import Settings
from loumass.core import storage
from loumass.core.errors import TooLarge
from tests.world import World


def test_bytes_come_back_as_they_went_in(world: World) -> None:
    content = os.urandom(3_000_000)
    with world.acme.acting():
        kept = storage.store(io.BytesIO(content), limit=5_000_000)
    assert kept.size == len(content)
    assert kept.key.startswith(str(world.acme.id))
    assert b"".join(storage.chunks(kept.key)) == content
    reader = storage.reader(kept.key)
    reader.seek(1_000_000)
    assert bytes(reader.read(10)) == content[1_000_000:1_000_010]
    storage.delete(kept.key)
    storage.delete(kept.key)
    with pytest.raises(storage.StorageUnavailable):
        list(storage.chunks(kept.key))


def test_a_file_over_the_limit_is_refused_and_not_kept(world: World, settings: Settings) -> None:
    with world.acme.acting(), pytest.raises(TooLarge, match="Nothing was kept"):
        storage.store(io.BytesIO(b"x" * 2_000_000), limit=1_000_000)
    folder = Path(settings.storage_url.removeprefix("file://")) / str(world.acme.id)
    assert not folder.exists() or list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_says_so(world: World, settings: Settings, tmp_path: Path) -> None:
    blocker = tmp_path / "files"
    storage.use(f"file://{blocker}")
    blocker.rmdir()
    blocker.write_text("a file stands where the folder should be")
    try:
        with world.acme.acting(), pytest.raises(storage.StorageUnavailable, match="takes none just now"):
            storage.store(io.BytesIO(b"x"), limit=10)
    finally:
        storage.use(settings.storage_url)
