"""Countries and time zones as people write them, and the time zone that a phone number tells."""

from __future__ import annotations

from functools import lru_cache
from importlib import resources
from zoneinfo import available_timezones

import phonenumbers
from phonenumbers import timezone as phone_timezone

from loumass.contacts.column_names import bare

# Beside the English names of ISO 3166, which the tzdata package carries.
_OTHER_COUNTRY_NAMES = {
    "usa": "US",
    "unitedstatesofamerica": "US",
    "america": "US",
    "uk": "GB",
    "greatbritain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "uae": "AE",
    "brd": "DE",
    "holland": "NL",
    "eeuu": "US",
    "vereinigtestaaten": "US",
    "vereinigtestaatenvonamerika": "US",
    "estadosunidos": "US",
    "estadosunidosdeamerica": "US",
    "kanada": "CA",
    "mexiko": "MX",
    "deutschland": "DE",
    "alemania": "DE",
    "allemagne": "DE",
    "osterreich": "AT",
    "austria": "AT",
    "schweiz": "CH",
    "suiza": "CH",
    "suisse": "CH",
    "spanien": "ES",
    "espana": "ES",
    "frankreich": "FR",
    "francia": "FR",
    "italien": "IT",
    "italia": "IT",
    "niederlande": "NL",
    "paisesbajos": "NL",
    "belgien": "BE",
    "belgica": "BE",
    "polen": "PL",
    "polonia": "PL",
    "portugal": "PT",
    "danemark": "DK",
    "dinamarca": "DK",
    "schweden": "SE",
    "suecia": "SE",
    "norwegen": "NO",
    "noruega": "NO",
    "finnland": "FI",
    "finlandia": "FI",
    "tschechien": "CZ",
    "czechrepublic": "CZ",
    "ungarn": "HU",
    "hungria": "HU",
    "irland": "IE",
    "irlanda": "IE",
    "vereinigteskonigreich": "GB",
    "reinounido": "GB",
    "grobritannien": "GB",
    "grossbritannien": "GB",
    "brasilien": "BR",
    "brasil": "BR",
    "argentinien": "AR",
    "kolumbien": "CO",
    "peru": "PE",
    "indien": "IN",
    "australien": "AU",
    "neuseeland": "NZ",
    "sudafrika": "ZA",
    "sudafrica": "ZA",
    "turkei": "TR",
    "griechenland": "GR",
    "grecia": "GR",
}
# What American lists hold in a column `Timezone`; the zone is the most populous place that keeps it.
_ZONE_NAMES = {
    "eastern": "America/New_York",
    "et": "America/New_York",
    "est": "America/New_York",
    "edt": "America/New_York",
    "easternstandardtime": "America/New_York",
    "easterntime": "America/New_York",
    "central": "America/Chicago",
    "ct": "America/Chicago",
    "cst": "America/Chicago",
    "cdt": "America/Chicago",
    "centralstandardtime": "America/Chicago",
    "centraltime": "America/Chicago",
    "mountain": "America/Denver",
    "mt": "America/Denver",
    "mst": "America/Denver",
    "mdt": "America/Denver",
    "mountainstandardtime": "America/Denver",
    "mountaintime": "America/Denver",
    "pacific": "America/Los_Angeles",
    "pt": "America/Los_Angeles",
    "pst": "America/Los_Angeles",
    "pdt": "America/Los_Angeles",
    "pacificstandardtime": "America/Los_Angeles",
    "pacifictime": "America/Los_Angeles",
    "alaska": "America/Anchorage",
    "akst": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "hst": "Pacific/Honolulu",
    "gmt": "UTC",
    "utc": "UTC",
    "z": "UTC",
    "bst": "Europe/London",
    "cet": "Europe/Berlin",
    "cest": "Europe/Berlin",
    "mez": "Europe/Berlin",
    "mesz": "Europe/Berlin",
}


@lru_cache(maxsize=10_000)
def country_code(name: str) -> str | None:
    """Returns ISO 3166 alpha-2 for a code or a name (`Deutschland` -> `DE`), or None."""
    if len(name) == 2 and name.upper() in phonenumbers.SUPPORTED_REGIONS:
        return name.upper()
    return _countries().get(bare(name))


@lru_cache(maxsize=10_000)
def timezone_named(name: str) -> str | None:
    """Returns the IANA name, e.g. `America/Denver`, for it in any case or for a usual name, or None."""
    return _ZONE_NAMES.get(bare(name)) or _zones().get(name.casefold().replace(" ", "_"))


def timezone_of_phone(number: str) -> str | None:
    """Returns the time zone of an E.164 number where its area lies in just one, else None.

    In North America the area code decides; a mobile may have moved, so a known zone always outranks this.
    """
    prefix = number[:8] if len(number) == 12 and number.startswith("+1") else number
    return _zone_of_prefix(prefix, len(number))


@lru_cache(maxsize=50_000)
def _zone_of_prefix(prefix: str, length: int) -> str | None:
    try:
        number = phonenumbers.parse(prefix.ljust(length, "2"))
    except phonenumbers.NumberParseException:
        return None
    zones = phone_timezone.time_zones_for_number(number)
    return zones[0] if len(zones) == 1 and zones[0] != phone_timezone.UNKNOWN_TIMEZONE else None


@lru_cache(maxsize=1)
def _countries() -> dict[str, str]:
    """phonenumbers knows the names too, but loading them takes 100 MB."""
    table = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text("utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {bare(name): code for code, name in rows} | _OTHER_COUNTRY_NAMES


@lru_cache(maxsize=1)
def _zones() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones() if "/" in name}
