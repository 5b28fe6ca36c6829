"""What runs by itself for channels: looking again at the names that links go out under."""

from __future__ import annotations

from uuid import UUID

from loumass.channels.tracking_checking import look_at
from loumass.channels.tracking_domains import note
from loumass.channels.tracking_models import TrackingDomain
from loumass.core import clock
from loumass.core.jobs import job
from loumass.core.tenancy import get, transaction


@job("receive")
def check_tracking_domain(domain_id: str) -> None:
    """Look at one name again, if it is time. No transaction is open while DNS and the name answer."""
    with transaction():
        domain = get(TrackingDomain, UUID(domain_id))
        if domain is None or domain.next_check_at is None or domain.next_check_at > clock.now():
            return
        name, is_secure = domain.name, domain.is_secure if domain.verified_at else None
    found = look_at(name, is_secure=is_secure)
    with transaction():
        domain = get(TrackingDomain, UUID(domain_id), lock=True)
        if domain is not None and domain.removed_at is None:
            note(domain, found)
