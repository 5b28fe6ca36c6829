"""What people do with conversations: assign, close, open again, put off, mark. Always all of a person's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, or_, select, update

from loumass.accounts.models import Membership, User
from loumass.accounts.permissions import may
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.inbox import jobs
from loumass.inbox.desk import notifying
from loumass.messages.models import Conversation

#: The line that a conversation stands in: a contact's id, or a conversation's.
LINE = func.coalesce(Conversation.stands_with_id, Conversation.contact_id, Conversation.id)


def mark_read(ids: Sequence[UUID]) -> int:
    """Nothing in these conversations is new any more; returns how many were unread."""
    return _change(ids, Conversation.unread_since.is_not(None), unread_since=None)


def mark_unread(ids: Sequence[UUID]) -> int:
    """The latest of these conversations is new again."""
    latest = (
        select(Conversation.id)
        .where(Conversation.id.in_(ids), Conversation.last_inbound_at.is_not(None))
        .order_by(Conversation.last_inbound_at.desc(), Conversation.id.desc())
        .limit(1)
    )
    return _change(list(db().scalars(latest)), unread_since=clock.now())


def close(ids: Sequence[UUID]) -> int:
    """Done: nobody has to answer, nothing is new; returns how many were open."""
    return _change(
        ids,
        Conversation.closed_at.is_(None),
        closed_at=clock.now(),
        needs_reply_since=None,
        unread_since=None,
        snoozed_until=None,
    )


def reopen(ids: Sequence[UUID], waited: Sequence[UUID] = ()) -> int:
    """Open again; returns how many were closed or put off. Those that `waited` for an answer do so again."""
    closed = Conversation.closed_at.is_not(None) | Conversation.snoozed_until.is_not(None)
    since = func.coalesce(Conversation.needs_reply_since, Conversation.last_inbound_at)
    _change([one for one in waited if one in ids], closed, needs_reply_since=since)
    return _change(ids, closed, closed_at=None, snoozed_until=None)


def waiting(ids: Sequence[UUID]) -> Sequence[UUID]:
    """Those of `ids` in which somebody waits for an answer."""
    return (
        db()
        .scalars(
            select(Conversation.id).where(
                Conversation.id.in_(ids), Conversation.needs_reply_since.is_not(None)
            )
        )
        .all()
    )


def lines_of(ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Conversation -> the line of the inbox that it stands in: its contact's, where nobody put it elsewhere."""
    rows = db().execute(
        select(Conversation.id, LINE.label("line"))
        .where(Conversation.id.in_(ids))
        .order_by(Conversation.last_inbound_at, Conversation.id)
    )
    return {row.id: row.line for row in rows}


def of_same_people(ids: Sequence[UUID]) -> Sequence[UUID]:
    """All conversations that stand in the lines of `ids`, also of those who were merged into their people."""
    keys = list(set(lines_of(ids).values()))
    merged = select(Contact.id).where(Contact.merged_into_id.in_(keys))
    by_itself = or_(
        Conversation.contact_id.in_(keys), Conversation.contact_id.in_(merged), Conversation.id.in_(keys)
    )
    whose = or_(
        Conversation.id.in_(ids),
        Conversation.stands_with_id.in_(keys),
        and_(Conversation.stands_with_id.is_(None), by_itself),
    )
    return db().scalars(select(Conversation.id).where(whose)).all()


def need_no_reply(ids: Sequence[UUID]) -> int:
    """Somebody answered, or no answer is wanted."""
    return _change(ids, Conversation.needs_reply_since.is_not(None), needs_reply_since=None)


def need_reply(ids: Sequence[UUID]) -> int:
    """They wait for an answer after all, since they wrote last."""
    return _change(
        ids,
        Conversation.needs_reply_since.is_(None),
        Conversation.closed_at.is_(None),
        needs_reply_since=func.coalesce(Conversation.last_inbound_at, clock.now()),
    )


def snooze(ids: Sequence[UUID], until: datetime) -> int:
    """Out of sight until then, when they come back unread. Raises Refused for a time that has passed."""
    if until <= clock.now():
        raise Refused("That time has passed. The conversation stays where it is; choose a later time.")
    count = _change(ids, closed_at=None, snoozed_until=until, unread_since=None)
    jobs.end_snoozes.later(at=until)
    return count


def assign(ids: Sequence[UUID], user_id: UUID | None) -> int:
    """They are somebody's to answer, or nobody's. Raises Refused for who cannot answer."""
    if user_id is not None and user_id not in {one.id for one in who_may_answer()}:
        raise Refused("Only people of your organization who may answer can be given a conversation.")
    return _change(ids, assignee_id=user_id)


def give(ids: Sequence[UUID], user_id: UUID | None, by: UUID) -> int:
    """As `assign`; whoever it is given to is told once for each line, unless they took it themselves."""
    count = assign(ids, user_id)
    if user_id is not None:
        heads = {line: one for one, line in lines_of(ids).items()}
        notifying.tell_each("assigned", [(user_id, one) for one in heads.values()], actor_id=by)
    return count


def who_may_answer() -> Sequence[User]:
    """Everybody of the organization whose role may reply, by name."""
    rows = db().execute(
        select(User, Membership.role)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id())
        .order_by(User.name, User.id)
    )
    return [user for user, role in rows if may(role, "inbox.reply")]


def _change(ids: Sequence[UUID], *conditions: object, **values: object) -> int:
    changed = db().scalars(
        update(Conversation)
        .where(Conversation.id.in_(ids), *conditions)  # pyright: ignore[reportArgumentType]  SQL conditions
        .values(**values)
        .returning(Conversation.id)
    )
    count = len(changed.all())
    if count:
        announce("inbox")
        for conversation_id in ids:
            announce(f"conversation:{conversation_id}")
    return count
