"""Everything that happened with a person, in one line of time: messages as cards, traces between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select

from loumass.campaigns.models import Campaign
from loumass.core.database import db
from loumass.core.paging import Page, cursor_after, page
from loumass.events.models import Event
from loumass.inbox.cards import Card, cards
from loumass.inbox.person import Person
from loumass.inbox.traces import KINDS, Trace, trace_of
from loumass.messages.models import Message

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """One moment: either a card or a trace."""

    id: UUID
    at: datetime
    card: Card | None = None
    trace: Trace | None = None
    #: Whom a trace is about, to link it.
    campaign_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Part of the line, the latest entry last, and the cursor of what lies before it."""

    entries: Sequence[Entry]
    earlier: str | None


def stretch(
    person: Person, cursor: str | None = None, *, medium: str = "", with_traces: bool = True
) -> Stretch:
    """The latest entries before `cursor`. `medium` (also `note`) leaves only its messages. Raises Refused."""
    pages: list[Page[Any]] = [_messages(person, cursor, medium)]
    if with_traces and not medium and person.contact is not None:
        pages.append(_events(person.contact.id, cursor))
    found: list[Message | Event] = [one for each in pages for one in each.items]
    found.sort(key=_key, reverse=True)
    chosen = found[:PAGE_SIZE]
    more = len(found) > PAGE_SIZE or any(each.after for each in pages)
    earlier = cursor_after(*_key(chosen[-1])) if more and chosen else None
    return Stretch(_entries(chosen)[::-1], earlier)


def _key(one: Message | Event) -> tuple[datetime, UUID]:
    return (one.occurred_at if isinstance(one, Message) else one.happened_at, one.id)


def _messages(person: Person, cursor: str | None, medium: str) -> Page[Message]:
    statement = select(Message).where(
        person.messages(), (Message.state != "cancelled") | Message.author_id.is_not(None)
    )
    if medium:
        statement = statement.where(_of_medium(medium))
    return page(statement, (Message.occurred_at, Message.id), cursor, descending=True, size=PAGE_SIZE)


def _of_medium(medium: str) -> ColumnElement[bool]:
    if medium == "note":
        return Message.direction == "note"
    return (Message.medium == medium) & (Message.direction != "note")


def _events(contact_id: UUID, cursor: str | None) -> Page[Event]:
    statement = select(Event).where(Event.contact_id == contact_id, Event.kind.in_(KINDS))
    return page(statement, (Event.happened_at, Event.id), cursor, descending=True, size=PAGE_SIZE)


def _entries(found: Sequence[Message | Event]) -> list[Entry]:
    drawn = cards([one for one in found if isinstance(one, Message)])
    names = _campaigns({one.campaign_id for one in found if isinstance(one, Event) and one.campaign_id})
    return [
        Entry(one.id, one.occurred_at, card=drawn[one.id])
        if isinstance(one, Message)
        else Entry(one.id, one.happened_at, trace=trace_of(one, names), campaign_id=one.campaign_id)
        for one in found
    ]


def _campaigns(ids: set[UUID]) -> dict[UUID, str]:
    if not ids:
        return {}
    return {
        row.id: row.name
        for row in db().execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids)))
    }
