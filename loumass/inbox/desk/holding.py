"""Who is answering a line right now: held for minutes, kept alive by typing, so that nobody is answered twice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.models import User
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id
from loumass.core.words import moment
from loumass.inbox.desk import notifying
from loumass.inbox.person import Person
from loumass.messages.models import Message

#: Whoever has typed nothing for so long is not answering any more.
LIFETIME = timedelta(minutes=3)
#: Typing renews it at most so often: not every letter writes a row.
_RENEWED_EVERY = timedelta(seconds=30)
_HOLDER = text("""
    SELECT line_id, user_id, until_at FROM answering
    WHERE organization_id = :organization_id AND line_id = ANY(CAST(:ids AS uuid[])) AND until_at > :now
""")
# A second one at the same moment waits here for the first, and finds the line held.
_HOLD = text("""
    INSERT INTO answering AS held (organization_id, line_id, user_id, until_at)
    VALUES (:organization_id, :line_id, :user_id, :until_at)
    ON CONFLICT (organization_id, line_id) DO UPDATE SET user_id = excluded.user_id, until_at = excluded.until_at
    WHERE held.organization_id = :organization_id
      AND (held.user_id = excluded.user_id OR held.until_at <= :now OR :takes)
    RETURNING user_id
""")
_LET_GO = text("""
    DELETE FROM answering WHERE organization_id = :organization_id AND line_id = :line_id AND user_id = :user_id
    RETURNING line_id
""")
TOPIC = "answering"


def holder(line_id: UUID) -> User | None:
    """Who is answering the line now."""
    row = db().execute(_HOLDER, _bound(ids=uuid_array([line_id]), now=clock.now())).first()
    return db().get(User, row.user_id) if row else None


def holders(line_ids: Sequence[UUID]) -> Mapping[UUID, str]:
    """Line -> the name of who answers it now, in two statements at most."""
    rows = db().execute(_HOLDER, _bound(ids=uuid_array(line_ids), now=clock.now())).all()
    names = {
        one.id: one.name for one in db().scalars(select(User).where(User.id.in_({row.user_id for row in rows})))
    } if rows else {}  # fmt: skip
    return {row.line_id: names[row.user_id] for row in rows if row.user_id in names}


def try_to_hold(line_id: UUID, user: User, *, takes: bool = False) -> User | None:
    """The line is the user's to answer for some minutes: None. Somebody else who holds it is returned; `takes` it
    from them."""
    before = db().execute(_HOLDER, _bound(ids=uuid_array([line_id]), now=clock.now())).first()
    if before and before.user_id == user.id and before.until_at > clock.now() + LIFETIME - _RENEWED_EVERY:
        return None
    bound = _bound(
        line_id=line_id, user_id=user.id, until_at=clock.now() + LIFETIME, now=clock.now(), takes=takes
    )
    if db().scalar(_HOLD, bound) is None:
        return holder(line_id)
    if before is None or before.user_id != user.id:
        announce(TOPIC)
    return None


def hold(line_id: UUID, user: User) -> None:
    """As `try_to_hold`. Raises Conflict with the name of who answers."""
    other = try_to_hold(line_id, user)
    if other is not None:
        raise Conflict(f"{other.name} is answering. What you wrote is kept as a draft; it was not sent.")


def take_over(person: Person, user: User, conversation_id: UUID) -> User | None:
    """The answer is the user's, whoever held it; returns who did, and tells them."""
    before = holder(person.line_id)
    try_to_hold(person.line_id, user, takes=True)
    if before is None or before.id == user.id:
        return None
    notifying.tell("taken", [before.id], conversation_id, actor_id=user.id)
    return before


def let_go(line_id: UUID, user_id: UUID) -> None:
    """The user does not answer any more."""
    if db().scalar(_LET_GO, _bound(line_id=line_id, user_id=user_id)) is not None:
        announce(TOPIC)


def last_answer(person: Person) -> Message | None:
    """The latest answer that one of ours wrote in the line."""
    return db().scalar(
        select(Message)
        .where(
            person.messages(),
            Message.direction == "out",
            Message.author_id.is_not(None),
            Message.state != "cancelled",
        )
        .order_by(Message.occurred_at.desc(), Message.id.desc())
        .limit(1)
    )


def refuse_second_answer(person: Person, seen: str, user: User, timezone: str) -> None:
    """Raises Conflict where a colleague has answered and the page that was sent, which names the last answer it
    showed, did not know."""
    latest = last_answer(person)
    if latest is None or latest.author_id in (None, user.id) or str(latest.id) == seen:
        return
    author = db().get(User, latest.author_id)
    name = author.name if author else "A colleague"
    raise Conflict(
        f"{name} answered {moment(latest.occurred_at, timezone)}, while you wrote. What you wrote is kept as a draft. "
        f"Read the answer; send yours once more if it is still wanted."
    )


def _bound(**values: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), **values}
