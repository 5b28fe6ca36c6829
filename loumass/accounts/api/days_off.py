"""Public holidays and days off: campaigns rest on them where they are told to."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from flask import g
from pydantic import Field

from loumass.accounts.api.blueprints import api
from loumass.accounts.days_off import choosing
from loumass.accounts.days_off.reading import calendar_now, listed
from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Day, Name, RowModel

DAYS = "/days-off"


class DayOffOut(RowModel):
    """A day off; one that is struck is worked on."""

    day: date
    name: str
    is_own: bool
    is_struck: bool


class DaysOffOut(ApiModel):
    """Whose public holidays are kept (empty: nobody's), and the coming days of this and the next year."""

    country: str
    region: str
    days: list[DayOffOut]


class CalendarBody(ApiModel):
    """A country, by its two letters, and perhaps a part of it. An empty country: nobody's holidays."""

    country: Annotated[str, Field(pattern=r"^([A-Z]{2})?$")]
    region: Annotated[str, Field(max_length=20, pattern=r"^[A-Za-z0-9-]*$")] = ""


class OwnDaysBody(ApiModel):
    """Days of the organization's own, in a row; without `last` one."""

    name: Name
    first: Day
    last: Day | None = None


class DayBody(ApiModel):
    """What becomes of a day: worked on, kept again (of a public holiday), or removed (of one's own)."""

    day: Day
    act: Literal["work", "keep", "remove"]


@endpoint(api, "GET", DAYS, answers=DaysOffOut)
@requires("organization.manage")
def list_days_off() -> DaysOffOut:
    """Whose holidays are kept, and the coming days."""
    return _now()


@endpoint(api, "PUT", f"{DAYS}/calendar", takes=CalendarBody, answers=DaysOffOut)
@requires("organization.manage")
def choose_calendar(body: CalendarBody) -> DaysOffOut:
    """Keep the public holidays of a country or region, or of nobody."""
    choosing.choose(body.country, body.region, _today())
    return _now()


@endpoint(api, "POST", DAYS, takes=OwnDaysBody, answers=DaysOffOut)
@requires("organization.manage")
def add_days_off(body: OwnDaysBody) -> DaysOffOut:
    """Days of the organization's own."""
    choosing.add(body.name.strip(), body.first, body.last or body.first, _today())
    return _now()


@endpoint(api, "POST", f"{DAYS}/change", takes=DayBody, answers=DaysOffOut)
@requires("organization.manage")
def change_day_off(body: DayBody) -> DaysOffOut:
    """Work on a day, keep a holiday again, or remove a day of one's own."""
    if body.act == "remove":
        choosing.remove(body.day)
    else:
        choosing.strike(body.day, is_struck=body.act == "work")
    return _now()


def _now() -> DaysOffOut:
    today, kept = _today(), calendar_now()
    days = [DayOffOut.of(one) for one in listed(today, choosing.last_listed(today))]
    return DaysOffOut(country=kept.country if kept else "", region=kept.region if kept else "", days=days)


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(g.organization.timezone)).date()
