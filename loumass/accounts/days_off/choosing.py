"""Choosing a calendar, adding days of one's own, and working on a holiday all the same. Everything is audited, and told to
whoever waits for a day."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Any

from sqlalchemy import text

from loumass.accounts.days_off.calendars import countries_known, days_of, regions_of
from loumass.accounts.days_off.reading import calendar_now
from loumass.accounts.handing_down import DAYS_OFF
from loumass.accounts.service import audit
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import current_organization_id

#: So many years are rows, beginning with the present one.
YEARS_AHEAD = 2
#: Added at once; a longer rest is a pause of the campaigns.
MOST_AT_ONCE = 31

# Locks the row, so that two who choose, or the clock that fills, come one after the other.
_CHOOSE = text("""
    INSERT INTO holiday_calendar (organization_id, country, region, filled_until)
    VALUES (:organization_id, :country, :region, :last)
    ON CONFLICT (organization_id) DO UPDATE
    SET country = excluded.country, region = excluded.region, filled_until = excluded.filled_until
""")
_CHOOSE_NONE = text("DELETE FROM holiday_calendar WHERE organization_id = :organization_id")
_NEW = "unnest(CAST(:days AS date[]), CAST(:names AS text[])) AS new(day, name)"
# What stays the same day keeps that it is worked on.
_REPLACE = text(f"""
    INSERT INTO day_off (organization_id, day, source, name)
    SELECT :organization_id, new.day, 'calendar', new.name FROM {_NEW}
    ON CONFLICT (organization_id, day, source) DO UPDATE
    SET name = excluded.name, is_struck = day_off.is_struck AND day_off.name = excluded.name
""")
_FORGET_OTHERS = text("""
    DELETE FROM day_off
    WHERE organization_id = :organization_id AND source = 'calendar' AND day <> ALL(CAST(:days AS date[]))
""")
# A holiday that was worked on last is worked on in new years as well.
_FILL = text(f"""
    INSERT INTO day_off (organization_id, day, source, name, is_struck)
    SELECT :organization_id, new.day, 'calendar', new.name, coalesce((
        SELECT d.is_struck FROM day_off d WHERE d.organization_id = :organization_id AND d.source = 'calendar'
          AND d.name = new.name AND d.day < new.day ORDER BY d.day DESC LIMIT 1), false)
    FROM {_NEW} ON CONFLICT DO NOTHING
""")
_STRIKE = text("""
    UPDATE day_off SET is_struck = :is_struck
    FROM day_off d WHERE d.organization_id = :organization_id AND d.source = 'calendar' AND d.day = :day
      AND day_off.organization_id = :organization_id AND day_off.source = 'calendar' AND day_off.name = d.name
      AND day_off.day >= d.day AND day_off.is_struck <> :is_struck
    RETURNING day_off.name
""")
_ADD = text("""
    INSERT INTO day_off (organization_id, day, source, name)
    SELECT :organization_id, new.day, 'own', :name FROM unnest(CAST(:days AS date[])) AS new(day)
    ON CONFLICT (organization_id, day, source) DO UPDATE SET name = excluded.name
""")
_REMOVE = text("""
    DELETE FROM day_off WHERE organization_id = :organization_id AND source = 'own' AND day = :day RETURNING name
""")


def choose(country: str, region: str, today: date) -> None:
    """Keep the public holidays of `country`, or of its part `region`, from this year on; of nobody when it is empty.

    Days of one's own stay. Raises Refused for a place whose holidays nobody knows.
    """
    kept = calendar_now()
    if (country, region) == ((kept.country, kept.region) if kept else ("", "")):
        return
    if country and not _is_known(country, region):
        raise Refused("The holidays of that place are not known. Choose one from the list.")
    last = today.year + YEARS_AHEAD
    days = days_of(country, region, range(today.year, last + 1)) if country else {}
    db().execute(_CHOOSE if country else _CHOOSE_NONE, _of(country=country, region=region, last=last))
    db().execute(_REPLACE, _of(**_columns(days)))
    db().execute(_FORGET_OTHERS, _of(days=list(days)))
    audit("days_off.calendar_chosen", "organization", None, country=country, region=region)
    DAYS_OFF.changed()


def fill(today: date) -> bool:
    """Make rows of the years ahead that have none yet; whether there were any. The calendar need not be looked at before
    that."""
    kept = calendar_now(lock=True)
    last = today.year + YEARS_AHEAD
    if kept is None or kept.filled_until >= last:
        return False
    # A calendar that the library has forgotten stays as far as it was filled, and the settings say so.
    if not _is_known(kept.country, kept.region):
        return False
    days = days_of(kept.country, kept.region, range(kept.filled_until + 1, last + 1))
    db().execute(_FILL, _of(**_columns(days)))
    kept.filled_until = last
    DAYS_OFF.changed()
    return True


def strike(day: date, *, is_struck: bool) -> str:
    """Work on the public holiday of `day` from now on, also in later years; or keep it again. Its name.

    Raises NotFound where there is none, or nothing to change.
    """
    names = db().scalars(_STRIKE, _of(day=day, is_struck=is_struck)).all()
    if not names:
        raise NotFound
    audit(f"days_off.{'struck' if is_struck else 'kept'}", "organization", None, day=day.isoformat())
    DAYS_OFF.changed()
    return names[0]


def add(name: str, first: date, last: date, today: date) -> None:
    """Days of one's own, from `first` to `last`. Raises Refused for days that have passed, or are too many or too far."""
    if first < today:
        raise Refused("That day has passed. Choose today or later.")
    if last < first:
        raise Refused("The last day comes before the first one.")
    if (last - first).days >= MOST_AT_ONCE:
        raise Refused(f"Add at most {MOST_AT_ONCE} days at once. For a longer rest, pause the campaigns.")
    if last > last_listed(today):
        raise Refused("Choose days of this or the next year, which are listed here.")
    days = list(_between(first, last))
    db().execute(_ADD, _of(days=days, name=name))
    audit("days_off.added", "organization", None, first=first.isoformat(), days=len(days))
    DAYS_OFF.changed()


def last_listed(today: date) -> date:
    """The end of the years that the settings show: this one and the next."""
    return date(today.year + 1, 12, 31)


def remove(day: date) -> str:
    """Work on a day of one's own again; its name. Raises NotFound."""
    name = db().scalars(_REMOVE, _of(day=day)).one_or_none()
    if name is None:
        raise NotFound
    audit("days_off.removed", "organization", None, day=day.isoformat())
    DAYS_OFF.changed()
    return name


def _is_known(country: str, region: str) -> bool:
    return country in dict(countries_known()) and (not region or region in dict(regions_of(country)))


def _between(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


def _columns(days: Mapping[date, str]) -> dict[str, Any]:
    return {"days": list(days), "names": list(days.values())}


def _of(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
