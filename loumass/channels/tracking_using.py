"""Under which name an organization's links go out."""

from __future__ import annotations

from collections.abc import Collection
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from loumass.channels.tracking_models import TrackingDomain
from loumass.core import links
from loumass.core.database import db


def domain_for(address: str) -> UUID | None:
    """The verified name that mail from `address` uses: one of the sender's own domain before others, the oldest first.
    None: the installation's own."""
    verified = select(TrackingDomain.id, TrackingDomain.name).where(
        TrackingDomain.state == "verified", TrackingDomain.removed_at.is_(None)
    )
    rows = db().execute(verified.order_by(TrackingDomain.created_at, TrackingDomain.id)).all()
    at = "." + address.rpartition("@")[2].lower()
    own = [row.id for row in rows if row.name.endswith(at)]
    return next(iter([*own, *(row.id for row in rows)]), None)


def bases(domain_ids: Collection[UUID]) -> dict[UUID, str]:
    """Where tokens lead under each name, also one that is not used any more: `https://go.acme.example`."""
    if not domain_ids:
        return {}
    rows = db().scalars(select(TrackingDomain).where(TrackingDomain.id.in_(domain_ids)))
    return {row.id: base_of(row.name, is_secure=row.is_secure) for row in rows}


def base_of(name: str, *, is_secure: bool) -> str:
    """The address under a name: by the port of the installation, where that is an unusual one."""
    own = urlsplit(links.absolute())
    port = f":{own.port}" if own.port and (own.scheme == "https") == is_secure else ""
    return f"{'https' if is_secure else 'http'}://{name}{port}"
