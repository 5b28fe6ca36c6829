"""A new organization and its first admin, or a new person in one that exists."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from loumass.accounts import addresses
from loumass.accounts.founding import furnish
from loumass.accounts.models import Membership, Organization, User
from loumass.accounts.passwords import hashed
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.ids import uuid7
from loumass.core.tenancy import acting_for


def sign_up(
    name: str, email: str, organization: str, password: str, timezone: str | None = None
) -> tuple[User, UUID]:
    """The new admin and the id of the new organization, committed together.

    Raises Conflict when the address has an account.
    """
    organization_id, user_id = uuid7(), uuid7()
    password_hash = hashed(password)
    with acting_for(organization_id, user_id) as session:
        founded = Organization(id=organization_id, name=organization)
        if timezone:
            founded.timezone = timezone
        session.add(founded)
        user = add_user(name, email, password_hash, user_id)
        session.add(Membership(organization_id=organization_id, user_id=user_id, role="admin"))
        session.flush()
        audit("organization.founded")
        furnish(user_id)
        session.commit()
    return user, organization_id


def add_user(name: str, email: str, password_hash: str, user_id: UUID | None = None) -> User:
    """A new person in the current transaction. Raises Conflict when the address has an account."""
    user = User(
        id=user_id or uuid7(),
        name=name,
        email=email,
        email_key=addresses.key(email),
        password_hash=password_hash,
    )
    db().add(user)
    try:
        db().flush()
    except IntegrityError as problem:
        raise Conflict(f"{email} already has an account. Sign in, or have a new password sent.") from problem
    return user


def find_user(email: str) -> User | None:
    """Who signs in with `email`."""
    return db().scalar(select(User).where(User.email_key == addresses.key(email)))
