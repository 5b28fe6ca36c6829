"""Addresses that must not be used: listed, added to, taken off with a reason."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import Response, g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts import suppressing
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import Value, Why
from loumass.contacts.downloads import csv_download
from loumass.contacts.models import Suppression
from loumass.contacts.suppression import lift
from loumass.contacts.suppression_lists import exported, hashes_of
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Line, Medium, PageOut, PageQuery, RowModel, paged
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404


class SuppressionQuery(PageQuery):
    """`q` is one whole address; it is found also where it was erased."""

    q: Line | None = None
    medium: Medium | None = None
    reason: Literal["unsubscribed", "bounced", "complained", "by_hand", "imported", "erased"] | None = None


class SuppressionOut(RowModel):
    """An address that must not be used on a medium; null once its owner was erased."""

    id: UUID
    medium: str
    address: str | None
    reason: str
    note: str
    until_at: datetime | None
    created_at: datetime


class SuppressionBody(ApiModel):
    """Addresses to bar."""

    medium: Medium = "email"
    addresses: Annotated[list[Value], Field(min_length=1, max_length=1_000)]
    note: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")] = ""


class BarredOut(ApiModel):
    """How many addresses were barred, were so before, or could not be read."""

    added: int
    known: int
    refused: int


@endpoint(api, "GET", "/suppressions", asks=SuppressionQuery, answers=PageOut[SuppressionOut])
@requires("contacts.read")
def list_suppressions(query: SuppressionQuery) -> PageOut[SuppressionOut]:
    """The list, the latest first."""
    statement = select(Suppression)
    if query.q:
        statement = statement.where(Suppression.address_hash.in_(hashes_of(query.q, g.organization.country)))
    if query.medium:
        statement = statement.where(Suppression.medium == query.medium)
    if query.reason:
        statement = statement.where(Suppression.reason == query.reason)
    keys = [Suppression.created_at, Suppression.id]
    return paged(page(statement, keys, query.cursor, descending=True, size=query.limit), SuppressionOut.of)


@endpoint(api, "POST", "/suppressions", takes=SuppressionBody, answers=BarredOut)
@requires("suppression.write")
def bar_addresses(body: SuppressionBody) -> BarredOut:
    """Bar addresses on a medium."""
    outcome = suppressing.bar_lines(body.addresses, body.medium, body.note, g.organization.country)
    audit("suppression.added", medium=body.medium, addresses=outcome.added)
    return BarredOut(added=outcome.added, known=outcome.known, refused=outcome.refused_count)


@endpoint(api, "POST", "/suppressions/<uuid:suppression_id>/lift", takes=Why, answers=Done)
@requires("suppression.remove")
def lift_suppression(suppression_id: UUID, body: Why) -> Done:
    """Take an address off the list; the reason is kept."""
    row = get_or_404(Suppression, suppression_id, lock=True)
    if not lift(suppression_id, body.why.strip()):
        raise Refused("This person asked to be erased. The address stays barred for good.")
    audit(
        "suppression.removed",
        "suppression",
        suppression_id,
        medium=row.medium,
        reason=row.reason,
        why=body.why.strip(),
    )
    return Done(done="The address may be used again.", count=1)


@endpoint(api, "GET", "/suppressions.csv", gives="text/csv")
@requires("contacts.export")
def export_suppressions() -> Response:
    """The whole list as a file."""
    audit("suppression.exported")
    db().commit()
    return csv_download("suppression.csv", ["medium", "address", "reason", "note", "since"], exported)
