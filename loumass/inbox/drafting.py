"""Drafts: kept while a person types, one for each way of answering, with their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from loumass.core import clock, storage
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.inbox.formed import MOST_LETTERS as MOST_DOCUMENT
from loumass.inbox.models import Draft
from loumass.inbox.person import Person
from loumass.messages.cleaning import fit
from loumass.messages.models import Attachment

KINDS = ("email", "sms", "voicemail", "note", "forward")
#: Other fields of the form that a draft keeps, and how long each may be.
MORE = {
    "to": 2_000, "cc": 8_000, "bcc": 8_000, "forwards": 36, "drop": 120, "doc": MOST_DOCUMENT,
    "channel": 36, "bare": 1, "unsigned": 1,
}  # fmt: skip
#: Fields that say how something is sent, and nothing by themselves.
_MANNERS = frozenset({"forwards", "doc", "channel", "bare", "unsigned"})
MOST_LETTERS = 100_000


def save(
    conversation_id: UUID,
    user_id: UUID,
    kind: str,
    text: str,
    subject: str = "",
    more: Mapping[str, str] | None = None,
) -> bool:
    """Keep what was typed; an empty draft is removed. Returns whether anything is kept."""
    kept = {name: fit(value)[: MORE[name]] for name, value in (more or {}).items() if value.strip()}
    if not text.strip() and not subject.strip() and not kept.keys() - _MANNERS:
        discard([conversation_id], user_id, kind)
        return False
    values = {
        "text": fit(text)[:MOST_LETTERS],
        "subject": fit(subject)[:998],
        "more": kept,
        "updated_at": clock.now(),
    }
    statement = insert(Draft).values(conversation_id=conversation_id, user_id=user_id, kind=kind, **values)
    db().execute(
        statement.on_conflict_do_update(
            index_elements=["organization_id", "conversation_id", "user_id", "kind"], set_=values
        )
    )
    return True


def drafts(person: Person, user_id: UUID) -> dict[str, Draft]:
    """The user's latest draft of each kind in any of the person's conversations."""
    rows = db().scalars(
        select(Draft)
        .where(Draft.conversation_id.in_(person.conversation_ids), Draft.user_id == user_id)
        .order_by(Draft.updated_at)
    )
    return {row.kind: row for row in rows}


def discard(conversation_ids: Sequence[UUID], user_id: UUID, kind: str) -> None:
    """Forget the user's drafts of one kind."""
    db().execute(
        delete(Draft).where(
            Draft.conversation_id.in_(conversation_ids), Draft.user_id == user_id, Draft.kind == kind
        )
    )


def files(conversation_ids: Sequence[UUID], user_id: UUID) -> Sequence[Attachment]:
    """What the user has attached to their draft."""
    return (
        db()
        .scalars(
            select(Attachment)
            .where(
                Attachment.conversation_id.in_(conversation_ids),
                Attachment.uploaded_by_id == user_id,
                Attachment.message_id.is_(None),
            )
            .order_by(Attachment.created_at, Attachment.id)
        )
        .all()
    )


def remove_file(attachment_id: UUID, user_id: UUID) -> UUID:
    """Take a file out of the user's draft; returns the conversation. Raises NotFound for anything else."""
    attachment = get_or_404(Attachment, attachment_id)
    if attachment.uploaded_by_id != user_id or attachment.conversation_id is None:
        raise NotFound
    conversation_id = attachment.conversation_id
    db().delete(attachment)
    if attachment.media_id is None:
        db().flush()
        storage.delete(attachment.file_key)
    return conversation_id
