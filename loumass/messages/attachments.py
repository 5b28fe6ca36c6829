"""Files that come and go with messages: what they really are, what they are called, where they lie."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO
from uuid import UUID

from loumass.core import storage
from loumass.core.database import db
from loumass.messages.cleaning import fit
from loumass.messages.models import Attachment
from loumass.providers import events

#: What one file and all files of one message may weigh. Mail servers rarely take more.
LARGEST_FILE = 25_000_000
LARGEST_MESSAGE = 60_000_000
MOST_FILES = 50
#: What a browser may show by itself; everything else is downloaded.
SHOWN = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
)
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_UNFIT_IN_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069<>:"/\\|?*]')


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a message that is yet to be written. Without a `key` it was too large to be kept."""

    name: str
    content_type: str
    size: int
    key: str
    content_id: str | None = None


def keep(files: Sequence[events.Attachment]) -> list[KeptFile]:
    """Put the files of one message into storage; what is too large is named but not kept.

    Call it before the transaction: storage may be a network away. Raises StorageUnavailable.
    """
    kept: list[KeptFile] = []
    weight = 0
    for file in files[:MOST_FILES]:
        weight += len(file.content)
        fits = len(file.content) <= LARGEST_FILE and weight <= LARGEST_MESSAGE
        key = _stored(file.content, kept) if fits else ""
        name, kind = clean_name(file.name), sniffed(file.content, file.content_type)
        kept.append(KeptFile(name, kind, len(file.content), key, fit(file.content_id)[:250] or None))
    return kept


def _stored(content: bytes, others: Sequence[KeptFile]) -> str:
    """The key of a file; when storage fails, those kept before it go as well."""
    try:
        return storage.store(io.BytesIO(content), limit=LARGEST_FILE).key
    except BaseException:
        forget(others)
        raise


def forget(files: Sequence[KeptFile]) -> None:
    """Remove files that no message will carry after all."""
    for file in files:
        if file.key:
            storage.delete(file.key)


def attach(message_id: UUID, files: Sequence[KeptFile]) -> None:
    """Let a message carry kept files, in the current transaction."""
    db().add_all(
        Attachment(
            message_id=message_id,
            file_name=file.name,
            content_type=file.content_type,
            size=file.size,
            file_key=file.key,
            content_id=file.content_id,
        )
        for file in files
    )


def upload(stream: IO[bytes], name: str, claimed: str, conversation_id: UUID, user_id: UUID) -> Attachment:
    """A file that waits in a person's draft. Raises TooLarge and StorageUnavailable."""
    beginning = stream.read(512)
    stream.seek(0)
    stored = storage.store(stream, limit=LARGEST_FILE)
    attachment = Attachment(
        conversation_id=conversation_id,
        uploaded_by_id=user_id,
        file_name=clean_name(name),
        content_type=sniffed(beginning, claimed),
        size=stored.size,
        file_key=stored.key,
    )
    db().add(attachment)
    return attachment


def sniffed(beginning: bytes, claimed: str) -> str:
    """What a file is: by its first bytes where they tell, else as claimed, but never a picture that is none."""
    for magic, kind in _BEGINNINGS:
        if beginning.startswith(magic):
            return kind
    if beginning[:4] == b"RIFF" and beginning[8:12] == b"WEBP":
        return "image/webp"
    claimed = claimed.partition(";")[0].strip().lower()
    if not _TYPE.fullmatch(claimed) or claimed in SHOWN or claimed == "application/pdf":
        return "application/octet-stream"
    return claimed


def clean_name(name: str) -> str:
    """A name that every file system and header takes: no folders, no control or direction characters."""
    name = re.split(r"[\\/]", fit(name))[-1]
    name = " ".join(_UNFIT_IN_NAME.sub(" ", name).split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) > 120:
        name = f"{stem[:100]}.{ending[:15]}" if dot else name[:120]
    return name or "attachment"
