"""Contents are written in versions: saving makes a new one, and nothing that was sent ever changes."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from loumass.content.blocks.document import canonical
from loumass.content.composing import Draft
from loumass.content.composing_blocks import document_of
from loumass.content.models import Content, ContentVersion
from loumass.content.pictures import note_pictures
from loumass.content.queries import newest
from loumass.content.sounding import Recording, Voice
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404


def create(name: str, medium: str, draft: Draft, author_id: UUID | None) -> Content:
    """A new content of the library with its first version."""
    content = Content(id=uuid7(), name=name, medium=medium)
    db().add(content)
    db().flush()
    added_version(content, draft, author_id)
    return content


class SavedMeanwhile(Conflict):
    """The page was opened on an earlier version."""


def save(
    content_id: UUID, name: str, draft: Draft, author_id: UUID | None, *, based_on: int | None = None
) -> bool:
    """Take `name`, and `draft` as a new version unless it says the same as the newest. Whether it was new.

    Raises SavedMeanwhile where the newest is not the version that it is `based_on` (None: nobody asks).
    """
    content = _of_the_library(content_id)
    if based_on is not None and based_on != content.version_number:
        raise SavedMeanwhile(
            f"Somebody saved version {content.version_number} since you opened version {based_on}. What you typed "
            "stands below, not saved yet. Save again to put yours on top; theirs stays among the versions."
        )
    content.name = name
    before = newest([content.id]).get(content.id)
    if before is not None and authored(before) == draft:
        return False
    added_version(content, draft, author_id)
    return True


def archive(content_id: UUID) -> Content:
    """Put it away: what uses it goes on, nobody picks it any more."""
    content = _of_the_library(content_id)
    content.archived_at = content.archived_at or clock.now()
    return content


def restore(content_id: UUID) -> Content:
    """Take it back into the library."""
    content = _of_the_library(content_id)
    content.archived_at = None
    return content


def _of_the_library(content_id: UUID) -> Content:
    """The content, locked. Raises Conflict for a funnel's own copy: published versions of funnels never change."""
    content = get_or_404(Content, content_id, lock=True)
    if content.graph_id is not None:
        raise Conflict(
            "These are the words of one step of a funnel. Nothing was changed. Open the step to change them."
        )
    return content


def draft_of(version: ContentVersion | Row[Any]) -> Draft:
    """What the version says to whoever is sent it."""
    recording = version.recording_id and Recording(
        version.recording_id, version.recording_name, version.recording_seconds or 0
    )
    voice = Voice.of(version.voice)
    return Draft(version.subject, version.preheader, version.html, version.text, recording or None, voice)


def authored(version: ContentVersion) -> Draft:
    """The same with what it was made from: for whoever edits, compares or copies it."""
    blocks = canonical(version.blocks) if version.blocks else ""
    return replace(draft_of(version), blocks=blocks, is_plain=version.is_plain)


def columns_of(draft: Draft) -> dict[str, Any]:
    """`draft` as the columns of a version."""
    recording, voice = draft.recording, draft.voice
    return {
        "subject": draft.subject,
        "preheader": draft.preheader,
        "html": draft.html,
        "text": draft.text,
        "recording_id": recording.media_id if recording else None,
        "recording_name": recording.name if recording else "",
        "recording_seconds": recording.seconds if recording else None,
        "voice": voice.stored if voice else None,
        "blocks": json.loads(draft.blocks) if draft.blocks else None,
        "is_plain": draft.is_plain,
    }


def added_version(content: Content, draft: Draft, author_id: UUID | None) -> None:
    """The next version of `content`, and what it needs to stay."""
    content.version_number = (content.version_number or 0) + 1
    version = ContentVersion(
        id=uuid7(),
        content_id=content.id,
        number=content.version_number,
        created_by_id=author_id,
        **columns_of(draft),
    )
    db().add(version)
    db().flush()
    document = document_of(draft)
    note_pictures({version.id: document.media_ids if document else ()})
