"""Tracking domains added, looked at and removed. What verified a name first keeps it until it is removed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import exists, select, update
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.service import audit
from loumass.channels.tracking_checking import Found, own_host
from loumass.channels.tracking_models import TrackingDomain, TrackingHost
from loumass.core import clock, live
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id

#: A verified name is looked at again after a day; one that is not, each hour for so long, then daily too.
DAILY, HOURLY, HOPE = timedelta(days=1), timedelta(hours=1), timedelta(days=3)
MOST = 20
CHECKING = "channels.check_tracking_domain"
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z][a-z0-9-]*[a-z0-9]")


def domains() -> Sequence[TrackingDomain]:
    """All that were not removed, the oldest first."""
    kept = select(TrackingDomain).where(TrackingDomain.removed_at.is_(None))
    return db().scalars(kept.order_by(TrackingDomain.created_at, TrackingDomain.id)).all()


def add(typed: str, author_id: UUID | None) -> TrackingDomain:
    """A new name, not used before it is verified. Raises Refused, Conflict."""
    name = _name(typed)
    present = domains()
    if any(one.name == name for one in present):
        raise Conflict(f"{name} is on the list already.")
    if len(present) >= MOST:
        raise Refused(f"There are {MOST} names already. Remove one first.")
    domain = TrackingDomain(id=uuid7(), name=name, created_by_id=author_id, next_check_at=clock.now())
    db().add(domain)
    db().flush()
    host = insert(TrackingHost).values(
        name=name,
        organization_id=current_organization_id(),
        is_claimed=False,
        was_verified=False,
        created_at=clock.now(),
    )
    db().execute(host.on_conflict_do_nothing())
    audit("tracking_domain.added", "tracking_domain", domain.id, name=name)
    return domain


def remove(domain: TrackingDomain) -> None:
    """New mail uses it no more. Links that were sent keep working as long as its DNS record stands."""
    domain.removed_at, domain.next_check_at = clock.now(), None
    mine = TrackingHost.name == domain.name, TrackingHost.organization_id == current_organization_id()
    db().execute(update(TrackingHost).where(*mine).values(is_claimed=False))
    audit("tracking_domain.removed", "tracking_domain", domain.id, name=domain.name)


def note(domain: TrackingDomain, found: Found) -> None:
    """Take in what a look brought. A name that is not well any more is not used from the next slice of sending on."""
    now, before = clock.now(), domain.state
    domain.checked_at = now
    if found.is_well and not _claimed(domain):
        found = Found(
            f"Another organization of this installation uses {domain.name}. They have to remove it first."
        )
    if found.is_well:
        domain.is_secure = domain.is_secure if domain.verified_at else found.is_secure
        domain.state, domain.reason, domain.verified_at = "verified", "", now
    else:
        domain.state, domain.reason = "failing" if domain.verified_at else "pending", found.reason
    is_hopeful = now - (domain.verified_at or domain.created_at) < HOPE
    again = domain.next_check_at = now + (HOURLY if is_hopeful and not found.is_well else DAILY)
    wake_all([_look(domain.id, again)])
    if domain.state != before:
        audit("tracking_domain.changed", "tracking_domain", domain.id, name=domain.name, state=domain.state)
        live.announce("channels")


def sweep() -> list[Wake]:
    """When each name is to be looked at, for the agenda."""
    return [_look(one.id, one.next_check_at) for one in domains() if one.next_check_at]


def _look(domain_id: UUID, at: datetime) -> Wake:
    return Wake(CHECKING, (str(domain_id),), at)


def _claimed(domain: TrackingDomain) -> bool:
    """Whether the name is this organization's, from now on if it was nobody's."""
    own = current_organization_id()
    theirs = exists().where(
        TrackingHost.name == domain.name, TrackingHost.is_claimed, TrackingHost.organization_id != own
    )
    if db().scalar(select(theirs)):
        return False
    mine = TrackingHost.name == domain.name, TrackingHost.organization_id == own
    db().execute(update(TrackingHost).where(*mine).values(is_claimed=True, was_verified=True))
    return True


def _name(typed: str) -> str:
    name = typed.strip().lower().removeprefix("https://").removeprefix("http://").strip("/").rstrip(".")
    try:
        name = name.encode("idna").decode() if not name.isascii() else name
    except UnicodeError as problem:
        raise Refused(f"{typed} is no name that DNS knows. Write one like go.example.com.") from problem
    if len(name) > 253 or not _NAME.fullmatch(name) or name.count(".") < 2:
        raise Refused(f"{typed} is not a name below your domain. Write one like go.example.com.")
    if name == own_host():
        raise Refused(f"{name} is where Loumass itself is. Choose a name below your own domain.")
    return name
