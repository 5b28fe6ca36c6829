"""Answers leave from here: on the channel and thread that the person wrote on. Notes stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import Organization, User
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.content.composing import links_written
from loumass.content.links import keep_addresses
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.inbox import conversing, drafting, dropping, taking_back
from loumass.inbox.answering import Way, chosen
from loumass.inbox.desk import notifying
from loumass.inbox.desk.mentioning import mentioned
from loumass.inbox.formed import Formed
from loumass.inbox.models import SentDraft
from loumass.inbox.person import Person, addressed
from loumass.inbox.quoting import answered, quote_of, thread_of
from loumass.inbox.signing import signed, signed_html
from loumass.inbox.wording import Words, words
from loumass.messages.cleaning import fit
from loumass.messages.copies import Addressee, addressees, copies_of, copy_to, refuse_suppressed
from loumass.messages.finding.words import note_words
from loumass.messages.models import Attachment, Conversation, Message
from loumass.messages.senders import compared
from loumass.messages.service import NewMessage, queue_messages
from loumass.messages.tracking import tracked_in_answers

MOST_NOTE = 20_000
#: Failed or cancelled, and gone on elsewhere: as another message, or as a draft.
SETTLED = ("sent_again", taking_back.TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Answer:
    """What a person typed. `channel_id` is asked for only where a new conversation begins; `quotes`: an e-mail
    carries the earlier one below."""

    text: str
    subject: str = ""
    channel_id: UUID | None = None
    closes: bool = False
    quotes: bool = True
    #: An e-mail with forms, which say more than `text`.
    formed: Formed | None = None
    #: Whether the author's signature stands below an e-mail.
    is_signed: bool = True
    #: The turn of the form it was typed into (`sending_once.py`): a second answer of the same turn is refused before.
    key: UUID | None = None
    #: When it is to leave; None: as soon as it cannot be undone any more.
    at: datetime | None = None
    #: Who gets a copy, as typed; `to` is asked for only where something is forwarded.
    cc: str = ""
    bcc: str = ""
    to: str = ""
    #: A voicemail: what is dropped, as `dropping.choices` names it.
    drop: str = ""
    #: All other fields of the form, as a draft keeps them.
    more: Mapping[str, str] = field(default_factory=dict)


def send(person: Person, way: Way, answer: Answer, author: User) -> UUID:
    """Queue the answer with the files of the draft, and settle its conversation; the message's id.

    Raises Conflict where the address is barred, Refused for what cannot be sent.
    """
    person = addressed(person, way.conversation)
    if way.barred:
        raise Conflict(f"{way.barred} What you wrote is kept as a draft.")
    channel = chosen(way, answer.channel_id)
    files = drafting.files(person.conversation_ids, author.id)
    _refuse_empty(answer, way, files)
    cc, bcc = (addressees(answer.cc), addressees(answer.bcc)) if way.takes_copies else ([], [])
    refuse_suppressed([*cc, *bcc])
    form = answer.formed if way.medium == "email" else None
    said, said_html = (form.text, form.html) if form else (answer.text, "")
    ready = words(person, channel, author, answer.subject, said, said_html)
    drop = dropping.chosen(answer.drop, ready.text, author.id) if way.medium == "voicemail" else None
    if drop is not None and not drop.is_synthetic:
        ready = Words("", "")
    subject = (ready.subject or way.subject) if way.medium == "email" else ""
    conversation = way.conversation or begin(person, way, channel)
    conversation.subject = conversation.subject or subject
    earlier = answered(conversation)
    in_reply_to, references = thread_of(earlier)
    quote = quote_of(earlier) if answer.quotes and way.medium == "email" else None
    words_signed = signed(ready.text, author, channel, answer.text) if answer.is_signed else ready.text
    html_signed = signed_html(ready.html, author, channel, answer.text) if answer.is_signed else ready.html
    text, html = quote.below(words_signed, html_signed) if quote else (words_signed, html_signed)
    tracked = tracked_in_answers(db().get_one(Organization, current_organization_id()))
    (message_id,) = queue_messages(
        [
            NewMessage(
                conversation_id=conversation.id,
                channel_id=channel.id,
                medium=way.medium,
                tracked=tracked if way.medium == "email" else None,
                to_address=way.to,
                contact_id=person.contact.id if person.contact else None,
                author_id=author.id,
                subject=subject,
                text=text,
                html=html,
                reply_text=ready.text,
                in_reply_to=in_reply_to,
                references=references,
                due_at=taking_back.now_or_later(answer.at),
                send_key=answer.key,
                content_version_id=drop.version_id if drop else None,
                merge_values={} if drop else None,
                sound_id=drop.sound_id if drop else None,
                is_synthetic=bool(drop and drop.is_synthetic),
            )
        ]
    )
    copy_to(message_id, cc, bcc)
    if tracked and way.medium == "email":
        keep_addresses(message_id, links_written(words_signed))
    for file in files if way.medium == "email" else ():
        file.message_id, file.conversation_id = message_id, None
    db().flush()
    waited = conversing.waiting([*person.conversation_ids, conversation.id])
    closed = _settle(person, conversation, author, closes=answer.closes)
    about = person.conversation_ids[0] if person.conversation_ids else conversation.id
    taking_back.keep(
        SentDraft(
            message_id=message_id,
            conversation_id=about,
            user_id=author.id,
            kind=way.medium,
            subject=answer.subject,
            text=answer.text,
            more=dict(answer.more),
            waited=list(waited),
            closed=closed,
        )
    )
    drafting.discard([*person.conversation_ids, conversation.id], author.id, way.medium)
    return message_id


def add_note(
    person: Person, text: str, author: User, conversation_id: UUID | None = None, key: UUID | None = None
) -> UUID:
    """A note that only the organization reads. Raises Refused for an empty or endless one."""
    text = fit(text).strip()
    if not text:
        raise Refused("The note is empty. Write something first.")
    if len(text) > MOST_NOTE:
        raise Refused(f"A note holds {MOST_NOTE:,} letters. Shorten it; nothing was kept.")
    about = next((one for one in person.conversations if one.id == conversation_id), None)
    about = about or next(iter(person.conversations), None)
    note = Message(
        id=uuid7(),
        contact_id=person.contact.id if person.contact else None,
        channel_id=about.channel_id if about else None,
        author_id=author.id,
        direction="note",
        medium=about.medium if about else "email",
        state="note",
        send_key=key,
        text=text,
        occurred_at=clock.now(),
    )
    if about is not None:
        note.conversation_id = about.id
        announce(f"conversation:{about.id}")
    db().add(note)
    note_words([note.id])
    _tell_mentioned(note, author)
    drafting.discard(person.conversation_ids, author.id, "note")
    return note.id


def _tell_mentioned(note: Message, author: User) -> None:
    """Only where there is a conversation to lead them to."""
    if note.conversation_id is not None and "@" in note.text:
        told = mentioned(note.text, conversing.who_may_answer())
        notifying.tell("mention", told, note.conversation_id, actor_id=author.id, message_id=note.id)


def send_again(message_id: UUID, author: User) -> Message:
    """Queue a person's failed message once more; returns the old one. Raises Conflict, NotFound."""
    message = get_or_404(Message, message_id, lock=True)
    may = message.direction == "out" and message.stream_id is None and message.author_id is not None
    if not may or message.state not in ("failed", "cancelled") or message.reason_code in SETTLED:
        raise Conflict(
            "Only your own message that failed or was taken back can be sent again, and only once."
        )
    if message.channel_id is None:
        raise Conflict("Its sender is gone. Write it anew.")
    (new_id,) = queue_messages(
        [
            NewMessage(
                conversation_id=message.conversation_id,
                channel_id=message.channel_id,
                medium=message.medium,
                to_address=message.to_address,
                contact_id=message.contact_id,
                author_id=author.id,
                subject=message.subject,
                text=message.text,
                html=message.html,
                reply_text=message.reply_text,
                merge_values=message.merge_values,
                in_reply_to=message.in_reply_to,
                references=message.references,
            )
        ]
    )
    db().execute(update(Attachment).where(Attachment.message_id == message.id).values(message_id=new_id))
    copies = copies_of([message.id]).get(message.id, [])
    everybody = [(Addressee(one.address, one.name), one.is_blind) for one in copies]
    copy_to(
        new_id,
        [one for one, is_blind in everybody if not is_blind],
        [one for one, is_blind in everybody if is_blind],
    )
    message.reason_code = "sent_again"
    announce(f"conversation:{message.conversation_id}")
    return message


def _refuse_empty(answer: Answer, way: Way, files: Sequence[Attachment]) -> None:
    if way.medium == "voicemail":
        return  # a recording needs no words, and a script is looked at where its voice is
    if way.medium == "sms" and files:
        raise Refused("Texts cannot carry files. Send them by e-mail or take them out.")
    if not answer.text.strip() and not files:
        raise Refused("There is nothing to send yet. Write something or attach a file.")
    if way.asks_subject and not answer.subject.strip():
        raise Refused("A new e-mail needs a subject. What you wrote is still here.")
    if any(not file.file_key for file in files):
        raise Refused("One of the files was not kept. Take it out and attach it again.")


def begin(person: Person, way: Way, channel: Channel) -> Conversation:
    """A new conversation with somebody we know. A number has one per channel, which may be there already."""
    address = compared(way.medium, way.to)
    contact_id = person.contact.id if person.contact else None
    keys = [address, f"{address}#{contact_id}"] if way.medium != "email" else [f"reply:{uuid7()}"]
    for key in keys:
        statement = insert(Conversation).values(
            contact_id=contact_id,
            channel_id=channel.id,
            medium=way.medium,
            counterpart=address,
            thread_key=key,
            created_at=clock.now(),
        )
        conversation_id = db().scalar(
            statement.on_conflict_do_update(
                index_elements=["organization_id", "channel_id", "thread_key"], set_={"medium": way.medium}
            ).returning(Conversation.id)
        )
        conversation = get_or_404(Conversation, conversation_id) if conversation_id else None
        if conversation is not None and conversation.contact_id in (None, contact_id):
            conversation.contact_id = contact_id
            return conversation
    raise Conflict("Somebody else is being written to at this number. Open their conversation.")


def begin_with(
    contact: Contact | None, channel: Channel, medium: str, address: str, subject: str
) -> Conversation:
    """A conversation of its own with whoever something is forwarded to."""
    conversation = Conversation(
        contact_id=contact.id if contact else None,
        channel_id=channel.id,
        medium=medium,
        counterpart=address,
        thread_key=f"reply:{uuid7()}",
        subject=subject,
        last_message_at=clock.now(),
    )
    db().add(conversation)
    db().flush()
    return conversation


def _settle(person: Person, conversation: Conversation, author: User, *, closes: bool) -> list[UUID]:
    """Whoever was answered waits no longer; nobody's conversation becomes the author's. Returns what was closed."""
    ids = [*person.conversation_ids, conversation.id]
    conversation.last_message_at = clock.now()
    conversation.snoozed_until = conversation.closed_at = None
    db().flush()
    conversing.need_no_reply(ids)
    conversing.mark_read(ids)
    nobodys = [one.id for one in (*person.conversations, conversation) if one.assignee_id is None]
    conversing.assign(nobodys, author.id)
    was_open = [one.id for one in (*person.conversations, conversation) if one.closed_at is None]
    if closes:
        conversing.close(ids)
    announce(f"conversation:{conversation.id}")
    return was_open if closes else []
