"""Values that people brought, whose they are, and those that are written down by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import current_app
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.analytics import attribution
from loumass.analytics.api.blueprint import api
from loumass.analytics.api.models import FiguresQuery, PeriodOut, period_of
from loumass.analytics.attribution import Share
from loumass.analytics.figure_pages.earnings import cross_out, earned_in, write_down
from loumass.analytics.keeping import kept_shares
from loumass.analytics.listeners import organization_zone
from loumass.analytics.models import Earning
from loumass.analytics.period import Period
from loumass.contacts.models import Contact
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, Day, Done, Id, PageOut, PageQuery, RowModel, paged
from loumass.core.errors import NotFound, Refused
from loumass.core.money import CURRENCIES, minor_units, money
from loumass.core.tenancy import get_or_404


class WindowQuery(FiguresQuery):
    """Which days, and how many days before a value a touch counts."""

    window: Literal["7", "30", "90"] = "30"


class EarnedQuery(PageQuery, FiguresQuery):
    """Values of which days."""


class ShareOut(RowModel):
    """What a campaign (null: nobody) brought of one currency, in its smallest unit, by three ways of counting."""

    campaign_id: UUID | None
    name: str
    currency: str
    first: int
    last: int
    linear: int
    values: int


class TotalOut(ApiModel):
    """What was brought of one currency, in its smallest unit."""

    currency: str
    amount: int
    words: str
    values: int


class ValuesOut(ApiModel):
    """What was brought in a period, and whose it is."""

    period: PeriodOut
    totals: list[TotalOut]
    shares: list[ShareOut]


class ValueOut(RowModel):
    """A value: in the smallest unit of its currency, below zero for what was given back."""

    id: UUID
    contact_id: UUID
    amount: int
    currency: str
    earned_at: datetime
    source: str
    campaign_id: UUID | None
    note: str


class ValueBody(ApiModel):
    """A value that no goal or shop tells of: `amount` like `1,250.50`, below zero for what was given back."""

    contact_id: Id
    amount: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^-?[0-9][0-9,]*(\.[0-9]+)?$")]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    day: Day
    note: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""


class WrittenDownOut(ApiModel):
    """The value that was written down."""

    id: UUID


@endpoint(api, "GET", "/analytics/values", asks=WindowQuery, answers=ValuesOut, also=["/analytics/values"])
@requires("dashboard.read")
def value_figures(query: WindowQuery) -> ValuesOut:
    """What campaigns brought, by first touch, last touch, and shared."""
    period = period_of(query)
    totals = [
        TotalOut(currency=currency, amount=amount, words=money(amount, currency), values=many)
        for currency, amount, many in attribution.totals(period)
    ]
    shares = kept_shares(period, int(query.window), current_app.extensions["loumass.redis"])
    return ValuesOut(period=PeriodOut.of(period), totals=totals, shares=shares_out(shares))


@endpoint(api, "GET", "/values", asks=EarnedQuery, answers=PageOut[ValueOut])
@requires("dashboard.read")
def list_values(query: EarnedQuery) -> PageOut[ValueOut]:
    """The values of a period, the newest first."""
    found = earned_in(period_of(query), query.cursor, query.limit)
    return paged(found, lambda row: ValueOut.of(_earning(row)))


@endpoint(api, "POST", "/values", takes=ValueBody, answers=WrittenDownOut, status=201)
@requires("values.write")
def add_value(body: ValueBody) -> WrittenDownOut:
    """Write one down."""
    contact = get_or_404(Contact, body.contact_id)
    if contact.archived_at is not None:
        raise NotFound("This person was deleted. Nothing was written down.")
    if body.currency not in CURRENCIES:
        raise Refused(f"{body.currency} is no currency that we know. Nothing was written down.")
    try:
        amount = minor_units(body.amount, body.currency)
    except ValueError as problem:
        raise Refused(f"The amount {problem}. Nothing was written down.") from problem
    today = Period(1, organization_zone()).today
    if not amount or not body.day.year >= 2000 or body.day > today:
        raise Refused(
            "A value has an amount, and a day between the year 2000 and today. Nothing was written down."
        )
    return WrittenDownOut(id=write_down(contact.id, amount, body.currency, body.day, body.note.strip()))


@endpoint(api, "DELETE", "/values/<uuid:value_id>", answers=Done)
@requires("values.write")
def remove_value(value_id: UUID) -> Done:
    """Take one back that was written down by hand."""
    return Done(done=f"{cross_out(value_id)} taken away.", count=1)


def shares_out(shares: Sequence[Share]) -> list[ShareOut]:
    """As the pages show them."""
    return [ShareOut.of(one) for one in shares]


def _earning(row: Sequence[Earning]) -> Earning:
    return row[0]
