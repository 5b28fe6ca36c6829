"""Where a received message was read from."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from loumass.providers.events import MessageArrived


@dataclass(frozen=True, slots=True)
class Origin:
    """The stored delivery, and which of its events."""

    delivery_id: UUID
    position: int

    @property
    def key(self) -> str:
        """Names a message that has no id of its own."""
        return f"delivery:{self.delivery_id}:{self.position}"

    def identity(self, arrived: MessageArrived) -> str | None:
        """The provider's id of the message, or the key where it has no id at all."""
        return arrived.provider_message_id or (None if arrived.message_id else self.key)
