"""What an answer by e-mail answers: its thread headers, and the earlier mail below it, as mail programs fold it."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from sqlalchemy import select

from loumass.accounts.models import Organization
from loumass.content.sanitising import safe_html, text_as_html
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.models import Conversation, Message
from loumass.messages.service import shown

_MOST_REFERENCES = 30
#: Gmail clips a mail at 102 KB: what is longer is quoted as text, and that is cut.
_MOST_HTML = 80_000
_MOST_TEXT = 20_000
_LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
# Gmail and Apple Mail fold what stands under these names.
_FRAME = (
    '<div dir="auto">{words}</div><br><div class="gmail_quote"><div dir="auto" class="gmail_attr">{line}<br></div>'
    '<blockquote class="gmail_quote" type="cite" style="margin:0 0 0 .8ex;border-left:1px solid #cfcfc8;padding-left:1ex">'
    "{quoted}</blockquote></div>"
)


@dataclass(frozen=True, slots=True)
class Quote:
    """An earlier mail: `line` says who wrote it and when; `html` may be empty."""

    line: str
    text: str
    html: str

    def below(self, words: str, html: str = "") -> tuple[str, str]:
        """`words` (which `html` says with forms) with the quote below them, as text and as HTML."""
        marked = "\n".join(
            f">{line}" if line.startswith(">") else f"> {line}" for line in self.text.split("\n")
        )
        framed = _FRAME.format(
            words=html or as_html(words), line=escape(self.line), quoted=self.html or text_as_html(self.text)
        )
        return f"{words}\n\n{self.line}\n\n{marked}\n", framed


def answered(conversation: Conversation) -> Message | None:
    """The e-mail that an answer in `conversation` follows: theirs, else ours, the latest."""
    if conversation.medium != "email":
        return None
    return db().scalar(
        select(Message)
        .where(
            Message.conversation_id == conversation.id,
            Message.rfc_message_id.is_not(None),
            Message.state.in_(("sent", "received")),
        )
        .order_by(Message.direction != "in", Message.occurred_at.desc(), Message.id.desc())
        .limit(1)
    )


def all_of(message: Message | None, own: Collection[str]) -> list[str]:
    """Who else reads along in the thread of `message`: everybody but us (`own`, lower case) and the other side."""
    if message is None:
        return []
    asked = (
        [message.to_address, *map(str, message.cc)]
        if message.direction == "in"
        else list(map(str, message.cc))
    )
    beside = {*own, message.from_address.lower() if message.direction == "in" else message.to_address.lower()}
    return list({one.lower(): one for one in asked if one and one.lower() not in beside}.values())


def thread_of(message: Message | None) -> tuple[str | None, list[str]]:
    """In-Reply-To and References of an answer to `message`."""
    if message is None or message.rfc_message_id is None:
        return None, []
    references = [str(one) for one in message.references if one != message.rfc_message_id]
    return message.rfc_message_id, [*references[-_MOST_REFERENCES:], message.rfc_message_id]


def quote_of(message: Message | None) -> Quote | None:
    """`message` as it is quoted below an answer; None where there is nothing to quote."""
    words = shown([message])[message.id] if message is not None else None
    if message is None or words is None or not (words.text.strip() or words.html.strip()):
        return None
    text = words.text.strip()
    html = safe_html(words.html).html.strip() if 0 < len(words.html) <= _MOST_HTML else ""
    return Quote(_line(message), text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]}\n[…]", html)


def _line(message: Message) -> str:
    organization = db().get_one(Organization, current_organization_id())
    local = message.occurred_at.astimezone(ZoneInfo(organization.timezone))
    who = f"{message.from_name} <{message.from_address}>" if message.from_name else message.from_address
    return f"On {local:%a}, {local.day} {local:%B %Y} at {local.hour}:{local:%M}, {who or 'we'} wrote:"


def as_html(words: str) -> str:
    """Plain words with their line breaks, and web addresses that can be followed."""
    parts, at = [], 0
    for link in _LINK.finditer(words):
        address = escape(link.group())
        parts += [escape(words[at : link.start()]), f'<a href="{address}">{address}</a>']
        at = link.end()
    return "".join([*parts, escape(words[at:])]).replace("\n", "<br>\n")
