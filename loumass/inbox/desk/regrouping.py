"""Merging and splitting: what stands in one line of the inbox. Nothing is deleted, and each can be undone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text, update

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.inbox.desk.models import Regrouping
from loumass.inbox.person import Person, person_of
from loumass.messages.models import Conversation, Message

#: A split moves so many messages at most, in one statement.
_MOST = 5_000
_MOVE = text("""
    WITH moved AS (
        UPDATE message SET conversation_id = :into
        WHERE organization_id = :organization_id AND conversation_id = :source AND id = ANY(CAST(:ids AS uuid[]))
        RETURNING id
    ), proposed AS (
        UPDATE opt_out_proposal SET conversation_id = :into
        WHERE organization_id = :organization_id AND message_id = ANY(CAST(:ids AS uuid[])) RETURNING id
    )
    SELECT count(*) FROM moved
""")
# When something was last said, and whether anybody still waits: a person who wrote after we did.
_SETTLE = text("""
    UPDATE conversation SET last_message_at = said.at, last_inbound_at = said.heard_at,
        needs_reply_since = CASE WHEN said.heard_at > coalesce(said.answered_at, '-infinity') THEN
            coalesce(needs_reply_since, CAST(:waits_since AS timestamptz)) END,
        unread_since = CASE WHEN said.heard_at IS NOT NULL THEN coalesce(unread_since, CAST(:new_since AS timestamptz)) END
    FROM (
        SELECT asked.id, max(m.occurred_at) FILTER (WHERE m.state <> 'queued' OR m.author_id IS NOT NULL) AS at,
            max(m.occurred_at) FILTER (WHERE m.direction = 'in') AS heard_at,
            max(m.occurred_at) FILTER (WHERE m.direction = 'out' AND m.author_id IS NOT NULL) AS answered_at
        FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
        LEFT JOIN message m ON m.organization_id = :organization_id AND m.conversation_id = asked.id
            AND m.state <> 'cancelled'
        GROUP BY asked.id
    ) said
    WHERE conversation.organization_id = :organization_id AND conversation.id = said.id
""")
_COPIED = (
    "contact_id", "channel_id", "medium", "counterpart", "linked_to_id", "subject", "stream_id", "assignee_id", "team_id",
    "closed_at",
)  # fmt: skip


def merge(kept: Conversation, others: Sequence[Conversation], user_id: UUID) -> list[Regrouping]:
    """The lines of `others` stand in the line of `kept` from now on, and are answered by the same colleague.

    Each message stays on the thread that it was written in, so that an answer reaches whoever wrote it. Raises Refused
    where they stand together already.
    """
    into = person_of(kept)
    apart = {
        person.line_id: (one, person) for one in others if (person := person_of(one)).line_id != into.line_id
    }
    if not apart:
        raise Refused("They stand together already. Choose two different conversations; nothing was changed.")
    return [_merged(kept, into, one, person, user_id) for one, person in apart.values()]


def _merged(
    kept: Conversation, into: Person, other: Conversation, person: Person, user_id: UUID
) -> Regrouping:
    before = [_stood(one) for one in person.conversations]
    values: dict[str, Any] = {"stands_with_id": into.line_id}
    if kept.assignee_id or kept.team_id:
        values |= {"assignee_id": kept.assignee_id, "team_id": kept.team_id}
    db().execute(update(Conversation).where(Conversation.id.in_(person.conversation_ids)).values(**values))
    return _noted("merge", kept.id, other.id, {"conversations": before}, user_id)


def split(conversation: Conversation, message_id: UUID, user_id: UUID) -> Regrouping:
    """Everything from that message on is a conversation of its own, in a line of its own.

    Raises NotFound for a message of another conversation, Refused where nothing would be left or too much moved.
    """
    first = get_or_404(Message, message_id)
    source = get_or_404(Conversation, first.conversation_id or conversation.id, lock=True)
    if source.id not in person_of(conversation).conversation_ids:
        raise Refused("This message stands in another conversation. Nothing was changed.")
    ids = _from_on(source, first)
    if not _is_anything_before(source, first):
        raise Refused(
            "This is where the conversation begins: nothing would be left before it. Nothing was changed."
        )
    new = Conversation(
        id=(new_id := uuid7()),
        thread_key=f"split:{new_id}",
        stands_with_id=new_id,
        **{name: getattr(source, name) for name in _COPIED},
    )
    db().add(new)
    db().flush()
    before = {
        "messages": [str(one) for one in ids],
        "waits": _moment(source.needs_reply_since),
        "new": _moment(source.unread_since),
    }
    _move(ids, source.id, new.id)
    _settle([source.id, new.id], source)
    return _noted("split", source.id, new.id, before, user_id)


def undo(regrouping_id: UUID) -> Regrouping:
    """Everything stands where it stood; what was said since stays with what it answers. Raises NotFound, Conflict."""
    one = get_or_404(Regrouping, regrouping_id, lock=True)
    if one.undone_at is not None:
        raise Conflict("This was undone already. Nothing was changed.")
    one.undone_at = clock.now()
    if one.kind == "merge":
        _stand_again(one.before["conversations"])
    else:
        _join_again(one)
    announce("inbox")
    return one


def standing(person: Person) -> Sequence[Regrouping]:
    """Merges and splits of the line that were not undone, the latest first."""
    ids = person.conversation_ids
    return (
        db()
        .scalars(
            select(Regrouping)
            .where(
                or_(Regrouping.kept_id.in_(ids), Regrouping.other_id.in_(ids)), Regrouping.undone_at.is_(None)
            )
            .order_by(Regrouping.made_at.desc(), Regrouping.id.desc())
            .limit(20)
        )
        .all()
    )


def _stood(one: Conversation) -> dict[str, str | None]:
    named = ("id", "stands_with_id", "assignee_id", "team_id")
    return {name: str(value) if (value := getattr(one, name)) else None for name in named}


_STAND = text("""
    UPDATE conversation SET stands_with_id = stood.line, assignee_id = stood.given_to, team_id = stood.given_team
    FROM unnest(CAST(:ids AS uuid[]), CAST(:lines AS uuid[]), CAST(:assignees AS uuid[]), CAST(:teams AS uuid[]))
        AS stood(id, line, given_to, given_team)
    WHERE conversation.organization_id = :organization_id AND conversation.id = stood.id
""")


def _stand_again(before: Sequence[dict[str, str | None]]) -> None:
    bound = {
        "organization_id": current_organization_id(),
        "ids": [one["id"] for one in before],
        "lines": [one["stands_with_id"] for one in before],
        "assignees": [one["assignee_id"] for one in before],
        "teams": [one["team_id"] for one in before],
    }
    db().execute(_STAND, bound)


def _join_again(one: Regrouping) -> None:
    source = get_or_404(Conversation, one.kept_id, lock=True)
    new = get_or_404(Conversation, one.other_id, lock=True)
    ids = list(db().scalars(select(Message.id).where(Message.conversation_id == new.id).limit(_MOST)))
    _move(ids, new.id, source.id)
    # Empty now, it stands with what it came from: labels and drafts on it are seen there.
    new.stands_with_id = source.stands_with_id or source.contact_id or source.id
    waits = [at for at in (source.needs_reply_since, new.needs_reply_since) if at]
    fresh = [at for at in (source.unread_since, new.unread_since) if at]
    source.needs_reply_since, source.unread_since = min(waits, default=None), min(fresh, default=None)
    db().flush()
    _settle([source.id, new.id], source)


def _from_on(source: Conversation, first: Message) -> list[UUID]:
    later = or_(
        Message.occurred_at > first.occurred_at,
        (Message.occurred_at == first.occurred_at) & (Message.id >= first.id),
    )
    ids = (
        db()
        .scalars(select(Message.id).where(Message.conversation_id == source.id, later).limit(_MOST + 1))
        .all()
    )
    if len(ids) > _MOST:
        raise Refused(f"More than {_MOST:,} messages follow. Split from a later one; nothing was changed.")
    return list(ids)


def _is_anything_before(source: Conversation, first: Message) -> bool:
    earlier = select(Message.id).where(
        Message.conversation_id == source.id,
        Message.occurred_at < first.occurred_at,
        Message.state != "cancelled",
    )
    return db().scalar(earlier.limit(1)) is not None


def _move(ids: Sequence[UUID], source: UUID, into: UUID) -> None:
    db().execute(_MOVE, _bound(ids=uuid_array(ids), source=source, into=into))


def _settle(ids: Sequence[UUID], source: Conversation) -> None:
    bound = _bound(ids=uuid_array(ids), waits_since=source.needs_reply_since, new_since=source.unread_since)
    db().execute(_SETTLE, bound)
    db().expire_all()


def _noted(kind: str, kept_id: UUID, other_id: UUID, before: dict[str, Any], user_id: UUID) -> Regrouping:
    one = Regrouping(kind=kind, kept_id=kept_id, other_id=other_id, before=before, made_by_id=user_id)
    db().add(one)
    db().flush()
    announce("inbox")
    return one


def _moment(value: Any) -> str | None:
    return value.isoformat() if value else None


def _bound(**values: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), **values}
