"""Reading messages for pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.paging import Page, page
from loumass.messages.models import Message
from loumass.messages.service import shown


@dataclass(frozen=True, slots=True)
class Doubt:
    """One send in doubt: to whom, what, through whom, and what is known."""

    id: UUID
    contact_id: UUID | None
    name: str
    to_address: str
    medium: str
    channel: str
    says: str
    attempted_at: datetime
    reason: str
    #: When the provider is asked again; None when only a person can decide.
    asked_again_at: datetime | None
    #: When the person last wrote, if that was after the try: they may have answered it.
    wrote_at: datetime | None


def in_doubt(cursor: str | None) -> Page[Doubt]:
    """The sends in doubt, oldest first."""
    found = page(select(Message).where(Message.is_in_doubt), (Message.occurred_at, Message.id), cursor)
    contacts = _contacts([message.contact_id for message in found.items if message.contact_id])
    channels = {channel.id: channel for channel in db().scalars(select(Channel))}
    words = shown(found.items)
    doubts = [
        _doubt(one, contacts, channels, words[one.id].subject or words[one.id].text) for one in found.items
    ]
    return Page(doubts, found.before, found.after)


def count_in_doubt() -> int:
    """How many sends are in doubt."""
    return db().scalar(select(func.count()).select_from(Message).where(Message.is_in_doubt)) or 0


def ids_in_doubt() -> Sequence[UUID]:
    """All of them."""
    return db().scalars(select(Message.id).where(Message.is_in_doubt)).all()


def known(ids: Sequence[UUID]) -> bool:
    """Whether at least one of `ids` is a message of this organization."""
    return db().scalar(select(Message.id).where(Message.id.in_(ids)).limit(1)) is not None


def channels_of(ids: Sequence[UUID]) -> list[UUID]:
    """Which channels have one of `ids` in their queue."""
    waiting = select(Message.channel_id).where(Message.id.in_(ids), Message.state == "queued").distinct()
    return [one for one in db().scalars(waiting) if one is not None]


def _contacts(ids: Sequence[UUID]) -> dict[UUID, Contact]:
    return {contact.id: contact for contact in db().scalars(select(Contact).where(Contact.id.in_(ids)))}


def _doubt(
    message: Message, contacts: dict[UUID, Contact], channels: dict[UUID, Channel], says: str
) -> Doubt:
    contact = contacts.get(message.contact_id) if message.contact_id else None
    channel = channels.get(message.channel_id) if message.channel_id else None
    assert message.attempted_at is not None  # noqa: S101  nothing is in doubt that was not attempted
    return Doubt(
        id=message.id,
        contact_id=message.contact_id,
        name=contact.label if contact else message.to_address,
        to_address=message.to_address,
        medium=message.medium,
        channel=channel.name if channel else "",
        says=says,
        attempted_at=message.attempted_at,
        reason=message.reason or "",
        asked_again_at=message.due_at,
        wrote_at=_written_after(contact, message.attempted_at),
    )


def _written_after(contact: Contact | None, moment: datetime) -> datetime | None:
    wrote_at = contact.last_inbound_at if contact else None
    return wrote_at if wrote_at and wrote_at > moment else None
