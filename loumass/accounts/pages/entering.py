"""Beginning a session: at once, or after a second factor."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import flash, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_user

from loumass.accounts import sessions
from loumass.accounts.entering import place
from loumass.accounts.guards import SignedIn
from loumass.accounts.members import organizations_of
from loumass.accounts.models import User
from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, globally

#: So long somebody who has shown the first factor may take to show the second.
PATIENCE = timedelta(minutes=10)
_HALF = "half"


def come_in(
    user: User,
    organization_id: UUID,
    *,
    way: str = "password",
    stays: bool = False,
    to: str = "",
    said: str = "",
) -> ResponseReturnValue:
    """Whoever has shown who they are goes on to `to` (a page of this house), by their second factor where they have one."""
    to = to or next_address()
    if user.second_factor_since is None:
        return _arrive(user, organization_id, way=way, stays=stays, to=to, said=said)
    until = int((clock.now() + PATIENCE).timestamp())
    session.clear()
    session[_HALF] = [str(user.id), user.epoch, str(organization_id), way, stays, to, said, until]
    return redirect(url_for("accounts.second_factor"))


def half_in() -> UUID | None:
    """Who has shown the first factor in this browser, lately; None for nobody."""
    half = session.get(_HALF)
    return UUID(half[0]) if half and half[-1] > clock.now().timestamp() else None


def come_in_by_second_factor(user: User) -> ResponseReturnValue:
    """`user`, who has shown both. Back to the beginning where their password changed meanwhile."""
    _, epoch, organization_id, way, stays, to, said, _ = session[_HALF]
    if user.epoch != epoch:
        session.clear()
        return redirect(url_for("accounts.login"))
    return _arrive(user, UUID(organization_id), way=way, stays=stays, to=to, said=said)


def enter(user: User, organization_id: UUID, *, way: str = "password", stays: bool = False) -> None:
    """Signs `user` in at an organization of theirs, in a fresh session, and notes it."""
    begin(user, organization_id, way=way, stays=stays)
    here = place()
    with acting_for(organization_id, user.id) as own:
        own.info.update(ip_hash=keyed_hash(here.address), came_from=here)
        known = own.get_one(User, user.id)
        known.last_login_at = clock.now()
        audit("sign_in", way=way)
        own.commit()


def begin(user: User, organization_id: UUID, *, way: str = "password", stays: bool = False) -> None:
    """A fresh session: nothing of what another person left in the cookie survives."""
    with globally(user.id) as own:
        begun = sessions.begin(user.id, way, place())
        own.commit()
    stand_in(user, organization_id, begun, stays=stays)


def stand_in(user: User, organization_id: UUID, session_id: UUID, *, stays: bool) -> None:
    """A fresh cookie for a session that is written down."""
    session.clear()
    login_user(SignedIn(user))
    session["organization"] = str(organization_id)
    session["session"] = str(session_id)
    session.permanent = stays


def first_organization(user_id: UUID) -> UUID | None:
    """Where a person goes after signing in: what they joined first; None when they belong to nothing."""
    with globally(user_id):
        belongs = organizations_of(user_id)
    return belongs[0][0].id if belongs else None


def next_address() -> str:
    """The page of this house that was asked for before signing in; anything else becomes the first page."""
    wanted = request.args.get("next", "")
    # Browsers read "//", "/\\" and what hides control characters as another host.
    is_ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\"))
    plain = all(32 < ord(character) < 127 for character in wanted)
    return wanted if is_ours and plain else url_for("account.home")


def note_everywhere(user_id: UUID, action: str) -> None:
    """Audits `action` of a person in every organization they belong to: each has its own ledger."""
    with globally(user_id):
        belongs = [organization.id for organization, _ in organizations_of(user_id)]
    here = place()
    for organization_id in belongs:
        with acting_for(organization_id, user_id):
            db().info.update(ip_hash=keyed_hash(here.address), came_from=here)
            audit(action)
            db().commit()


def _arrive(
    user: User, organization_id: UUID, *, way: str, stays: bool, to: str, said: str
) -> ResponseReturnValue:
    enter(user, organization_id, way=way, stays=stays)
    if said:
        flash(said, "done")
    return redirect(to)
