"""Accounts at Google and Microsoft that people sign in with: whose they are, and when one may become somebody's.

An account belongs to whoever proved both sides: signed in at the vendor, and here. An address alone proves the side here only
when the vendor answers for it and our own mail reached it once; else the password is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import User, VendorAccount
from loumass.accounts.sign_up import find_user
from loumass.config import Settings
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.providers.oauth import Client
from loumass.providers.openid import VENDORS, Identity

_clients: Mapping[str, Client] = {}


class Found(NamedTuple):
    """Whom an identity leads to. `is_theirs`: it may come in; otherwise their password is asked for first."""

    user: User
    is_theirs: bool


def use(settings: Settings) -> None:
    """Take the installation's own applications for this process."""
    global _clients  # noqa: PLW0603  one installation, one set of applications
    _clients = {
        vendor: Client(client_id=one.client_id, client_secret=one.client_secret, options=one.options)
        for vendor, one in settings.vendor_clients.items()
        if vendor in VENDORS
    }


def offered() -> list[tuple[str, str]]:
    """(vendor, label) of those that people can sign in with here."""
    return [(vendor, VENDORS[vendor].sign_in.label) for vendor in VENDORS if vendor in _clients]


def client_of(vendor: str) -> Client:
    """The installation's application at `vendor`. Raises NotFound where there is none."""
    if vendor not in _clients:
        raise NotFound
    return _clients[vendor]


def find(identity: Identity) -> Found | None:
    """Whom `identity` leads to, None for nobody."""
    known = db().get(VendorAccount, (identity.vendor, identity.subject))
    if known is not None:
        return Found(db().get_one(User, known.user_id), True)
    user = find_user(identity.email) if identity.is_proven and identity.email else None
    return Found(user, user.address_proven_at is not None) if user is not None else None


def connect(identity: Identity, user_id: UUID) -> bool:
    """It is theirs from now on; returns whether that is news. Raises Conflict where it is somebody else's."""
    values = {
        "vendor": identity.vendor, "subject": identity.subject, "user_id": user_id, "email": identity.email[:254],
        "created_at": clock.now(), "seen_at": clock.now(),
    }  # fmt: skip
    made = db().scalars(
        insert(VendorAccount).values(**values).on_conflict_do_nothing().returning(VendorAccount.user_id)
    )
    if made.all():
        return True
    known = db().get_one(VendorAccount, (identity.vendor, identity.subject))
    if known.user_id != user_id:
        raise Conflict("That account signs somebody else in here. Nothing was changed.")
    known.seen_at, known.email = clock.now(), identity.email[:254]
    return False


def accounts_of(user_id: UUID) -> Sequence[VendorAccount]:
    """Those that sign a person in, by vendor."""
    found = select(VendorAccount).where(VendorAccount.user_id == user_id)
    return db().scalars(found.order_by(VendorAccount.vendor, VendorAccount.created_at)).all()


def disconnect(user_id: UUID, vendor: str) -> int:
    """None of that vendor's accounts signs the person in any more; returns how many did."""
    gone = delete(VendorAccount).where(VendorAccount.user_id == user_id, VendorAccount.vendor == vendor)
    return len(db().scalars(gone.returning(VendorAccount.subject)).all())
