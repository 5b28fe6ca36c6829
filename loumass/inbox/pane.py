"""Who this is: what the right pane and the person's page say beside what was said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from loumass.accounts.models import User
from loumass.campaigns.standing import Standing, standings_of_contact
from loumass.contacts.ledger import ledger_of
from loumass.contacts.models import Consent, Contact, ContactField, ContactTag, Tag
from loumass.contacts.verifying.asking import Known, known_of
from loumass.contacts.verifying.judging import REASONS
from loumass.core import clock
from loumass.core.database import db
from loumass.inbox.permissions import Permission, permissions
from loumass.inbox.person import Person
from loumass.inbox.zones import city_of, zone_of
from loumass.messages.models import OptOutProposal
from loumass.messages.proposing import open_proposals


@dataclass(frozen=True, slots=True)
class Pane:
    """What is known of a contact. For somebody unknown everything is empty."""

    standings: Sequence[Standing]
    permissions: Sequence[Permission]
    tags: Sequence[Tag]
    fields: Sequence[tuple[str, str]]
    owner: User | None
    local_time: datetime | None
    place: str
    #: What verifying found of their e-mail address, if it was verified.
    verified: Known | None = None
    reasons: Sequence[str] = ()
    #: Answers of theirs that may ask us to stop, until somebody decides.
    proposals: Sequence[OptOutProposal] = ()
    ledger: Sequence[Consent] = ()


def pane(person: Person) -> Pane:
    """Everything beside the thread."""
    contact = person.contact
    proposals = open_proposals(person.conversation_ids)
    if contact is None:
        return Pane((), (), (), (), None, None, "", proposals=proposals)
    zone = zone_of(contact)
    return Pane(
        standings=standings_of_contact(contact.id),
        permissions=permissions(contact),
        tags=tags_of(contact),
        fields=_fields(contact),
        owner=db().get(User, contact.owner_id) if contact.owner_id else None,
        local_time=clock.now().astimezone(zone),
        place=contact.city or city_of(zone),
        verified=(verified := known_of([contact]).get(contact.id)),
        reasons=[REASONS[one] for one in verified.reasons if one in REASONS] if verified else (),
        proposals=proposals,
        ledger=ledger_of([contact.id], most=20),
    )


def tags_of(contact: Contact) -> Sequence[Tag]:
    """The contact's tags by name."""
    return (
        db()
        .scalars(
            select(Tag)
            .join(ContactTag, ContactTag.tag_id == Tag.id)
            .where(ContactTag.contact_id == contact.id)
            .order_by(Tag.name_key)
        )
        .all()
    )


def _fields(contact: Contact) -> list[tuple[str, str]]:
    """Custom fields with a value, as (label, value)."""
    labels = {
        row.key: row.label for row in db().scalars(select(ContactField).order_by(ContactField.created_at))
    }
    filled = {key: value for key, value in contact.fields.items() if value not in (None, "", [])}
    known = [(labels[key], _said(filled[key])) for key in labels if key in filled]
    return known + [(key, _said(value)) for key, value in sorted(filled.items()) if key not in labels]


def _said(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
