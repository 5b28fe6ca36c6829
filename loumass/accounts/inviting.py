"""Invitations: a role offered to an e-mail address, taken up through a link."""

from __future__ import annotations

import hashlib
import secrets
from datetime import timedelta
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts import addresses
from loumass.accounts.models import Invitation, Membership, User
from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id

LIFETIME = timedelta(days=7)
GONE = "This invitation was used, withdrawn or is older than 7 days. Ask whoever invited you for a new one."


def invite(email: str, role: str, invited_by_id: UUID) -> tuple[Invitation, str]:
    """The invitation and the token of its link; a second one for the address replaces the first.

    Raises Conflict when that person is a member already.
    """
    if _is_member(email):
        raise Conflict(f"{email} is a member already.")
    token = secrets.token_urlsafe(24)
    fresh = {
        "email": email,
        "role": role,
        "token_hash": _hash(token),
        "invited_by_id": invited_by_id,
        "created_at": clock.now(),
        "expires_at": clock.now() + LIFETIME,
    }
    statement = (
        insert(Invitation)
        .values(
            id=uuid7(), organization_id=current_organization_id(), email_key=addresses.key(email), **fresh
        )
        .on_conflict_do_update(index_elements=["organization_id", "email_key"], set_=fresh)
        .returning(Invitation)
    )
    invitation = db().scalars(statement, execution_options={"populate_existing": True}).one()
    audit("invitation.sent", "invitation", invitation.id, role=role)
    return invitation, token


def open_invitations() -> list[Invitation]:
    """Those of the current organization that were not taken up, newest first."""
    return list(
        db().scalars(
            select(Invitation)
            .where(Invitation.organization_id == current_organization_id())
            .order_by(Invitation.created_at.desc(), Invitation.id)
            .limit(200)
        )
    )


def invitation_or_404(invitation_id: UUID) -> Invitation:
    """The current organization's invitation. Raises NotFound."""
    found = db().scalar(
        select(Invitation).where(
            Invitation.organization_id == current_organization_id(), Invitation.id == invitation_id
        )
    )
    if found is None:
        raise NotFound
    return found


def withdraw(invitation: Invitation) -> None:
    """Takes the offer back; its link leads nowhere from now on."""
    db().delete(invitation)
    audit("invitation.withdrawn", "invitation", invitation.id)


def organization_of(token: str) -> UUID | None:
    """Which organization invites with `token`; alone and first in its transaction."""
    return db().scalar(text("SELECT organization_id FROM invitation_by_token(:hash)"), {"hash": _hash(token)})


def invitation_of(token: str) -> Invitation:
    """The current organization's open invitation behind `token`, locked. Raises NotFound."""
    found = db().scalar(
        select(Invitation)
        .where(
            Invitation.organization_id == current_organization_id(),
            Invitation.token_hash == _hash(token),
            Invitation.expires_at > clock.now(),
        )
        .with_for_update()
    )
    if found is None:
        raise NotFound(GONE)
    return found


def accept(invitation: Invitation, user: User) -> None:
    """`user` becomes a member in the role that was offered; the link is used up."""
    statement = insert(Membership).values(
        organization_id=invitation.organization_id,
        user_id=user.id,
        role=invitation.role,
        created_at=clock.now(),
    )
    db().execute(statement.on_conflict_do_nothing())
    db().execute(
        delete(Invitation).where(
            Invitation.organization_id == invitation.organization_id, Invitation.id == invitation.id
        )
    )
    audit("member.joined", "user", user.id, role=invitation.role)


def _is_member(email: str) -> bool:
    statement = (
        select(User.id)
        .join(Membership, Membership.user_id == User.id)
        .where(
            Membership.organization_id == current_organization_id(), User.email_key == addresses.key(email)
        )
    )
    return db().scalar(statement) is not None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
