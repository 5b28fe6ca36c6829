"""Somebody unknown became a contact: what they wrote before is theirs from now on."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.messages.finding.words import note_words

_ADOPT = text("""
    UPDATE conversation SET contact_id = found.contact_id
    FROM (
        SELECT DISTINCT ON (talk.id) talk.id, contact.id AS contact_id
        FROM contact
        JOIN conversation talk ON talk.organization_id = :organization_id AND talk.contact_id IS NULL
          AND talk.counterpart IN (contact.email_key, contact.phone)
        WHERE contact.organization_id = :organization_id AND contact.id = ANY(CAST(:ids AS uuid[]))
          AND contact.archived_at IS NULL
        ORDER BY talk.id, contact.id
    ) found
    WHERE conversation.organization_id = :organization_id AND conversation.id = found.id
    RETURNING conversation.id
""")
_THEIRS = text("""
    UPDATE message SET contact_id = conversation.contact_id
    FROM conversation
    WHERE message.organization_id = :organization_id AND conversation.organization_id = :organization_id
      AND conversation.id = ANY(CAST(:ids AS uuid[])) AND message.conversation_id = conversation.id
      AND message.contact_id IS NULL
    RETURNING message.id
""")


_ADOPT_ALL = text("""
    UPDATE conversation SET contact_id = found.contact_id
    FROM (
        SELECT talk.id, coalesce(by_email.id, by_phone.id) AS contact_id
        FROM conversation talk
        LEFT JOIN LATERAL (
            SELECT contact.id FROM contact
            WHERE contact.organization_id = :organization_id AND contact.email_key = talk.counterpart
              AND contact.archived_at IS NULL
            LIMIT 1
        ) by_email ON true
        LEFT JOIN LATERAL (
            SELECT contact.id FROM contact
            WHERE contact.organization_id = :organization_id AND contact.phone = talk.counterpart
              AND contact.archived_at IS NULL
            ORDER BY contact.id LIMIT 1
        ) by_phone ON true
        WHERE talk.organization_id = :organization_id AND talk.contact_id IS NULL AND talk.counterpart <> ''
    ) found
    WHERE conversation.organization_id = :organization_id AND conversation.id = found.id
      AND found.contact_id IS NOT NULL
    RETURNING conversation.id
""")


def on_import_finished(_: Sequence[Event]) -> None:
    """import.finished: among strangers who wrote, look for those who came in by the list; their number is small."""
    adopted = db().scalars(_ADOPT_ALL, {"organization_id": current_organization_id()}).all()
    if adopted:
        # Found by their name from now on.
        note_words(db().scalars(_THEIRS, _bound(adopted)).all())
        announce("inbox")


def on_contact_created(events: Sequence[Event]) -> None:
    """contact.created: conversations of their address, until now with nobody we knew, become theirs."""
    ids = [event.contact_id for event in events if event.contact_id]
    adopted = db().scalars(_ADOPT, _bound(ids)).all()
    if adopted:
        note_words(db().scalars(_THEIRS, _bound(adopted)).all())
        announce("inbox")


def _bound(ids: Sequence[object]) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "ids": list(ids)}
