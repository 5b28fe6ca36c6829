"""The personal link out: organization number and message id, signed. About 40 characters."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from loumass.core import links, secrets

PURPOSE = "unsubscribe"
PATH = "/u/"


@dataclass(frozen=True, slots=True)
class UnsubscribeToken:
    """What a token says: which organization (by its public number), which message."""

    organization_number: int
    message_id: UUID


def unsubscribe_url(organization_number: int, message_id: UUID) -> str:
    """The link for one message. The same arguments give the same link."""
    payload = organization_number.to_bytes(5) + message_id.bytes
    return links.absolute(PATH + secrets.sign(PURPOSE, payload))


def read(token: str) -> UnsubscribeToken | None:
    """What `token` says, or None when it is not ours."""
    payload = secrets.verify(PURPOSE, token)
    if payload is None or len(payload) != 21:
        return None
    return UnsubscribeToken(int.from_bytes(payload[:5]), UUID(bytes=payload[5:]))
