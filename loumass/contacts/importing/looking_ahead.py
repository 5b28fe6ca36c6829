"""Whom a piece of the list means, asked on a connection of its own while the piece before goes in.

The answer holds unless another list went in or an address was barred or erased meanwhile, or the piece before meant the
same people: then it is asked again where it counts. Somebody who is entered by hand meanwhile stands in the way with
their e-mail or id, and then it is asked again as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import text

from loumass.contacts.importing import staging
from loumass.contacts.importing.matching import Match, find_matches
from loumass.contacts.importing.staging import Copy
from loumass.contacts.validation import ContactRow
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, serving, transaction

#: What others began to write before the look may be committed after it.
_OTHERS_TAKE = timedelta(minutes=1)
_OTHERS_WROTE = text("""
    SELECT EXISTS (SELECT 1 FROM contact_import WHERE organization_id = :organization_id AND id <> :import_id
                   AND (state = 'running' OR finished_at >= :since))
        OR EXISTS (SELECT 1 FROM suppression WHERE organization_id = :organization_id AND created_at >= :since)
""")


class Meant(NamedTuple):
    """Whom a piece's rows mean: their keys, without the empty ones, and the people who were found."""

    external_ids: frozenset[str]
    emails: frozenset[str]
    phones: frozenset[str]
    people: frozenset[UUID | int]

    def meets(self, other: Meant) -> bool:
        """Whether any row of the one may mean somebody of the other."""
        return not all(own.isdisjoint(others) for own, others in zip(self, other, strict=True))


NOBODY_MEANT = Meant(frozenset(), frozenset(), frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class Look:
    """What was known of a piece's rows at a moment."""

    matches: Mapping[int, Match]
    at: datetime


def meant_by(rows: Sequence[ContactRow], matches: Mapping[int, Match]) -> Meant:
    """Whom the rows mean, of whom `matches` are known."""
    known = (one for match in matches.values() for one in (match.external_id, match.email, match.phone))
    return Meant(
        frozenset(row.external_id for row in rows) - {""},
        frozenset(row.email_normal for row in rows) - {""},
        frozenset(row.phone for row in rows) - {""},
        frozenset(one.person for one in known if one),
    )


def look(organization_id: UUID, import_id: UUID, keys: Copy) -> Look:
    """What is known of the rows now, in a transaction of its own."""
    at = clock.now()
    with serving(organization_id), transaction():
        staging.stage(keys)
        return Look(find_matches(import_id), at)


def still_holds(import_id: UUID, looked: Look) -> bool:
    """Whether no other list and no barred or erased address may have changed the answer since."""
    since = looked.at - _OTHERS_TAKE
    bound = {"organization_id": current_organization_id(), "import_id": import_id, "since": since}
    return not db().scalar(_OTHERS_WROTE, bound)
