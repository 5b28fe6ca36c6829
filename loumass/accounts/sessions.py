"""The browsers that people are signed in with. A session's cookie names its row; without it the cookie opens nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, update

from loumass.accounts.coming_from import Place
from loumass.accounts.models import Membership, UserSession
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.ids import uuid7

#: "Last seen" is as true as this; more would write at each page.
SEEN_EVERY = timedelta(minutes=5)
#: No cookie lives longer (`app.session_cookie`).
LIFETIME = timedelta(days=30)
WAYS = {"password": "password", "google": "Google", "microsoft": "Microsoft"}


def begin(user_id: UUID, way: str, place: Place) -> UUID:
    """The id of a new session, in the current transaction."""
    begun = UserSession(id=uuid7(), user_id=user_id, way=way, came_from=place.address, browser=place.browser)
    db().add(begun)
    db().flush()
    return begun.id


def is_to_be_noted(session: UserSession, place: Place) -> bool:
    """Whether the session was not seen for a while, or comes from elsewhere."""
    return clock.now() - session.seen_at >= SEEN_EVERY or session.came_from != place.address


def note(session: UserSession, place: Place) -> None:
    """It was seen now, at `place`."""
    session.seen_at, session.came_from, session.browser = clock.now(), place.address, place.browser


def open_sessions(user_id: UUID) -> Sequence[UserSession]:
    """A person's sessions that were not ended and whose cookie may still live, the one seen last first."""
    return (
        db()
        .scalars(
            select(UserSession)
            .where(
                UserSession.user_id == user_id,
                UserSession.ended_at.is_(None),
                UserSession.seen_at > clock.now() - LIFETIME,
            )
            .order_by(UserSession.seen_at.desc(), UserSession.id.desc())
            .limit(100)
        )
        .all()
    )


def end(user_id: UUID, session_id: UUID) -> None:
    """Sign that browser out. Raises NotFound for what is not the person's own."""
    ended = db().scalars(
        update(UserSession)
        .where(UserSession.id == session_id, UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now())
        .returning(UserSession.id)
    )
    if not ended.all():
        raise NotFound("That session has ended already.")
    end_streams(user_id)


def end_all(user_id: UUID, *, but: UUID | None = None) -> int:
    """Sign a person out everywhere, but for one session; returns how many ended."""
    statement = (
        update(UserSession)
        .where(UserSession.user_id == user_id, UserSession.ended_at.is_(None))
        .values(ended_at=clock.now())
    )
    if but is not None:
        statement = statement.where(UserSession.id != but)
    end_streams(user_id)
    return len(db().scalars(statement.returning(UserSession.id)).all())


def end_streams(user_id: UUID) -> None:
    """What listens for a person comes back by what holds now, in every organization of theirs. Needs a session of that person."""
    places = db().scalars(select(Membership.organization_id).where(Membership.user_id == user_id)).all()
    if places:
        live.end_streams([user_id], places)


def forget_old() -> None:
    """Sessions whose cookies are dead are of no use to anybody. In the current transaction."""
    old = UserSession.seen_at < clock.now() - 2 * LIFETIME
    db().execute(delete(UserSession).where(old), execution_options={"synchronize_session": False})
