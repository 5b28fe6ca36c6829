"""What the library of public holidays knows: countries, their parts, and the days of some years.

It takes a quarter of a second to load, so only who chooses or fills a calendar loads it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from loumass.accounts.places import countries

#: Names of days in English, where the library has them; else as the country writes them.
_LANGUAGES = ("en_US", "en_GB", "en")


@lru_cache(maxsize=1)
def countries_known() -> tuple[tuple[str, str], ...]:
    """(code, English name) of every country whose holidays are known, by name."""
    import holidays

    known = holidays.list_supported_countries(include_aliases=False)
    return tuple((code, name) for code, name in countries() if code in known)


@lru_cache(maxsize=16)
def regions_of(country: str) -> tuple[tuple[str, str], ...]:
    """(code, name) of the parts of `country` that have holidays of their own, by name; none for an unknown country."""
    import holidays

    if country not in dict(countries_known()):
        return ()
    known = holidays.country_holidays(country)
    names = known.get_subdivision_aliases()
    named = ((code, _named(code, names.get(code, ()))) for code in known.subdivisions)
    return tuple(sorted(named, key=lambda one: one[1]))


def days_of(country: str, region: str, years: Iterable[int]) -> dict[date, str]:
    """The public holidays of `years`, in order, with the days on which they are kept instead. `country` and `region` are
    known."""
    import holidays

    languages = holidays.list_localized_countries(include_aliases=False).get(country, ())
    language = next((one for one in _LANGUAGES if one in languages), None)
    found = holidays.country_holidays(country, subdiv=region or None, years=list(years), language=language)
    return {day: found[day] for day in sorted(found)}


def called(country: str, region: str) -> str:
    """`United States, Colorado`; the code of a place that is not known any more."""
    whole = dict(countries_known()).get(country, country)
    return f"{whole}, {dict(regions_of(country)).get(region, region)}" if region else whole


def _named(code: str, aliases: Iterable[str]) -> str:
    """The first of its names that says more than the code."""
    return next((one for one in aliases if len(one) > len(code)), code)
