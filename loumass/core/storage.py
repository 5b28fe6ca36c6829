"""Files: a local folder by default, S3-compatible by STORAGE_URL. Names are never trusted; keys are ours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from loumass.core import outages
from loumass.core.errors import Problem, TooLarge
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id

if TYPE_CHECKING:  # a name for checkers only
    from obstore import GetOptions
    from obstore.store import RetryConfig

CHUNK = 1024 * 1024
#: Parts of 5 MB that an upload holds in memory.
_PARTS_AT_ONCE = 2
#: What the name of a file begins with that only asks whether the folder takes files.
_PROBE = ".probe-"
#: A bucket that does not answer must not hold a page up for minutes, which is what the library would do by itself.
_RETRIES: RetryConfig = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}


class StorageUnavailable(Problem):
    """The folder or bucket cannot be read or written just now."""

    status = 503


class FileGone(StorageUnavailable):
    """The folder or bucket works, and does not have the file."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file lies, how many bytes it has and their SHA-256 (hexadecimal)."""

    key: str
    size: int
    sha256: str


_store: ObjectStore | None = None
_url = ""


def use(url: str) -> None:
    """Keep files at `url` (`file://folder` or `s3://bucket`). A folder that cannot be made is tried again at need."""
    global _store, _url
    _store, _url = None, url
    with suppress(StorageUnavailable):
        _using()


def store(stream: IO[bytes], *, limit: int) -> StoredFile:
    """Keep the bytes of `stream` under a new key of the current organization; memory stays flat.

    Raises TooLarge beyond `limit` bytes (nothing is kept) and StorageUnavailable.
    """
    key = f"{current_organization_id()}/{uuid7()}"
    digest, size = hashlib.sha256(), 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        while chunk := stream.read(CHUNK):
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"The file is larger than {limit // 1_000_000} MB. Nothing was kept.")
            digest.update(chunk)
            yield chunk

    try:
        obstore.put(_using(), key, counted(), max_concurrency=_PARTS_AT_ONCE)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable(
            "The file could not be kept: the place for files takes none just now. Try again in a minute.",
            problem,
        ) from problem
    return StoredFile(key, size, digest.hexdigest())


def keep(key: str, stream: IO[bytes]) -> None:
    """Put the bytes of `stream` under `key`, which some `store` gave out. Raises StorageUnavailable."""
    try:
        obstore.put(_using(), key, stream, max_concurrency=_PARTS_AT_ONCE)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable(f"{key} could not be kept: storage does not answer.", problem) from problem


def every_key() -> Iterator[str]:
    """The keys of all kept files of the installation. Raises StorageUnavailable."""
    try:
        for part in obstore.list(_using()):
            yield from (meta["path"] for meta in part if not meta["path"].startswith(_PROBE))
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable("The files cannot be listed: storage does not answer.", problem) from problem


def keys_of_organization() -> Iterator[str]:
    """The keys of the current organization's files. Raises StorageUnavailable."""
    try:
        for part in obstore.list(_using(), prefix=f"{current_organization_id()}/"):
            yield from (meta["path"] for meta in part)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable("The files cannot be listed: storage does not answer.", problem) from problem


def delete_some(most: int) -> int:
    """Forget up to `most` files of the current organization; returns how many. Raises StorageUnavailable."""
    gone = 0
    for key in islice(keys_of_organization(), most):
        delete(key)
        gone += 1
    return gone


def chunks(key: str, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
    """The bytes [start, stop) of a kept file (all of them without), piece by piece. Raises FileGone, StorageUnavailable."""
    options: GetOptions = {} if stop is None else {"range": (start, stop)}
    try:
        for chunk in obstore.get(_using(), key, options=options).stream(min_chunk_size=CHUNK):
            yield bytes(chunk)
    except FileNotFoundError as problem:
        if _is_there_around(key):
            raise FileGone("The file is not there any more.") from problem
        raise _unavailable("The file cannot be read: storage does not answer.", problem) from problem
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable("The file cannot be read: storage does not answer.", problem) from problem


def reader(key: str) -> IO[bytes]:
    """A seekable buffered reader over a kept file. Raises StorageUnavailable."""
    try:
        return obstore.open_reader(_using(), key)  # pyright: ignore[reportReturnType]  file-like by duck type
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable("The file cannot be read: storage does not answer.", problem) from problem


def delete(key: str) -> None:
    """Forget a kept file; it is no error when it is gone already. Raises StorageUnavailable."""
    try:
        obstore.delete(_using(), key)
    except FileNotFoundError:
        return
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise _unavailable("The file cannot be removed: storage does not answer.", problem) from problem


def is_folder() -> bool:
    """Whether files are kept in a folder, which costs nothing to try."""
    return _folder() is not None


def hindered() -> str | None:
    """What hinders the folder from taking files; None when nothing does. Raises RuntimeError where it is none."""
    folder = _folder()
    if folder is None:
        raise RuntimeError("files are kept in a bucket: every try is paid for")
    probe = folder / f"{_PROBE}{uuid7()}"
    try:
        if not folder.exists():
            folder.mkdir(parents=True)
        probe.write_bytes(b"?")
        probe.unlink()
    except OSError as problem:
        with suppress(OSError):
            probe.unlink()
        return (problem.strerror or type(problem).__name__).lower()
    return None


def _is_there_around(key: str) -> bool:
    """Whether what the file lay in is there: where a whole folder is away, its files are not gone."""
    folder = _folder()
    return folder is None or (folder / key).parent.is_dir()


def _unavailable(sentence: str, problem: Exception) -> StorageUnavailable:
    # A file that is not there is one file's trouble, not the store's.
    if not isinstance(problem, FileNotFoundError):
        outages.note("files", "cannot be read or written")
    return StorageUnavailable(sentence)


def _using() -> ObjectStore:
    global _store  # noqa: PLW0603  see `use`
    if not _url:
        raise RuntimeError("core.storage.use(url) was not called")
    if _store is None:
        try:
            _store = _opened()
        except (OSError, obstore.exceptions.BaseError) as problem:
            raise _unavailable(
                "The place for files cannot be opened: storage does not answer.", problem
            ) from problem
    return _store


def _opened() -> ObjectStore:
    folder = _folder()
    if folder is not None:
        return LocalStore(prefix=folder, mkdir=True)
    return from_url(_url, client_options={"connect_timeout": "5s"}, retry_config=_RETRIES)


def _folder() -> Path | None:
    return Path(os.path.abspath(_url.removeprefix("file://"))) if _url.startswith("file://") else None
