"""What holds for a whole organization, and its ledger."""

from __future__ import annotations

from datetime import timedelta

from flask import Response, g

from loumass.accounts import auditing
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import AuditFilter, AuditOut, AuditQuery, OrganizationBody, OrganizationOut
from loumass.accounts.guards import requires
from loumass.accounts.handing_down import HOURS
from loumass.accounts.pages.auditing import audit_file
from loumass.accounts.places import countries, timezones
from loumass.accounts.service import audit_change
from loumass.core import clock
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
    before = {name: getattr(g.organization, name) for name in settings}
    for name, value in settings.items():
        setattr(g.organization, name, value)
    audit_change("organization.changed", before, settings)
    if before["timezone"] != settings["timezone"]:
        HOURS.changed()
    return OrganizationOut.of(g.organization)


@endpoint(api, "GET", "/audit", asks=AuditQuery, answers=PageOut[AuditOut])
@requires("audit.read")
def audit_lines(query: AuditQuery) -> PageOut[AuditOut]:
    """Who did what that matters, the latest first."""
    found = auditing.rows(query.cursor, _wanted(query), size=query.limit)
    return paged(found, lambda row: AuditOut.of(row[0], auditing.sentence(row[0].action)))


@endpoint(api, "GET", "/audit.csv", asks=AuditFilter, gives="text/csv")
@requires("audit.read")
def audit_csv(query: AuditFilter) -> Response:
    """The same as a file, all of it; taking it away is noted."""
    return audit_file(_wanted(query), sorted(query.model_dump(exclude_none=True)))


def _wanted(query: AuditFilter | AuditQuery) -> auditing.Wanted:
    since = clock.now() - timedelta(days=query.days) if query.days else None
    return auditing.Wanted(" ".join((query.q or "").split()), query.action or "", query.user_id, since)
