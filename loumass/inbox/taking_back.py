"""A person's own message that has not left: planned for later, moved to another time, or a draft again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.live import announce
from loumass.core.tenancy import get_or_404
from loumass.inbox import conversing, drafting
from loumass.inbox.formed import appended
from loumass.inbox.models import Draft, SentDraft
from loumass.messages.models import Attachment, Message
from loumass.messages.service import cancel_messages, ring_channels

#: How long an answer can be taken back as if it had never been sent.
UNDO = timedelta(seconds=10)
TAKEN_BACK = "taken_back"


def keep(sent: SentDraft) -> None:
    """Remember what was typed, as long as the message may be taken back; what went is forgotten."""
    gone = select(Message.id).where(Message.is_open.is_(False))
    db().execute(delete(SentDraft).where(SentDraft.user_id == sent.user_id, SentDraft.message_id.in_(gone)))
    db().add(sent)


def withdraw(message_id: UUID) -> Message:
    """Take a person's own message back before it leaves; whoever wrote it finds it as a draft.

    Raises Conflict when it has left, NotFound.
    """
    message = _own(message_id)
    kept = sent_draft(message_id)
    code = TAKEN_BACK if kept is not None else "by_hand"
    if not cancel_messages([message_id], code, "It was taken back before it left."):
        raise Conflict("It has left already, so it cannot be taken back.")
    if kept is not None:
        _become_draft(kept, message_id)
    announce(f"conversation:{message.conversation_id}")
    announce("inbox")
    return message


def sent_draft(message_id: UUID) -> SentDraft | None:
    """What was typed for a message that was sent lately."""
    return db().scalar(select(SentDraft).where(SentDraft.message_id == message_id))


def plan(message_id: UUID, at: datetime) -> Message:
    """Let a person's own message go at another time. Raises Conflict when it has left, NotFound."""
    message = _own(message_id)
    moved = db().scalar(
        update(Message)
        .where(Message.id == message_id, Message.is_open, Message.state == "queued")
        .values(due_at=at, occurred_at=at, waiting_for=None)
        .returning(Message.channel_id)
    )
    if moved is None:
        raise Conflict("It has left already, so its time cannot be changed.")
    ring_channels([moved], at)
    announce(f"conversation:{message.conversation_id}")
    announce("inbox")
    return message


def undoable_until(message: Message, now: datetime) -> datetime | None:
    """Until when `message`, just sent, waits to be taken back; None once that has passed, or where it was planned."""
    if message.state != "queued" or message.send_key is None or message.due_at is None:
        return None
    return message.due_at if now < message.due_at <= now + UNDO else None


def _own(message_id: UUID) -> Message:
    message = get_or_404(Message, message_id)
    if message.author_id is None or message.stream_id is not None:
        raise Conflict("Messages of a campaign are stopped on the campaign's page. Nothing was changed.")
    return message


def _become_draft(kept: SentDraft, message_id: UUID) -> None:
    """What was typed since stays as well: below what comes back."""
    newer = db().scalar(
        select(Draft).where(
            Draft.conversation_id == kept.conversation_id,
            Draft.user_id == kept.user_id,
            Draft.kind == kept.kind,
        )
    )
    parts = [kept.text, newer.text if newer else ""]
    text = "\n\n".join(part for part in parts if part.strip())
    subject = kept.subject or (newer.subject if newer else "")
    more = dict(kept.more)
    if newer is not None and "doc" in more:
        more["doc"] = appended(more["doc"], newer.text)
    drafting.save(kept.conversation_id, kept.user_id, kept.kind, text, subject, more)
    db().execute(
        update(Attachment)
        .where(Attachment.message_id == message_id)
        .values(message_id=None, conversation_id=kept.conversation_id)
    )
    _open_again(kept.waited, kept.closed)
    db().execute(delete(SentDraft).where(SentDraft.message_id == message_id))


def _open_again(waited: Sequence[UUID], closed: Sequence[UUID]) -> None:
    conversing.reopen(closed, waited)
    conversing.need_reply(waited)


def now_or_later(at: datetime | None) -> datetime:
    """When a message that is sent now leaves."""
    return at or clock.now() + UNDO
