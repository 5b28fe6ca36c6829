"""The list of barred addresses, found by one address and written out whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.models import Suppression
from loumass.contacts.normalising import NotNormal
from loumass.contacts.suppression import normal_address
from loumass.core.database import db
from loumass.core.secrets import keyed_hash

_BATCH = 1000


def hashes_of(words: str, country: str) -> list[bytes]:
    """Addresses are found by their hash: whole or not at all."""
    found = []
    for medium in ("email", "sms"):
        try:
            found.append(keyed_hash(normal_address(medium, words, country)))
        except NotNormal:
            continue
    return found


def exported() -> Iterator[list[str]]:
    """Every row as cells: medium, address, reason, note, since."""
    after = UUID(int=0)
    while batch := _rows_after(after):
        for row in batch:
            since = row.created_at.isoformat(timespec="seconds")
            yield [row.medium, row.address or "", row.reason, row.note, since]
        after = batch[-1].id
        db().expunge_all()


def _rows_after(after: UUID) -> Sequence[Suppression]:
    statement = select(Suppression).where(Suppression.id > after).order_by(Suppression.id).limit(_BATCH)
    return db().scalars(statement).all()
