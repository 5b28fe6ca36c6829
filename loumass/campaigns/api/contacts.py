"""The list of contacts, with what campaigns know of them."""

from __future__ import annotations

from typing import Literal

from flask import Response

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.api.models import StatusName
from loumass.campaigns.exporting import contact_columns, exported_contacts
from loumass.campaigns.people_list import PeopleFilter
from loumass.contacts import editing, listing
from loumass.contacts.api.models import ContactOut
from loumass.contacts.api.person import told
from loumass.contacts.downloads import csv_download
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Id, Line, Moment, PageOut, PageQuery
from loumass.core.database import db


class Filters(ApiModel):
    """Which contacts: by the beginning of a name, company or address, and by what is known of them."""

    q: Line | None = None
    tag: Id | None = None
    import_id: Id | None = None
    owner: Id | None = None
    segment: Id | None = None
    campaign: Id | None = None
    suppressed: Literal["email", "sms", "voicemail", "any", "no"] | None = None
    verified: Literal["valid", "risky", "invalid", "unknown", "never"] | None = None
    status: StatusName | None = None
    activity: Literal["enrolled", "messaged", "replied", "bounced"] | None = None
    since: Moment | None = None

    def wanted(self) -> PeopleFilter:
        said = {
            name: str(value) for name in Filters.model_fields if (value := getattr(self, name)) is not None
        }
        said["import"] = said.pop("import_id", "")
        if self.since:
            said["since"] = self.since.isoformat()
        return PeopleFilter.of(said)


class ContactsQuery(Filters, PageQuery):
    """Which contacts, in which order."""

    sort: Literal["name", "-name", "created", "-created"] = "-created"


@endpoint(api, "GET", "/contacts", asks=ContactsQuery, answers=PageOut[ContactOut], also=["/leads"])
@requires("contacts.read")
def list_contacts(query: ContactsQuery) -> PageOut[ContactOut]:
    """Contacts, page by page."""
    found = listing.contact_page(query.wanted().conditions(), query.sort, query.cursor, size=query.limit)
    return PageOut[ContactOut](items=told(list(found.items)), next=found.after, previous=found.before)


@endpoint(api, "GET", "/contacts.csv", asks=Filters, gives="text/csv", also=["/leads/export"])
@requires("contacts.export")
def export_contacts(query: Filters) -> Response:
    """Everybody who matches, as a file."""
    conditions = query.wanted().conditions()
    audit("contacts.exported", filters=sorted(query.model_fields_set))
    db().commit()
    fields = editing.custom_fields()
    keys = [key for key, _ in fields]
    return csv_download("contacts.csv", contact_columns(fields), lambda: exported_contacts(conditions, keys))
