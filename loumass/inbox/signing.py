"""Signatures: what stands below an answer by e-mail, of the person who writes, for one mailbox otherwise."""

from __future__ import annotations

from html import escape
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from loumass.accounts.models import User
from loumass.channels.models import Channel
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox.models import MailboxSignature
from loumass.messages.cleaning import fit

MOST_LETTERS = 2_000
_TAG = "{{sender.signature"
#: What mail programs know a signature by (RFC 3676 section 4.3).
_MARK = "-- \n"


def signature_of(user: User, channel: Channel) -> str:
    """The person's signature in this mailbox; empty where they have none."""
    own = db().scalar(
        select(MailboxSignature.text).where(
            MailboxSignature.user_id == user.id, MailboxSignature.channel_id == channel.id
        )
    )
    return (user.signature if own is None else own).strip()


def signed(text: str, user: User, channel: Channel, typed: str) -> str:
    """`text` with the signature below it, unless what was `typed` has it already."""
    signature = signature_of(user, channel) if channel.medium == "email" and _TAG not in typed else ""
    return f"{text}\n\n{_MARK}{signature}" if signature else text


def signed_html(html: str, user: User, channel: Channel, typed: str) -> str:
    """The same for words with forms; empty where there are none."""
    if not html:
        return ""
    below = signed("", user, channel, typed).strip("\n")
    return f"{html}<div>{escape(below).replace(chr(10), '<br>')}</div>" if below else html


def own_signatures(user_id: UUID) -> dict[UUID, str]:
    """Channel id -> the signature that somebody has for it alone."""
    rows = db().scalars(select(MailboxSignature).where(MailboxSignature.user_id == user_id))
    return {row.channel_id: row.text for row in rows}


def keep_signature(user_id: UUID, channel_id: UUID, text: str | None) -> None:
    """The signature for one mailbox; None: the usual one. Raises NotFound, Refused where it is too long."""
    channel = get_or_404(Channel, channel_id)
    mine = MailboxSignature.user_id == user_id, MailboxSignature.channel_id == channel.id
    if text is None:
        db().execute(delete(MailboxSignature).where(*mine))
        return
    text = fit(text).replace("\r\n", "\n").strip()
    if len(text) > MOST_LETTERS:
        raise Refused(f"A signature holds {MOST_LETTERS:,} letters. Shorten it; nothing was saved.")
    statement = insert(MailboxSignature).values(user_id=user_id, channel_id=channel.id, text=text)
    db().execute(
        statement.on_conflict_do_update(
            index_elements=["organization_id", "user_id", "channel_id"], set_={"text": text}
        )
    )


def mailboxes() -> list[Channel]:
    """Where people answer by e-mail from."""
    rows = (
        select(Channel)
        .where(Channel.medium == "email", Channel.archived_at.is_(None))
        .order_by(Channel.address, Channel.id)
    )
    return list(db().scalars(rows))
