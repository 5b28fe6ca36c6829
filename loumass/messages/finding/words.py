"""The words of a message are noted with the message, in one statement; of those from before, by and by."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, transaction

SLICE = 2_000
# What a person wrote, whoever that was: campaigns say the same to everybody, and are found by whom they went to and
# their subject. Of ours what was written this time, of theirs all of it; and whoever it was talked with, by any word of
# their name and company.
_WORDS = """
    SELECT message.organization_id, message.id, message.occurred_at, public.search_words(message.organization_id,
        concat_ws(E'\\n', message.subject, CASE message.direction WHEN 'in' THEN concat_ws(' ', message.from_name, message.from_address)
            WHEN 'out' THEN message.to_address END, who.said,
            CASE WHEN message.direction = 'in' OR message.reply_text = '' THEN message.text ELSE message.reply_text END))
    FROM message
    LEFT JOIN LATERAL (
        SELECT concat_ws(' ', contact.first_name, contact.last_name, contact.company) AS said FROM contact
        WHERE contact.organization_id = :organization_id AND contact.id = message.contact_id LIMIT 1) AS who ON true
    WHERE message.organization_id = :organization_id AND message.id = ANY(CAST(:ids AS uuid[]))
      AND (message.direction <> 'out' OR message.author_id IS NOT NULL OR message.stream_id IS NULL)
"""
_NOTE = text(f"""
    INSERT INTO public.message_words (organization_id, message_id, occurred_at, words) {_WORDS}
    ON CONFLICT (organization_id, message_id) DO UPDATE SET words = excluded.words, occurred_at = excluded.occurred_at
    RETURNING message_id
""")
_MARK = text("""
    INSERT INTO words_mark (organization_id) VALUES (:organization_id)
    ON CONFLICT (organization_id) DO UPDATE SET before_id = words_mark.before_id RETURNING before_id, done_at
""")
_EARLIER = text("""
    SELECT message.id FROM message
    WHERE message.organization_id = :organization_id AND (CAST(:before AS uuid) IS NULL OR message.id < CAST(:before AS uuid))
    ORDER BY message.id DESC LIMIT :most
""")
_MOVE = text("""
    UPDATE words_mark SET before_id = coalesce(CAST(:before AS uuid), before_id), done_at = CAST(:done_at AS timestamptz)
    WHERE organization_id = :organization_id RETURNING before_id
""")
_DONE = text("SELECT done_at FROM words_mark WHERE organization_id = :organization_id")


def note_words(message_ids: Sequence[UUID]) -> None:
    """These messages are found by their words from the commit on."""
    if message_ids:
        db().flush()
        db().execute(_NOTE, _bound(ids=list(message_ids)))


def note_earlier() -> bool:
    """Some of the messages from before there was a search, the newest first; whether there are more."""
    with transaction():
        mark = db().execute(_MARK, _bound()).one()
        if mark.done_at is not None:
            return False
        ids = db().scalars(_EARLIER, _bound(before=mark.before_id, most=SLICE)).all()
        note_words(ids)
        is_last = len(ids) < SLICE
        done_at = clock.now() if is_last else None
        db().execute(_MOVE, _bound(before=ids[-1] if ids else None, done_at=done_at))
    return not is_last


def is_earlier_noted() -> bool:
    """Whether every message of before has its words."""
    return db().scalar(_DONE, _bound()) is not None


def _bound(**more: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), **more}
