"""An e-mail goes on to somebody else: quoted whole under what a person writes, with its files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from loumass.accounts.models import Organization, User
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.content.sanitising import safe_html, text_as_html
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.ids import uuid7
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get, get_or_404
from loumass.inbox import drafting, taking_back
from loumass.inbox.models import SentDraft
from loumass.inbox.person import Person, person_with
from loumass.inbox.quoting import as_html
from loumass.inbox.replying import Answer, begin_with
from loumass.inbox.signing import signed, signed_html
from loumass.inbox.wording import words
from loumass.messages.copies import addressees, copy_to, refuse_suppressed
from loumass.messages.models import Attachment, Message
from loumass.messages.senders import sender_of
from loumass.messages.service import NewMessage, queue_messages, shown

#: What is longer is passed on as text only.
_MOST_HTML = 400_000
_HEAD = "---------- Forwarded message ----------"


@dataclass(frozen=True, slots=True)
class Forwarded:
    """What goes along below the words: who wrote it, to whom, when, and the whole of it."""

    message: Message
    subject: str
    lines: Sequence[str]
    text: str
    html: str
    files: Sequence[Attachment]

    def below(self, said: str, said_html: str = "") -> tuple[str, str]:
        """`said` with the forwarded mail below, as text and as HTML."""
        head = "\n".join([_HEAD, *self.lines])
        html = (
            f'<div dir="auto">{said_html or as_html(said)}</div><br><div class="gmail_quote"><div dir="auto" class="gmail_attr">'
            f"{'<br>'.join(map(escape, head.split(chr(10))))}<br></div><br>{self.html or text_as_html(self.text)}</div>"
        )
        return f"{said}\n\n{head}\n\n{self.text}\n", html


def forwarded(person: Person, message_id: UUID) -> Forwarded:
    """One e-mail of `person`, ready to go on to somebody else. Raises NotFound, Refused for what is no e-mail."""
    message = get_or_404(Message, message_id)
    if message.conversation_id not in person.conversation_ids:
        raise NotFound
    if message.medium != "email" or message.direction == "note":
        raise Refused("Only e-mails can be forwarded. Copy the words of a text instead.")
    said = shown([message])[message.id]
    html = safe_html(said.html).html.strip() if 0 < len(said.html) <= _MOST_HTML else ""
    files = db().scalars(
        select(Attachment)
        .where(
            Attachment.message_id == message_id, Attachment.media_id.is_not(None), Attachment.file_key != ""
        )
        .order_by(Attachment.created_at, Attachment.id)
    )
    subject = said.subject or message.subject
    lines = _lines(message, subject)
    return Forwarded(message, _subject(subject), lines, said.text.strip(), html, files.all())


def forward(person: Person, going: Forwarded, answer: Answer, author: User) -> UUID:
    """Queue it for whom it is typed to; the message's id. Raises Refused and Conflict for what cannot be sent."""
    everybody = addressees(answer.to)
    if not everybody:
        raise Refused("Say whom it goes to. Nothing was sent.")
    cc, bcc = [*everybody[1:], *addressees(answer.cc)], addressees(answer.bcc)
    refuse_suppressed([*everybody, *cc, *bcc])
    channel = _channel(going.message)
    known = sender_of("email", everybody[0].address, channel.id)
    contact = get(Contact, known.contact_id) if known.contact_id else None
    receiver = person_with(contact) if contact else Person(None, [], {}, uuid7())
    said, said_html = (answer.formed.text, answer.formed.html) if answer.formed else (answer.text, "")
    ready = words(receiver, channel, author, answer.subject or going.subject, said, said_html)
    conversation = begin_with(contact, channel, "email", known.address, ready.subject)
    own, own_html = ready.text, ready.html
    if answer.is_signed:
        own = signed(own, author, channel, answer.text)
        own_html = signed_html(own_html, author, channel, answer.text)
    text, html = going.below(own, own_html)
    (message_id,) = queue_messages(
        [
            NewMessage(
                conversation_id=conversation.id,
                channel_id=channel.id,
                medium="email",
                to_address=everybody[0].address,
                contact_id=contact.id if contact else None,
                author_id=author.id,
                subject=ready.subject,
                text=text,
                html=html,
                reply_text=ready.text,
                due_at=taking_back.now_or_later(answer.at),
                send_key=answer.key,
            )
        ]
    )
    copy_to(message_id, cc, bcc)
    if answer.quotes:
        db().add_all(_again(file, message_id) for file in going.files)
    for file in drafting.files(person.conversation_ids, author.id):
        file.message_id, file.conversation_id = message_id, None
    taking_back.keep(
        SentDraft(
            message_id=message_id,
            conversation_id=person.conversation_ids[0],
            user_id=author.id,
            kind="forward",
            subject=answer.subject,
            text=answer.text,
            more=dict(answer.more),
        )
    )
    drafting.discard(person.conversation_ids, author.id, "forward")
    announce("inbox")
    return message_id


def _channel(message: Message) -> Channel:
    """The mailbox that it was written to."""
    channel = get(Channel, message.channel_id) if message.channel_id else None
    if channel is None or channel.archived_at is not None:
        raise Conflict("The mailbox it came to was removed. What you wrote is kept as a draft.")
    return channel


def _again(file: Attachment, message_id: UUID) -> Attachment:
    """The same bytes in another message: they are kept once."""
    return Attachment(
        message_id=message_id,
        file_name=file.file_name,
        content_type=file.content_type,
        size=file.size,
        file_key=file.file_key,
        media_id=file.media_id,
    )


def _lines(message: Message, subject: str) -> list[str]:
    organization = db().get_one(Organization, current_organization_id())
    local = message.occurred_at.astimezone(ZoneInfo(organization.timezone))
    who = f"{message.from_name} <{message.from_address}>" if message.from_name else message.from_address
    lines = [
        f"From: {who or 'us'}",
        f"Date: {local:%a}, {local.day} {local:%B %Y} at {local.hour}:{local:%M}",
        f"Subject: {subject}",
        f"To: {message.to_address}",
    ]
    return [*lines, f"Cc: {', '.join(map(str, message.cc))}"] if message.cc else lines


def _subject(subject: str) -> str:
    return subject if subject.lower().startswith(("fwd:", "fw:")) else f"Fwd: {subject or 'Your message'}"
