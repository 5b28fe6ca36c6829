"""People written out as rows of a file, batch by batch: of the list of contacts, and of one campaign."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loumass.campaigns import people
from loumass.campaigns.people import PeopleWanted
from loumass.campaigns.standing import standings
from loumass.contacts import listing
from loumass.contacts.models import Contact
from loumass.contacts.suppression import suppressed_media
from loumass.core.database import db
from loumass.core.words import moment

_BATCH = 1000
COLUMNS = (
    "Name", "E-mail", "Phone", "Company", "Stage", "Status", "Step", "Next step", "State", "Why", "Due", "Added",
    "Last message", "Replied", "Left", "Not sent",
)  # fmt: skip
_EXPORTED = (
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country", "timezone",
)  # fmt: skip


def contact_columns(fields: Sequence[tuple[str, str]]) -> list[str]:
    """The header of a list of contacts; `fields` are (key, label) of the organization's own columns."""
    return [*_EXPORTED, "tags", "suppressed", *(label for _, label in fields)]


def exported_contacts(conditions: Sequence[Any], fields: Sequence[str]) -> Iterator[list[Any]]:
    """Everybody who matches; `fields` are the keys of the organization's own columns."""
    after = UUID(int=0)
    while batch := _contacts_after(conditions, after):
        ids = [one.id for one in batch]
        tags, barred = listing.tags_of(ids), suppressed_media(batch)
        for one in batch:
            known = [getattr(one, name) for name in _EXPORTED]
            names = "; ".join(tag.name for tag in tags.get(one.id, ()))
            custom = [one.fields.get(key, "") for key in fields]
            yield [*known, names, ", ".join(sorted(barred.get(one.id, ()))), *custom]
        after = ids[-1]
        db().expunge_all()


def _contacts_after(conditions: Sequence[Any], after: UUID) -> Sequence[Contact]:
    statement = select(Contact).where(*conditions, Contact.id > after).order_by(Contact.id).limit(_BATCH)
    return db().scalars(statement).all()


def exported(campaign_id: UUID, wanted: PeopleWanted, timezone: str) -> Iterator[list[Any]]:
    """The people of a campaign who match, in the order of `COLUMNS`."""

    def when(at: Any) -> str:
        return at.isoformat(timespec="minutes") if at else ""

    for rows in people.batches(campaign_id, wanted):
        standing = standings([enrollment for enrollment, _ in rows], asks_gates=False)
        for one, contact in rows:
            here = standing[one.id]
            yield [
                contact.name, contact.email, contact.phone, contact.company, one.stage, one.status, here.step,
                here.next_step, one.state, here.why.sentence, moment(here.due_at, timezone) if here.due_at else "",
                when(one.enrolled_at), when(one.last_sent_at), when(one.replied_at), when(one.ended_at),
                here.missed,
            ]  # fmt: skip
