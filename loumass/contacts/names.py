"""Names of people as they stand in lists."""

from __future__ import annotations

import re

_HONORIFICS = frozenset(
    ["mr", "mrs", "ms", "miss", "mx", "dr", "prof", "herr", "frau", "sr", "sra", "srta", "don", "doña"]
)
_SUFFIX = re.compile(r",?\s+(?:jr|sr|ii|iii|iv|md|phd|esq|cpa|gri|crs|mba)\.?", re.IGNORECASE)


def split_name(full: str) -> tuple[str, str]:
    """Returns (first, last) of a cleaned full name.

    `Priya Raman` and `Raman, Priya` give the same; `Dr. Ludwig van Beethoven` gives `van Beethoven` as last
    name; a single word is a first name, because that is how it will be greeted.
    """
    full = _without_honorific(full)
    family, comma, given = full.partition(",")
    if comma and not _SUFFIX.fullmatch(f", {given.strip()}"):
        return given.strip(), family.strip()
    first, _, last = full.partition(" ")
    return first.strip(","), last.strip()


def _without_honorific(full: str) -> str:
    first, _, rest = full.partition(" ")
    return _without_honorific(rest) if rest and first.rstrip(".").lower() in _HONORIFICS else full
