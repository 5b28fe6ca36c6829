"""Beginning a session."""

from __future__ import annotations

from uuid import UUID

from flask import request, session, url_for
from flask_login import login_user

from loumass.accounts.guards import SignedIn
from loumass.accounts.members import organizations_of
from loumass.accounts.models import User
from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, globally


def enter(user: User, organization_id: UUID, *, stays: bool = False) -> None:
    """Signs `user` in at an organization of theirs, in a fresh session, and notes it."""
    begin(user, organization_id, stays=stays)
    with acting_for(organization_id, user.id) as own:
        own.info["ip_hash"] = keyed_hash(request.remote_addr or "")
        known = own.get_one(User, user.id)
        known.last_login_at = clock.now()
        audit("sign_in")
        own.commit()


def begin(user: User, organization_id: UUID, *, stays: bool = False) -> None:
    """A fresh session cookie: nothing of what another person left in it survives."""
    session.clear()
    login_user(SignedIn(user))
    session["organization"] = str(organization_id)
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
    for organization_id in belongs:
        with acting_for(organization_id, user_id):
            db().info["ip_hash"] = keyed_hash(request.remote_addr or "")
            audit(action)
            db().commit()
