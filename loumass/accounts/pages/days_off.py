"""The page of public holidays and days off."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.days_off import calendars, choosing
from loumass.accounts.days_off.reading import calendar_now, listed
from loumass.accounts.forms_days_off import CalendarForm, OwnDayForm
from loumass.accounts.guards import requires
from loumass.accounts.pages.blueprints import pages
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.words import plural


@pages.get("/organization/days-off")
@requires("organization.manage")
def days_off() -> ResponseReturnValue:
    """Whose holidays are kept, and the coming days of this and the next year. `?country=` offers that one's regions."""
    return _page()


@pages.post("/organization/days-off/calendar")
@requires("organization.manage")
def choose_calendar() -> ResponseReturnValue:
    """Keep the public holidays of a country or region, or of nobody."""
    form = CalendarForm()
    if not form.validate_on_submit():
        return _page(calendar=form), 422
    country = form.country.data or ""
    choosing.choose(country, form.chosen_region, _today())
    db().commit()
    kept = calendars.called(country, form.chosen_region)
    flash(f"Public holidays of {kept} are kept." if country else "No public holidays are kept.", "done")
    return redirect(url_for(".days_off"), 303)


@pages.post("/organization/days-off/add")
@requires("organization.manage")
def add_days_off() -> ResponseReturnValue:
    """Days of the organization's own."""
    form = OwnDayForm()
    if not form.validate_on_submit():
        return _page(own=form), 422
    first, last = form.days()
    try:
        choosing.add(form.name.data or "", first, last, _today())
    except Refused as refused:
        db().rollback()
        form.first.errors = [*form.first.errors, refused.sentence]
        return _page(own=form), 422
    db().commit()
    flash(f"{form.name.data}: {plural((last - first).days + 1, 'day')} off.", "done")
    return redirect(url_for(".days_off"), 303)


@pages.post("/organization/days-off/change")
@requires("organization.manage")
def change_day_off() -> ResponseReturnValue:
    """Work on a day, keep a holiday again, or remove a day of the organization's own."""
    act = _ACTS.get(request.form.get("act", ""))
    day = _day_of(request.form.get("day", ""))
    if act is None or day is None:
        raise NotFound
    said = act(day)
    db().commit()
    flash(said, "done")
    return redirect(url_for(".days_off"), 303)


def _work(day: date) -> str:
    return f"{choosing.strike(day, is_struck=True)} is a day of work now, and in later years."


def _rest(day: date) -> str:
    return f"{choosing.strike(day, is_struck=False)} is kept again, and in later years."


def _remove(day: date) -> str:
    return f"{choosing.remove(day)} is removed."


_ACTS: dict[str, Callable[[date], str]] = {"work": _work, "rest": _rest, "remove": _remove}


def _day_of(given: str) -> date | None:
    try:
        return date.fromisoformat(given)
    except ValueError:
        return None


def _today() -> date:
    return clock.now().astimezone(ZoneInfo(g.organization.timezone)).date()


def _page(calendar: CalendarForm | None = None, own: OwnDayForm | None = None) -> str:
    today, kept = _today(), calendar_now()
    looked_at = request.args.get("country")
    is_as_kept = looked_at is None or (kept is not None and looked_at == kept.country)
    if calendar is None:
        country = (kept.country if kept else "") if looked_at is None else looked_at
        calendar = CalendarForm(country=country, region=kept.region if kept and is_as_kept else "")
    days = listed(today, choosing.last_listed(today))
    return render_template(
        "accounts/days_off.html",
        form=calendar,
        own=own or OwnDayForm(),
        kept=kept,
        years=[(year, list(found)) for year, found in groupby(days, key=lambda one: one.day.year)],
    )
