"""Files: a local folder by default, S3-compatible by STORAGE_URL. Names are never trusted; keys are ours."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO

import obstore
from obstore.store import LocalStore, ObjectStore, from_url

from loumass.core.errors import Problem, TooLarge
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id

CHUNK = 1024 * 1024
#: Parts of 5 MB that an upload holds in memory.
_PARTS_AT_ONCE = 2


class StorageUnavailable(Problem):
    """The folder or bucket cannot be read or written just now."""

    status = 503


@dataclass(frozen=True, slots=True)
class StoredFile:
    """Where a file lies, how many bytes it has and their SHA-256 (hexadecimal)."""

    key: str
    size: int
    sha256: str


_store: ObjectStore | None = None


def use(url: str) -> None:
    """Keep files at `url` (`file://folder` or `s3://bucket`)."""
    global _store  # noqa: PLW0603  one installation, one store
    if url.startswith("file://"):
        folder = os.path.abspath(url.removeprefix("file://"))
        _store = LocalStore(prefix=folder, mkdir=True)
    else:
        _store = from_url(url)


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
        raise StorageUnavailable(
            "The file could not be kept: storage does not answer. Try again."
        ) from problem
    return StoredFile(key, size, digest.hexdigest())


def keep(key: str, stream: IO[bytes]) -> None:
    """Put the bytes of `stream` under `key`, which some `store` gave out. Raises StorageUnavailable."""
    try:
        obstore.put(_using(), key, stream, max_concurrency=_PARTS_AT_ONCE)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise StorageUnavailable(f"{key} could not be kept: storage does not answer.") from problem


def every_key() -> Iterator[str]:
    """The keys of all kept files of the installation. Raises StorageUnavailable."""
    try:
        for part in obstore.list(_using()):
            yield from (meta["path"] for meta in part)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise StorageUnavailable("The files cannot be listed: storage does not answer.") from problem


def chunks(key: str) -> Iterator[bytes]:
    """The bytes of a kept file, piece by piece. Raises StorageUnavailable."""
    try:
        for chunk in obstore.get(_using(), key).stream(min_chunk_size=CHUNK):
            yield bytes(chunk)
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise StorageUnavailable("The file cannot be read: storage does not answer.") from problem


def reader(key: str) -> IO[bytes]:
    """A seekable buffered reader over a kept file. Raises StorageUnavailable."""
    try:
        return obstore.open_reader(_using(), key)  # pyright: ignore[reportReturnType]  file-like by duck type
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise StorageUnavailable("The file cannot be read: storage does not answer.") from problem


def delete(key: str) -> None:
    """Forget a kept file; it is no error when it is gone already. Raises StorageUnavailable."""
    try:
        obstore.delete(_using(), key)
    except FileNotFoundError:
        return
    except (OSError, obstore.exceptions.BaseError) as problem:
        raise StorageUnavailable("The file cannot be removed: storage does not answer.") from problem


def _using() -> ObjectStore:
    if _store is None:
        raise RuntimeError("core.storage.use(url) was not called")
    return _store
