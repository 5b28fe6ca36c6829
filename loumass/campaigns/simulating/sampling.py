"""Invented people for a template: so many, everybody with every address, in the time zones that the contacts have."""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import blake2b
from itertools import accumulate, cycle, islice
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import text

from loumass.campaigns.simulating.audience import Member
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.simulating.people import Known, Person, Reach
from loumass.funnels.walking.ground import zone_or

#: So many contacts tell where people live.
_LOOKED_AT = 10_000
_ZONES = text("""
    SELECT looked.timezone, count(*) AS people FROM (
        SELECT contact.timezone FROM contact
        WHERE contact.organization_id = :organization_id AND contact.archived_at IS NULL ORDER BY contact.id LIMIT :most
    ) looked GROUP BY looked.timezone ORDER BY count(*) DESC, looked.timezone
""")


def invented(count: int, seed: int, home: ZoneInfo, known: Known) -> Iterator[Member]:
    """So many people of whom the same is `known`, the same for the same seed."""
    reach = Reach()
    for number, zone in enumerate(_places(count, home)):
        digest = blake2b(number.to_bytes(8), digest_size=16, key=str(seed).encode()).digest()
        person = Person(UUID(bytes=digest), UUID(bytes=digest), zone, known, reach)
        yield Member(person, "active", "", None, None, "", is_inside=False)


def _places(count: int, home: ZoneInfo) -> Iterator[ZoneInfo]:
    """A zone for each, in the shares of the contacts, mixed as a list of people is."""
    bound = {"organization_id": current_organization_id(), "most": _LOOKED_AT}
    rows = [(zone_or(row.timezone, home), row.people) for row in db().execute(_ZONES, bound)] or [(home, 1)]
    whole, ends = sum(people for _, people in rows), list(accumulate(people for _, people in rows))
    # A stride that shares no factor with the whole meets everybody once.
    stride = next(one for one in (7_919, 7_907, 1) if whole % one or one == 1)
    spots = ((number * stride) % whole for number in islice(cycle(range(whole)), count))
    for spot in spots:
        yield next(zone for (zone, _), end in zip(rows, ends, strict=True) if spot < end)
