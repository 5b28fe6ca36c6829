"""The right to be forgotten: blank the person and every message, keep a keyed hash that bars a return."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.api.once import blank_answers
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.events.service import publish


@dataclass(frozen=True, slots=True)
class Erased:
    """How many messages were blanked, and the stored files to delete after the commit."""

    messages: int
    file_keys: list[str]


def erase(contact_id: UUID) -> Erased:
    """Forgets the person, and whoever became one with them, in the current transaction.

    Done by the database function `erase_contact`, which alone may change the append-only tables. The caller deletes
    the files after the commit. Raises NotFound. `contact.archived` is told, so that campaigns let them go.
    """
    found = db().execute(_ERASE, {"contact_id": contact_id, "now": clock.now()}).one()
    if found.people == 0:
        raise NotFound
    db().expire_all()
    blank_answers()
    audit("contact.erased", "contact", contact_id, messages=found.messages)
    publish("contact.archived", contact_id=contact_id, facts={"erased": True})
    return Erased(found.messages, list(found.file_keys or ()))


_ERASE = text("SELECT people, messages, file_keys FROM erase_contact(:contact_id, :now)")
