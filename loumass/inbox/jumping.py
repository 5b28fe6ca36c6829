"""Where somebody may want to go from anywhere: a few people, campaigns and conversations for some letters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import any_, func, select

from loumass.campaigns.models import Campaign
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.inbox.searching import Found, search
from loumass.messages.models import Conversation

#: Of each kind; more is what lists are for.
_MOST = 5
_FEWEST_LETTERS = 2
_WITHOUT_SUBJECT = {"sms": "Text", "voicemail": "Voicemail"}


@dataclass(frozen=True, slots=True)
class Place:
    """Something to go to: `kind` is `person`, `campaign` or `conversation`."""

    kind: str
    id: UUID
    name: str
    detail: str


def found(words: str, *, people: bool, campaigns: bool, conversations: bool) -> list[Place]:
    """The places, people first; nothing for fewer than two letters."""
    words = " ".join(words.split())[:200]
    if len(words) < _FEWEST_LETTERS:
        return []
    hits = search(words) if people or conversations else Found((), ())
    places: list[Place] = []
    if people:
        places += _people(hits)
    if campaigns:
        places += _campaigns(words)
    if conversations:
        places += _conversations(hits)
    return places


def _people(hits: Found) -> list[Place]:
    rows = db().scalars(
        select(Contact)
        .where(
            Contact.id == any_(hits.contacts), Contact.archived_at.is_(None), Contact.merged_into_id.is_(None)
        )
        .order_by(Contact.name_key, Contact.id)
        .limit(_MOST)
    )
    return [Place("person", one.id, one.label, one.company or one.email or one.phone or "") for one in rows]


def _campaigns(words: str) -> list[Place]:
    """Campaigns are few: their names are compared as they are."""
    rows = db().scalars(
        select(Campaign)
        .where(func.strpos(func.lower(Campaign.name), words.lower()) > 0)
        .order_by(Campaign.created_at.desc(), Campaign.id)
        .limit(_MOST)
    )
    return [Place("campaign", one.id, one.name, one.state.capitalize()) for one in rows]


def _conversations(hits: Found) -> list[Place]:
    rows: Sequence[tuple[Conversation, Contact | None]] = [
        (row[0], row[1])
        for row in db().execute(
            select(Conversation, Contact)
            .outerjoin(Contact, Contact.id == Conversation.contact_id)
            .where(hits.conditions(Conversation), Conversation.last_message_at.is_not(None))
            .order_by(Conversation.last_message_at.desc(), Conversation.id.desc())
            .limit(_MOST)
        )
    ]
    return [
        Place(
            "conversation",
            one.id,
            who.label if who else one.counterpart or "Unknown sender",
            one.subject or _WITHOUT_SUBJECT.get(one.medium, ""),
        )
        for one, who in rows
    ]
