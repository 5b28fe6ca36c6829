"""A backup is a folder: the database's dump, every kept file, and a page about itself."""

from __future__ import annotations

import shutil
from pathlib import Path

from loumass.backups import programs
from loumass.backups.manifest import DUMP, FILES, Manifest, Unfitting
from loumass.config import Settings
from loumass.core import storage


def back_up(settings: Settings, folder: Path) -> Manifest:
    """Make a backup in `folder`, which must not exist; a cut leaves only `folder`.unfinished. Work goes on meanwhile.

    Raises Unfitting, StorageUnavailable.
    """
    if folder.exists():
        raise Unfitting(f"{folder} exists already; name a new folder. Nothing was written.")
    unfinished = folder.with_name(f"{folder.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        unfinished.mkdir(mode=0o700, parents=True)
    except OSError as problem:
        raise Unfitting(f"{unfinished} cannot be made: {problem.strerror}.") from problem
    programs.dump(settings.owner_database_url, unfinished / DUMP)
    # After the dump: files never change, so that the later copy holds all that the earlier dump names.
    try:
        made = Manifest.of(settings, _copy_files(unfinished / FILES))
        made.write(unfinished)
        unfinished.rename(folder)
    except OSError as problem:
        raise Unfitting(f"{unfinished} cannot be written: {problem.strerror}. It is no backup.") from problem
    return made


def _copy_files(target: Path) -> int:
    count = 0
    for key in storage.every_key():
        copy = target / key
        copy.parent.mkdir(parents=True, exist_ok=True)
        with copy.open("wb") as stream:
            stream.writelines(storage.chunks(key))
        count += 1
    return count
