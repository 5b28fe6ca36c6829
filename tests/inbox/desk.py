"""What tests of the inbox need at hand."""

from __future__ import annotations

import re
from html import unescape
from uuid import UUID

from werkzeug.test import TestResponse

from loumass.channels.models import Channel
from loumass.core.tenancy import OrganizationOwned, get_or_404
from loumass.messages.models import Conversation, Message
from tests.messages.letters import brings, email, mailbox, rows, written
from tests.world import World

PRIYA = "priya@foothill.example"


def replied(world: World, text: str = "Count me in", **also: object) -> Conversation:
    """Priya was written to by e-mail and has answered; her conversation."""
    asked = written(world.acme, box := mailbox(world.acme), world.acme.contact())
    brings(world.acme, box, email(PRIYA, text, in_reply_to=asked.rfc_message_id, **also))
    return talk_of(world, asked.conversation_id)


def talk_of(world: World, conversation_id: UUID) -> Conversation:
    """Acme's conversation as it is now."""
    with world.acme.acting():
        return get_or_404(Conversation, conversation_id)


def channel_of(world: World, conversation: Conversation) -> Channel:
    """The channel that `conversation` goes through."""
    with world.acme.acting():
        return get_or_404(Channel, conversation.channel_id)


def change(world: World, model: type[OrganizationOwned], row_id: UUID | None, **values: object) -> None:
    """Give one of Acme's rows other values."""
    with world.acme.acting() as session:
        row = session.get_one(model, (world.acme.id, row_id))
        for name, value in values.items():
            setattr(row, name, value)
        session.commit()


def names(page: TestResponse) -> list[str]:
    """Who stands in the list, from above."""
    assert page.status_code == 200, page.text
    return [unescape(found) for found in re.findall(r'class="line-name"[^>]*>([^<]*)</a>', page.text)]


def outgoing(world: World, state: str = "queued") -> list[Message]:
    """Acme's outgoing messages in a state."""
    return list(rows(world.acme, Message, direction="out", state=state))
