"""Whose holidays are kept, days of one's own, and what the clock fills in."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from sqlalchemy import select

from loumass.accounts.days_off import calendars, choosing
from loumass.accounts.days_off.models import DayOff, HolidayCalendar
from loumass.accounts.days_off.reading import days_off
from loumass.accounts.jobs import fill_days_off
from loumass.core import clock
from loumass.core.tenancy import serving
from tests.accounts.test_signing import actions
from tests.world import Tenant, World

PAGE = "/organization/days-off"
COLUMBUS = {2026: date(2026, 10, 12), 2027: date(2027, 10, 11), 2028: date(2028, 10, 9)}


def chosen(tenant: Tenant, country: str, region: str = "") -> None:
    answer = tenant.admin.post(f"{PAGE}/calendar", {"country": country, "region": region})
    assert answer.status_code == 303


def change(tenant: Tenant, act: str, day: date) -> int:
    return tenant.admin.post(f"{PAGE}/change", {"act": act, "day": day.isoformat()}).status_code


def add(tenant: Tenant, name: str, first: Any, last: Any = "") -> Any:
    return tenant.admin.post(f"{PAGE}/add", {"name": name, "first": str(first), "last": str(last)})


def kept(tenant: Tenant) -> dict[date, str]:
    with tenant.acting():
        return days_off()


def struck(tenant: Tenant) -> set[date]:
    with tenant.acting() as session:
        return set(session.scalars(select(DayOff.day).where(DayOff.is_struck)))


def filled(tenant: Tenant) -> None:
    with serving(tenant.id):
        fill_days_off()


def test_a_calendar_is_chosen_and_listed_and_another_keeps_ones_own_days(world: World) -> None:
    acme, page = world.acme, world.acme.admin.get(PAGE).text
    assert "No days off are kept" in page
    assert kept(acme) == {}
    chosen(acme, "US")
    whole = kept(acme)
    assert (min(whole).year, max(whole).year) == (2026, 2028), "this year and two more"
    assert whole[date(2026, 11, 26)] == "Thanksgiving Day"
    assert whole[date(2027, 12, 31)] == "New Year's Day (observed)"
    page = unescape(acme.admin.get(PAGE).text)
    # It is 3 March: this year's are listed from today on, the next year's all, and no more.
    for line in ("Memorial Day", "Thu 26 Nov", "Mon 18 Jan"):
        assert line in page
    assert page.count("Martin Luther King Jr. Day</td>") == 1
    assert "Known until the end of 2028" in page
    assert add(acme, "Company retreat", "2026-06-10", "2026-06-12").status_code == 303
    assert kept(acme)[date(2026, 6, 11)] == "Company retreat"
    chosen(acme, "DE", "BY")
    bavaria = kept(acme)
    assert bavaria[date(2026, 1, 6)] == "Epiphany"
    assert date(2026, 11, 26) not in bavaria
    assert bavaria[date(2026, 6, 10)] == "Company retreat"
    chosen(acme, "")
    assert set(kept(acme).values()) == {"Company retreat"}
    assert kept(world.globex) == {}
    named = [
        "days_off.calendar_chosen",
        "days_off.added",
        "days_off.calendar_chosen",
        "days_off.calendar_chosen",
    ]
    assert sorted(actions(acme)) == sorted(named)
    assert "chose whose public holidays are kept" in acme.admin.get("/audit").text


def test_a_holiday_that_is_worked_on_is_so_in_later_years_until_it_is_kept_again(world: World) -> None:
    acme = world.acme
    chosen(acme, "US")
    assert change(acme, "work", COLUMBUS[2026]) == 303
    assert struck(acme) == set(COLUMBUS.values())
    assert "Day of work" in acme.admin.get(PAGE).text
    assert change(acme, "rest", COLUMBUS[2027]) == 303
    assert struck(acme) == {COLUMBUS[2026]}
    assert COLUMBUS[2026] not in kept(acme)
    assert COLUMBUS[2027] in kept(acme)
    # Its parts keep more or other days: what stays the same stays as it was decided.
    chosen(acme, "US", "NY")
    assert struck(acme) == {COLUMBUS[2026]}
    # A day of one's own on a holiday that is worked on is off, under its own name.
    add(acme, "Inventory", COLUMBUS[2026])
    assert kept(acme)[COLUMBUS[2026]] == "Inventory"
    assert change(acme, "remove", COLUMBUS[2026]) == 303
    assert COLUMBUS[2026] not in kept(acme)


def test_the_clock_fills_the_years_ahead_as_the_last_one_was_decided(world: World) -> None:
    acme = world.acme
    chosen(acme, "US")
    change(acme, "work", COLUMBUS[2027])
    before = kept(acme)
    filled(acme)
    assert kept(acme) == before
    world.later(days=366)
    filled(acme)
    after = kept(acme)
    assert max(after).year == 2029
    assert after[date(2029, 11, 22)] == "Thanksgiving Day"
    assert date(2029, 10, 8) not in after, "worked on since 2027"
    with acme.acting() as session:
        assert session.scalars(select(HolidayCalendar)).one().filled_until == 2029
    filled(world.globex)
    assert kept(world.globex) == {}


def test_a_calendar_that_the_library_forgot_stays_as_far_as_it_was_filled(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen(world.acme, "US")
    before = kept(world.acme)
    monkeypatch.setattr(choosing, "countries_known", lambda: (("DE", "Germany"),))
    with world.acme.acting():
        assert choosing.fill(clock.now().date() + timedelta(days=366)) is False
    assert kept(world.acme) == before


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"name": "", "first": "2026-06-10", "last": ""}, "Say what the day is for"),
        ({"name": "Retreat", "first": "", "last": ""}, "Choose the day."),
        ({"name": "Retreat", "first": "2026-03-02", "last": ""}, "That day has passed."),
        ({"name": "Retreat", "first": "2026-06-10", "last": "2026-06-09"}, "The last day comes before the first one."),
        ({"name": "Retreat", "first": "2026-06-10", "last": "2026-07-11"}, "Add at most 31 days at once."),
        ({"name": "Retreat", "first": "2028-01-01", "last": ""}, "Choose days of this or the next year"),
    ],
)  # fmt: skip
def test_a_day_that_makes_no_sense_is_refused(world: World, form: dict[str, str], sentence: str) -> None:
    answer = world.acme.admin.post(f"{PAGE}/add", form)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert kept(world.acme) == {}
    assert actions(world.acme) == []


def test_what_is_not_there_cannot_be_changed_and_only_admins_choose(world: World) -> None:
    acme = world.acme
    assert acme.member.get(PAGE).status_code == 403
    assert acme.member.post(f"{PAGE}/calendar", {"country": "US", "region": ""}).status_code == 403
    assert acme.admin.post(f"{PAGE}/calendar", {"country": "Atlantis", "region": ""}).status_code == 422
    chosen(acme, "US", "BY")
    with acme.acting() as session:
        assert session.scalars(select(HolidayCalendar)).one().region == "", "Bavaria is no part of the US"
    assert change(acme, "work", date(2026, 6, 10)) == 404
    assert change(acme, "remove", COLUMBUS[2026]) == 404
    assert change(acme, "dance", COLUMBUS[2026]) == 404
    assert acme.admin.post(f"{PAGE}/change", {"act": "work", "day": "soon"}).status_code == 404
    assert change(world.globex, "work", COLUMBUS[2026]) == 404
    # Looking at another country offers its regions and keeps nothing.
    page = acme.admin.get(f"{PAGE}?country=DE").text
    assert "Bayern" in page
    assert "Colorado" not in page


def test_every_country_offered_has_days_and_every_region_a_name() -> None:
    assert len(calendars.countries_known()) > 150
    assert calendars.called("US", "CO") == "United States, Colorado"
    assert calendars.called("XX", "") == "XX"
    assert calendars.regions_of("XX") == ()
    for country in ("US", "DE", "GB", "CH", "JP", "IN"):
        assert calendars.days_of(country, "", [2026, 2027])
        assert all(code and name for code, name in calendars.regions_of(country))
    assert "Christmas Day" in calendars.days_of("DE", "", [2028]).values(), "in English, where it is known"
