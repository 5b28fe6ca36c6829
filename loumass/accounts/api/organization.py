"""What holds for a whole organization, and its ledger."""

from __future__ import annotations

from flask import g

from loumass.accounts import auditing, local_time
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import AuditOut, AuditQuery, OrganizationBody, OrganizationOut
from loumass.accounts.guards import requires
from loumass.accounts.places import countries, timezones
from loumass.accounts.service import audit
from loumass.core.api import endpoint
from loumass.core.api.models import PageOut, paged
from loumass.core.errors import Refused


@endpoint(api, "GET", "/organization", answers=OrganizationOut)
@requires("dashboard.read")
def organization() -> OrganizationOut:
    """The organization: name, time zone, country, postal address."""
    return OrganizationOut.of(g.organization)


@endpoint(api, "PUT", "/organization", takes=OrganizationBody, answers=OrganizationOut)
@requires("organization.manage")
def change_organization(body: OrganizationBody) -> OrganizationOut:
    """Change it."""
    if body.timezone not in timezones():
        raise Refused("There is no such time zone. Write it like America/Denver. Nothing was changed.")
    if body.country not in dict(countries()):
        raise Refused("There is no such country. Write two letters, like US. Nothing was changed.")
    settings = body.model_dump() | {"name": body.name.strip(), "postal_address": body.postal_address.strip()}
    changed = [name for name, value in settings.items() if getattr(g.organization, name) != value]
    for name in changed:
        setattr(g.organization, name, settings[name])
    if changed:
        audit("organization.changed", settings=changed)
    if "timezone" in changed:
        local_time.changed()
    return OrganizationOut.of(g.organization)


@endpoint(api, "GET", "/audit", asks=AuditQuery, answers=PageOut[AuditOut])
@requires("audit.read")
def audit_lines(query: AuditQuery) -> PageOut[AuditOut]:
    """Who did what that matters, the latest first."""
    wanted = auditing.Wanted(action=query.action or "", person=query.user_id)
    found = auditing.rows(query.cursor, wanted, size=query.limit)
    return paged(found, lambda row: AuditOut.of(row[0], auditing.sentence(row[0].action)))
