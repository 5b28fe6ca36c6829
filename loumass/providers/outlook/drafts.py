"""A message as Outlook names it, before and after it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import quote

from loumass.providers.errors import Sent

#: What `Draft.of` looks at.
SHOWN = "id,conversationId,internetMessageId"


@dataclass(frozen=True, slots=True)
class Draft:
    """Its own id (the same after sending), its conversation at Exchange, and its Message-ID without angle brackets."""

    id: str
    conversation_id: str
    message_id: str

    @classmethod
    def of(cls, told: Mapping[str, Any], otherwise: Draft | None = None) -> Self:
        """What Graph tells of a message; what it leaves out is as in `otherwise`."""
        known = otherwise or cls("", "", "")
        return cls(
            str(told.get("id") or known.id),
            str(told.get("conversationId") or known.conversation_id),
            str(told.get("internetMessageId") or known.message_id).strip().strip("<>"),
        )

    @classmethod
    def read(cls, noted: str) -> Self:
        """What `str` wrote."""
        message, _, more = noted.partition(" ")
        conversation, _, message_id = more.partition(" ")
        return cls(message, conversation, message_id)

    def __str__(self) -> str:
        return f"{self.id} {self.conversation_id} {self.message_id}"

    def sent(self) -> Sent:
        """It went."""
        return Sent(self.id, self.message_id, self.conversation_id or None)


def path_of(message_id: str) -> str:
    """Where Graph has a message."""
    return f"/me/messages/{quote(message_id, safe='')}"


def same_id(message_id: str) -> str:
    """The OData filter for a Message-ID."""
    quoted = message_id.replace("'", "''")
    return f"internetMessageId eq '<{quoted}>'"
