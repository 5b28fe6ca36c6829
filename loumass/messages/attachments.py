"""Files that come and go with messages: what they really are, what they are called, where they lie."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import IO
from uuid import UUID

from loumass.core.database import db
from loumass.core.tenancy import transaction
from loumass.media.service import Kept, keep_all, weigh
from loumass.media.sniffing import ENOUGH, PDF, PICTURES, UNKNOWN, sniffed
from loumass.messages.cleaning import fit
from loumass.messages.models import Attachment
from loumass.providers import events

#: What one file and all files of one message may weigh. Mail servers rarely take more.
LARGEST_FILE = 25_000_000
LARGEST_MESSAGE = 60_000_000
MOST_FILES = 50
#: What bytes always tell: whoever claims it without is not believed.
_TOLD = PICTURES | {PDF}
_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,60}/[a-z0-9][a-z0-9!#$&^_.+-]{0,80}")
_UNFIT_IN_NAME = re.compile(r'[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069<>:"/\\|?*]')


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file of a message that is yet to be written. Without a `key` it was too large to be kept."""

    name: str
    content_type: str
    size: int
    key: str
    media_id: UUID | None
    content_id: str | None = None


def keep(files: Sequence[events.Attachment]) -> list[KeptFile]:
    """Put the files of one message into storage; what is too large is named but not kept.

    For jobs, outside of transactions: storage may be a network away. What no message carries after all is taken away by
    itself (`media.forgetting`). Raises StorageUnavailable.
    """
    named = files[:MOST_FILES]
    weights = accumulate(len(file.content) for file in named)
    fitting = [
        place
        for place, (file, weight) in enumerate(zip(named, weights, strict=True))
        if len(file.content) <= LARGEST_FILE and weight <= LARGEST_MESSAGE
    ]
    with transaction():
        kept = dict(zip(fitting, _kept([named[place].content for place in fitting]), strict=True))
    return [_named(file, kept.get(place)) for place, file in enumerate(named)]


def _named(file: events.Attachment, kept: Kept | None) -> KeptFile:
    return KeptFile(
        clean_name(file.name),
        kind_of(file.content, file.content_type),
        len(file.content),
        kept.file_key if kept else "",
        kept.id if kept else None,
        fit(file.content_id)[:250] or None,
    )


def _kept(contents: Sequence[bytes]) -> list[Kept]:
    streams = [io.BytesIO(content) for content in contents]
    return keep_all([(stream, weigh(stream, limit=LARGEST_FILE, kinds=None)) for stream in streams])


def attach(message_id: UUID, files: Sequence[KeptFile]) -> None:
    """Let a message carry kept files, in the current transaction."""
    db().add_all(
        Attachment(
            message_id=message_id,
            file_name=file.name,
            content_type=file.content_type,
            size=file.size,
            file_key=file.key,
            media_id=file.media_id,
            content_id=file.content_id,
        )
        for file in files
    )


def upload(stream: IO[bytes], name: str, claimed: str, conversation_id: UUID, user_id: UUID) -> Attachment:
    """A file that waits in a person's draft. Commits what is open; commit afterwards. Raises TooLarge, StorageUnavailable."""
    weighed = weigh(stream, limit=LARGEST_FILE, kinds=None)
    (kept,) = keep_all([(stream, weighed)])
    attachment = Attachment(
        conversation_id=conversation_id,
        uploaded_by_id=user_id,
        file_name=clean_name(name),
        content_type=_as_claimed(claimed) if weighed.content_type == UNKNOWN else weighed.content_type,
        size=weighed.size,
        file_key=kept.file_key,
        media_id=kept.id,
    )
    db().add(attachment)
    return attachment


def kind_of(beginning: bytes, claimed: str) -> str:
    """What a file is: by its first bytes where they tell, else as claimed, but never what its bytes would have told."""
    told = sniffed(beginning[:ENOUGH])
    return _as_claimed(claimed) if told == UNKNOWN else told


def _as_claimed(claimed: str) -> str:
    kind = claimed.partition(";")[0].strip().lower()
    return kind if _TYPE.fullmatch(kind) and kind not in _TOLD else UNKNOWN


def clean_name(name: str) -> str:
    """A name that every file system and header takes: no folders, no control or direction characters."""
    name = re.split(r"[\\/]", fit(name))[-1]
    name = " ".join(_UNFIT_IN_NAME.sub(" ", name).split()).strip(". ")
    stem, dot, ending = name.rpartition(".")
    if len(name) > 120:
        name = f"{stem[:100]}.{ending[:15]}" if dot else name[:120]
    return name or "attachment"
