"""From rows to bytes: pure in the content version, the frozen values and the envelope (law 6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, text

from loumass.channels.models import Channel
from loumass.channels.tracking_using import bases
from loumass.content.composing import Draft, compile_email, compile_sms, compile_written
from loumass.content.linking import Tracking
from loumass.content.links import Links, links_of
from loumass.content.merge import MergeText, one_line
from loumass.content.mime import Attachment, Author, Email, Envelope, Skeleton, skeleton
from loumass.content.models import ContentVersion
from loumass.content.service import draft_of
from loumass.core import links, storage
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id
from loumass.media.links import FOR_VENDORS, media_url
from loumass.media.models import Media
from loumass.media.service import media_of
from loumass.messages import models
from loumass.messages.copies import copies_of
from loumass.messages.reply_addresses import reply_address
from loumass.messages.tracking import CLICKS, OPENS
from loumass.messages.tracking_tokens import tokens
from loumass.messages.unsubscribing_links import unsubscribe_url
from loumass.providers.base import OutgoingMessage
from loumass.providers.mail.addresses import on_the_wire

Values = dict[str, str | None]
#: A message of a campaign has it by itself; a test asks for it among its frozen values.
OWN_WAY_OUT = "unsubscribe_url"


# Row by row by their keys: compared with all ids at once, an organization that came after the last ANALYZE would have
# everybody read.
_FILES = text("""
    SELECT file.* FROM unnest(CAST(:ids AS uuid[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT * FROM attachment WHERE organization_id = :organization_id AND message_id = asked.id
        ORDER BY created_at, id OFFSET 0) file
""")
_THREADS = text("""
    SELECT thread.* FROM unnest(CAST(:ids AS uuid[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT id, provider_thread_id, subject FROM conversation
        WHERE organization_id = :organization_id AND id BETWEEN asked.id AND asked.id ORDER BY organization_id, id LIMIT 1) thread
""")


_WORDS = text("""
    SELECT words.* FROM unnest(CAST(:ids AS uuid[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT id, subject, text, html FROM message
        WHERE organization_id = :organization_id AND id BETWEEN asked.id AND asked.id ORDER BY organization_id, id LIMIT 1) words
""")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What rendering needs beside the message rows: loaded in sets before, so that it asks only storage."""

    address: str
    sender_name: str
    organization_number: int
    drafts: dict[UUID, Draft]
    attachments: Mapping[UUID, Sequence[models.Attachment]]
    #: Conversation id -> (the provider's thread, subject).
    threads: Mapping[UUID, tuple[str | None, str]]
    #: Message id -> what a person wrote: it has no content version.
    words: Mapping[UUID, Draft]
    #: What is dropped into voicemail boxes, by media id.
    sounds: Mapping[UUID, Media]
    #: Whether the mailbox takes `name+anything@`, so that answers can name their conversation.
    has_plus_addresses: bool = False
    #: Message id -> who else gets what a person wrote.
    copies: Mapping[UUID, Sequence[models.MessageCopy]] = field(default_factory=dict)
    #: What was compiled so far: a version never changes, and neither does the channel while these are around.
    skeletons: dict[tuple[Any, ...], Skeleton] = field(default_factory=dict)
    #: Content version, or message of a person -> its links, where it is tracked.
    links: dict[UUID, Links] = field(default_factory=dict)
    #: Tracking domain -> where its links lead.
    bases: dict[UUID, str] = field(default_factory=dict)

    def is_enough(self, rows: Sequence[Row[Any]]) -> bool:
        """Whether `rows` need nothing of the database."""
        return (
            not self._unknown_versions(rows)
            and all(map(_is_first_of_campaign, rows))
            and self._knows_links(rows)
        )

    def around(self, rows: Sequence[Row[Any]]) -> Surroundings:
        """The same for other messages of the channel, in at most eight statements; content versions are kept."""
        self.drafts.update(_drafts(self._unknown_versions(rows)))
        self._learn_links([row for row in rows if row.tracked])
        asking = [row for row in rows if not _is_first_of_campaign(row)]
        if not asking:
            return replace(self, attachments={}, threads={}, words={}, sounds={}, copies={})
        return replace(
            self,
            attachments=_attachments(asking),
            threads=_threads(asking),
            words=_words(asking),
            sounds=media_of(row.sound_id for row in asking if row.medium == "voicemail"),
            copies=_copies(asking),
        )

    def _unknown_versions(self, rows: Sequence[Row[Any]]) -> set[UUID]:
        return {row.content_version_id for row in rows if row.content_version_id} - self.drafts.keys()

    def _knows_links(self, rows: Sequence[Row[Any]]) -> bool:
        return not any(
            row.tracked
            and (_source(row) not in self.links or row.tracking_domain_id not in {None, *self.bases})
            for row in rows
        )

    def _learn_links(self, tracked: Sequence[Row[Any]]) -> None:
        if tracked:
            self.links.update(links_of({_source(row) for row in tracked} - self.links.keys()))
            domains = {row.tracking_domain_id for row in tracked if row.tracking_domain_id}
            self.bases.update(bases(domains - self.bases.keys()))

    def as_sent(self, address: str, sender_name: str) -> Surroundings:
        """The same for a message that went out when the channel was called otherwise."""
        return replace(self, address=address, sender_name=sender_name, skeletons={})

    @property
    def author(self) -> Author:
        """Whom the messages come from."""
        return Author(self.address, one_line(self.sender_name))


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message ready to be handed over, and its subject as the receiver reads it."""

    message: OutgoingMessage
    subject: str = ""


def surroundings(channel: Channel, organization_number: int, rows: Sequence[Row[Any]] = ()) -> Surroundings:
    """Everything `rows` need of the database, in a fixed number of statements."""
    plus = bool(channel.settings.get("has_plus_addresses"))
    around = Surroundings(channel.address, channel.sender_name, organization_number, {}, {}, {}, {}, {}, plus)
    return around.around(rows) if rows else around


def _is_first_of_campaign(row: Row[Any]) -> bool:
    """Nothing was said before that it could go on from, and campaigns send no files and no words of their own."""
    is_of_campaign = row.stream_id is not None and row.content_version_id is not None
    return row.medium == "email" and is_of_campaign and not row.in_reply_to


def _drafts(version_ids: Collection[UUID]) -> dict[UUID, Draft]:
    if not version_ids:
        return {}
    versions = db().scalars(select(ContentVersion).where(ContentVersion.id.in_(version_ids)))
    return {version.id: draft_of(version) for version in versions}


def _attachments(rows: Iterable[Row[Any]]) -> dict[UUID, list[models.Attachment]]:
    files = db().scalars(
        select(models.Attachment).from_statement(_FILES), _looked_up({row.id for row in rows})
    )
    attached: dict[UUID, list[models.Attachment]] = {}
    for file in files:
        if file.message_id is not None:
            attached.setdefault(file.message_id, []).append(file)
    return attached


def _copies(rows: Iterable[Row[Any]]) -> dict[UUID, list[models.MessageCopy]]:
    written = {row.id for row in rows if row.stream_id is None and row.medium == "email"}
    return copies_of(written) if written else {}


def _threads(rows: Iterable[Row[Any]]) -> dict[UUID, tuple[str | None, str]]:
    with looked_up_in_order():
        threads = db().execute(_THREADS, _looked_up({row.conversation_id for row in rows})).all()
    return {row.id: (row.provider_thread_id, row.subject) for row in threads}


def _words(rows: Iterable[Row[Any]]) -> dict[UUID, Draft]:
    written = {row.id for row in rows if row.content_version_id is None or _is_spoken_by_hand(row)}
    if not written:
        return {}
    with looked_up_in_order():
        found = db().execute(_WORDS, _looked_up(written)).all()
    return {row.id: Draft(row.subject, "", row.html, row.text) for row in found}


def _is_spoken_by_hand(row: Row[Any]) -> bool:
    """Its script may stand in the message, and only its voice in the version."""
    return row.medium == "voicemail" and row.stream_id is None


def _looked_up(ids: Iterable[UUID]) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "ids": uuid_array(ids)}


def rendered(row: Row[Any], around: Surroundings, moment: datetime) -> Rendered:
    """What the provider is handed for `row` at `moment`. Raises what is wrong with this one row."""
    message_id = row.rfc_message_id or f"{row.id}@{domain_of(around.address)}"
    values = merge_values(row, around.organization_number)
    thread_id, thread_subject = around.threads.get(row.conversation_id, (None, ""))
    common = {
        "id": row.id,
        "medium": row.medium,
        "to": row.to_address,
        "sender": around.address,
        "sender_name": one_line(around.sender_name),
        "attempted_at": moment,
        "thread_id": thread_id,
        "draft_id": row.draft_id or "",
        "attempts": row.attempts,
    }
    copies = around.copies.get(row.id, ())
    if row.medium == "voicemail":
        return Rendered(
            OutgoingMessage(
                **common, text=spoken(row, around, values), media_urls=(_sound(row, around, moment),)
            )
        )
    if row.medium != "email":
        return Rendered(OutgoingMessage(**common, text=_text(row, around).render(values)))
    made = _skeleton(row, around)
    if row.tracked:
        values |= tokens(around.organization_number, row.id, made.links)
    subject = one_line(made.subject.render(values))
    if not subject and row.in_reply_to and thread_subject:
        # A follow-up without a subject of its own goes on in the thread.
        subject = thread_subject if thread_subject.lower().startswith("re:") else f"Re: {thread_subject}"
    envelope = _envelope(row, around, message_id, moment, values)
    mime = made.joined(values, envelope, subject)
    return Rendered(
        OutgoingMessage(
            **common,
            mime=mime,
            message_id=message_id,
            copies=tuple(one.address for one in copies),
            blind=tuple(on_the_wire(one.address) for one in copies if one.is_blind),
        ),
        subject,
    )


def spoken(row: Row[Any], around: Surroundings, values: Values) -> str:
    """What a voicemail says in words; empty for a recording."""
    own = around.words.get(row.id) if _is_spoken_by_hand(row) else None
    return own.text if own is not None and own.text else _text(row, around).render(values)


def _sound(row: Row[Any], around: Surroundings, moment: datetime) -> str:
    """Where the vendor fetches the sound; works long after the drop."""
    media = around.sounds.get(row.sound_id)
    if media is None:
        raise Refused("There is no sound to drop.")
    return media_url(
        around.organization_number, media.id, media.content_type, given_at=moment, lasts=FOR_VENDORS
    )


def merge_values(row: Row[Any] | models.Message, organization_number: int) -> Values:
    """The frozen values, as texts, and the message's own way out."""
    frozen: Values = dict(row.merge_values or {})
    for name, value in frozen.items():
        if value is not None and not isinstance(value, str):
            frozen[name] = str(value)
    if is_bulk(row):
        frozen[OWN_WAY_OUT] = unsubscribe_url(organization_number, row.id)
    return frozen


def is_bulk(row: Row[Any] | models.Message) -> bool:
    """Whether it carries postal address and unsubscribe link: all that campaigns send, and tests of it."""
    return row.stream_id is not None or OWN_WAY_OUT in (row.merge_values or {})


def _envelope(
    row: Row[Any], around: Surroundings, message_id: str, moment: datetime, values: Values
) -> Envelope:
    return Envelope(
        to=row.to_address,
        to_name=one_line(values.get("contact.full_name") or ""),
        message_id=message_id,
        date=moment,
        reply_to=reply_address(around.address, row.conversation_id) if around.has_plus_addresses else None,
        in_reply_to=row.in_reply_to,
        references=tuple(row.reference_ids or ()),
        unsubscribe_url=values.get(OWN_WAY_OUT),
        cc=tuple((one.name, one.address) for one in around.copies.get(row.id, ()) if not one.is_blind),
    )


def _skeleton(row: Row[Any], around: Surroundings) -> Skeleton:
    files = around.attachments.get(row.id, ())
    if row.content_version_id is None:
        written = _written(row, around.words[row.id], _tracking(row, around))
        return _with_files(written, around.author, tuple(map(_read, files)))
    draft, footer = around.drafts[row.content_version_id], is_bulk(row)
    if files:
        email = compile_email(draft, footer=footer, tracking=_tracking(row, around))
        return _with_files(email, around.author, tuple(map(_read, files)))
    key = (row.content_version_id, footer, row.tracked, row.tracking_domain_id)
    if key not in around.skeletons:
        around.skeletons[key] = _compiled(draft, around.author, footer, _tracking(row, around))
    return around.skeletons[key]


def _source(row: Row[Any]) -> UUID:
    return row.content_version_id or row.id


def _tracking(row: Row[Any], around: Surroundings) -> Tracking | None:
    if not row.tracked:
        return None
    base = around.bases[row.tracking_domain_id] if row.tracking_domain_id else links.absolute()
    followed = around.links.get(_source(row), ()) if row.tracked & CLICKS else ()
    return Tracking(base, bool(row.tracked & OPENS), followed)


@lru_cache(256)
def _compiled(draft: Draft, author: Author, footer: bool, tracking: Tracking | None) -> Skeleton:
    """A skeleton once per content version and channel: versions never change, so the text is the key."""
    return skeleton(compile_email(draft, footer=footer, tracking=tracking), author)


@lru_cache(256)
def _compiled_text(draft: Draft) -> MergeText:
    return compile_sms(draft)


def _with_files(email: Email, author: Author, attachments: tuple[Attachment, ...]) -> Skeleton:
    return skeleton(Email(email.subject, email.text, email.html, attachments), author)


def _written(row: Row[Any], draft: Draft, tracking: Tracking | None) -> Email:
    """What a person wrote. It has merge tags only where values were frozen for them."""
    if row.merge_values is not None:
        return compile_email(draft, tracking=tracking)
    return compile_written(draft, tracking)


def _text(row: Row[Any], around: Surroundings) -> MergeText:
    if row.content_version_id is not None:
        return _compiled_text(around.drafts[row.content_version_id])
    written = around.words[row.id].text
    return compile_sms(Draft(text=written)) if row.merge_values is not None else MergeText((written,))


def _read(file: models.Attachment) -> Attachment:
    content = b"".join(storage.chunks(file.file_key))
    return Attachment(one_line(file.file_name), one_line(file.content_type), content, file.content_id)


def domain_of(address: str) -> str:
    """What stands behind the @ of our Message-IDs."""
    return address.rpartition("@")[2] or "loumass.invalid"
