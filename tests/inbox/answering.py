"""What tests of answers name."""

from __future__ import annotations

from loumass.messages.models import Conversation
from tests.world import World


def answer(world: World, conversation: Conversation, text: str = "Gladly", **form: object):
    """The agent sends an answer."""
    return world.acme.agent.post(
        f"/inbox/{conversation.id}/replies", {"kind": "email", "act": "send", "text": text, **form}
    )
