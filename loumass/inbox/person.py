"""One person as the inbox sees them: who it is, and all their conversations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select

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
    """`contact` is None for somebody unknown, who then has one conversation. The latest conversation comes first.

    `line_id` names the line of the inbox that these are: a contact, or a conversation that stands by itself. It is the
    contact's own line, and `is_whole`, on the page of one person, where nothing stands apart.
    """

    contact: Contact | None
    conversations: Sequence[Conversation]
    channels: dict[UUID, Channel]
    line_id: UUID
    is_whole: bool = True

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
        if self.contact is None or (not self.is_whole and self.line_id != self.contact.id):
            return condition
        about = Message.contact_id == self.contact.id
        # What was split off stands in a line of its own.
        return or_(condition, about if self.is_whole else about & Message.conversation_id.is_(None))

    def latest(self, medium: str) -> Conversation | None:
        """Where they were last talked to on `medium`; a removed channel cannot answer any more."""
        usable = (
            one
            for one in self.conversations
            if one.medium == medium and self.channels[one.channel_id].archived_at is None
        )
        return next(usable, None)


def person_of(conversation: Conversation) -> Person:
    """Whom `conversation` is with, as the line of the inbox that it stands in. Also after their contact was merged into
    another."""
    key = conversation.stands_with_id or conversation.contact_id or conversation.id
    known = get(Contact, key)
    head = conversation if known is not None or key == conversation.id else get(Conversation, key)
    if known is None and head is not None and head.contact_id is not None:
        contact = surviving(get_or_404(Contact, head.contact_id))
    else:
        contact = surviving(known) if known is not None else None
    stands = _standing_in([key] if known is None or contact is None else [key, contact.id])
    if conversation.id not in {one.id for one in stands}:
        stands = [conversation, *stands]
    line_id = contact.id if known is not None and contact is not None else key
    return Person(contact, stands, _channels(stands), line_id, is_whole=False)


def _standing_in(keys: Sequence[UUID]) -> Sequence[Conversation]:
    """What stands in the line of a contact (and of those who were merged into them) or of a conversation."""
    merged = select(Contact.id).where(Contact.merged_into_id.in_(keys))
    by_itself = or_(
        Conversation.contact_id.in_(keys), Conversation.contact_id.in_(merged), Conversation.id.in_(keys)
    )
    return _latest_first(
        or_(
            Conversation.stands_with_id.in_(keys),
            Conversation.stands_with_id.in_(merged),
            and_(Conversation.stands_with_id.is_(None), by_itself),
        )
    )


def person_with(contact: Contact) -> Person:
    """All conversations with `contact`, and with those who were merged into them, wherever they stand."""
    merged = select(Contact.id).where(Contact.merged_into_id == contact.id)
    conversations = _latest_first(
        or_(Conversation.contact_id == contact.id, Conversation.contact_id.in_(merged))
    )
    return Person(contact, conversations, _channels(conversations), contact.id)


def _latest_first(condition: ColumnElement[bool]) -> Sequence[Conversation]:
    return (
        db()
        .scalars(
            select(Conversation)
            .where(condition)
            .order_by(Conversation.last_message_at.desc().nulls_last(), Conversation.id.desc())
            .limit(MOST_CONVERSATIONS)
        )
        .all()
    )


def addressed(person: Person, conversation: Conversation | None) -> Person:
    """The line, told about whom `conversation` is with: an answer in a line of several people is to one of them."""
    whose = conversation.contact_id if conversation is not None else None
    if whose is None or (person.contact is not None and whose == person.contact.id):
        return person
    contact = surviving(get_or_404(Contact, whose))
    return replace(person, contact=contact)


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
