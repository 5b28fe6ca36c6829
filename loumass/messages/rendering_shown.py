"""Messages as people read them on a page, and the exact bytes that went out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.numbering import organization_number
from loumass.channels.models import Channel
from loumass.content.composing import Draft, compile_email, compile_sms
from loumass.content.mime import Email
from loumass.content.models import ContentVersion
from loumass.content.service import draft_of
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.messages.models import Message
from loumass.messages.rendering import is_bulk, merge_values, rendered, surroundings


@dataclass(frozen=True, slots=True)
class Shown:
    """What a message says. `html` is the author's own and belongs into a sandboxed frame; empty for texts."""

    subject: str
    text: str
    html: str


def shown(messages: Sequence[Message]) -> dict[UUID, Shown]:
    """What each of `messages` says, by id; campaign messages are rendered from version and frozen values."""
    number = organization_number()
    versions = {message.content_version_id for message in messages if message.content_version_id}
    drafts = {
        version.id: draft_of(version)
        for version in db().scalars(select(ContentVersion).where(ContentVersion.id.in_(versions)))
    }
    return {message.id: _shown(message, drafts, number) for message in messages}


def original(message_id: UUID) -> bytes:
    """The bytes of an e-mail that went out, made again. Raises NotFound, Refused where it never went."""
    table = Message.__table__
    row = (
        db()
        .execute(
            select(table).where(
                table.c.organization_id == current_organization_id(), table.c.id == message_id
            )
        )
        .one_or_none()
    )
    if row is None:
        raise NotFound
    if row.attempted_at is None or row.medium != "email" or row.direction != "out":
        raise Refused("This message has no original: it was not sent from here by e-mail.")
    channel = get_or_404(Channel, row.channel_id)
    number = organization_number()
    around = surroundings(channel, number, [row]).as_sent(row.from_address, row.from_name)
    return rendered(row, around, row.attempted_at).message.mime


def _shown(message: Message, drafts: dict[UUID, Draft], number: int) -> Shown:
    if message.content_version_id is None and message.merge_values is None:
        return Shown(message.subject, message.text, message.html)
    draft = (
        drafts[message.content_version_id]
        if message.content_version_id
        else Draft(message.subject, "", message.html, message.text)
    )
    values = merge_values(message, number)
    if draft.recording:
        return Shown("", f"Recording: {draft.recording.name}", "")
    if message.medium == "voicemail" and message.text:
        return Shown("", message.text, "")
    if message.medium != "email":
        return Shown("", compile_sms(draft).render(values), "")
    email = _compiled(draft, is_bulk(message))
    html = email.html.render(values) if email.html else ""
    return Shown(email.subject.render(values), email.text.render(values), html)


@lru_cache(128)
def _compiled(draft: Draft, footer: bool) -> Email:
    return compile_email(draft, footer=footer)
