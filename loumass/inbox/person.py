"""One person as the inbox sees them: who it is, and all their conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get, get_or_404
from loumass.messages.models import Conversation, Message

#: Nobody has more; a person's thread reads these at most.
MOST_CONVERSATIONS = 200


@dataclass(frozen=True, slots=True)
class Person:
    """`contact` is None for somebody unknown, who then has one conversation. The latest conversation comes first."""

    contact: Contact | None
    conversations: Sequence[Conversation]
    channels: dict[UUID, Channel]

    @property
    def name(self) -> str:
        """What to call them."""
        if self.contact is not None:
            return self.contact.label
        return self.conversations[0].counterpart or "Unknown sender"

    @property
    def contact_or_404(self) -> Contact:
        """The contact. Raises NotFound for somebody unknown."""
        if self.contact is None:
            raise NotFound
        return self.contact

    @property
    def id(self) -> UUID:
        """The contact's id, else the conversation's: what their colour comes from."""
        return self.contact.id if self.contact is not None else self.conversations[0].id

    @property
    def conversation_ids(self) -> list[UUID]:
        """All of them."""
        return [one.id for one in self.conversations]

    @property
    def is_unread(self) -> bool:
        """Whether anything new was written."""
        return any(one.unread_since for one in self.conversations)

    @property
    def needs_reply(self) -> bool:
        """Whether they wait for an answer."""
        return any(one.needs_reply_since and not one.closed_at for one in self.conversations)

    @property
    def is_closed(self) -> bool:
        """Whether everything is done."""
        return bool(self.conversations) and all(one.closed_at for one in self.conversations)

    def messages(self) -> ColumnElement[bool]:
        """The condition that a message is theirs: of their conversations, or a note about them."""
        condition = Message.conversation_id.in_(self.conversation_ids)
        return (
            or_(condition, Message.contact_id == self.contact.id) if self.contact is not None else condition
        )

    def latest(self, medium: str) -> Conversation | None:
        """Where they were last talked to on `medium`; a removed channel cannot answer any more."""
        usable = (
            one
            for one in self.conversations
            if one.medium == medium and self.channels[one.channel_id].archived_at is None
        )
        return next(usable, None)


def person_of(conversation: Conversation) -> Person:
    """Whom `conversation` is with. Also after their contact was merged into another."""
    known = get(Contact, conversation.contact_id) if conversation.contact_id else None
    contact = surviving(known) if known is not None else None
    if contact is None:
        return Person(None, [conversation], _channels([conversation]))
    person = person_with(contact)
    if conversation.id in person.conversation_ids:
        return person
    return Person(
        contact, [conversation, *person.conversations], _channels([conversation, *person.conversations])
    )


def person_with(contact: Contact) -> Person:
    """All conversations with `contact`, and with those who were merged into them."""
    merged = select(Contact.id).where(Contact.merged_into_id == contact.id)
    conversations = (
        db()
        .scalars(
            select(Conversation)
            .where(or_(Conversation.contact_id == contact.id, Conversation.contact_id.in_(merged)))
            .order_by(Conversation.last_message_at.desc().nulls_last(), Conversation.id.desc())
            .limit(MOST_CONVERSATIONS)
        )
        .all()
    )
    return Person(contact, conversations, _channels(conversations))


def conversation_or_404(conversation_id: UUID) -> Conversation:
    """The current organization's conversation. Raises NotFound."""
    return get_or_404(Conversation, conversation_id)


def surviving(contact: Contact) -> Contact:
    """Whom a merged contact became; a chain of merges has an end."""
    seen: set[UUID] = set()
    while contact.merged_into_id is not None and contact.id not in seen:
        seen.add(contact.id)
        contact = get_or_404(Contact, contact.merged_into_id)
    return contact


def _channels(conversations: Sequence[Conversation]) -> dict[UUID, Channel]:
    ids = {one.channel_id for one in conversations}
    return {one.id: one for one in db().scalars(select(Channel).where(Channel.id.in_(ids)))}
