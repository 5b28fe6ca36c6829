"""Names that links in mail lead through, and what campaigns track that say nothing of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.accounts.service import audit_change
from loumass.channels import tracking_domains
from loumass.channels.api.blueprint import api
from loumass.channels.tracking_checking import look_at
from loumass.channels.tracking_models import TrackingDomain
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import ONE_WORD, ListOut, RowModel, listed
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404

ONE = "/tracking-domains/<uuid:domain_id>"


class DomainOut(RowModel):
    """A name, and whether it leads here."""

    id: UUID
    name: str
    state: str
    reason: str
    is_secure: bool
    checked_at: datetime | None
    verified_at: datetime | None


class DomainBody(ApiModel):
    """A name below a domain of yours, like go.example.com."""

    name: Annotated[str, Field(min_length=1, max_length=260, pattern=ONE_WORD)]


class DefaultsBody(ApiModel):
    """What is tracked, unless a campaign says otherwise; and in answers of people."""

    is_open_tracked: bool
    is_click_tracked: bool
    is_answer_tracked: bool


@endpoint(api, "GET", "/tracking-domains", answers=ListOut[DomainOut])
@requires("channels.read")
def list_domains() -> ListOut[DomainOut]:
    """Every name, the oldest first."""
    return listed(tracking_domains.domains(), DomainOut.of)


@endpoint(api, "POST", "/tracking-domains", takes=DomainBody, answers=DomainOut, status=201)
@requires("channels.write")
def add_domain(body: DomainBody) -> DomainOut:
    """Add one; it is used once its DNS record leads here."""
    added = tracking_domains.add(body.name, g.user.id)
    db().flush()
    return DomainOut.of(added)


@endpoint(api, "POST", f"{ONE}/check", answers=DomainOut)
@requires("channels.write")
def check_domain(domain_id: UUID) -> DomainOut:
    """Look at its DNS record now."""
    domain = _live_or_404(domain_id)
    name, is_secure = domain.name, domain.is_secure if domain.verified_at else None
    db().commit()  # no transaction stays open while the network answers
    found = look_at(name, is_secure=is_secure)
    domain = _live_or_404(domain_id, lock=True)
    tracking_domains.note(domain, found)
    return DomainOut.of(domain)


@endpoint(api, "DELETE", ONE, answers=DomainOut)
@requires("channels.write")
def remove_domain(domain_id: UUID) -> DomainOut:
    """Use it no more. Links that were sent keep working."""
    domain = _live_or_404(domain_id, lock=True)
    tracking_domains.remove(domain)
    return DomainOut.of(domain)


@endpoint(api, "PUT", "/tracking-defaults", takes=DefaultsBody, answers=DefaultsBody)
@requires("organization.manage")
def change_defaults(body: DefaultsBody) -> DefaultsBody:
    """From the next message that is planned on."""
    wanted = body.model_dump()
    before = {name: getattr(g.organization, name) for name in wanted}
    for name, value in wanted.items():
        setattr(g.organization, name, value)
    audit_change("organization.changed", before, wanted)
    return body


def _live_or_404(domain_id: UUID, *, lock: bool = False) -> TrackingDomain:
    domain = get_or_404(TrackingDomain, domain_id, lock=lock)
    if domain.removed_at is not None:
        raise NotFound("This name was removed. Links that were sent under it still work.")
    return domain
