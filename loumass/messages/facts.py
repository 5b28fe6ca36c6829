"""What events say of messages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row


def ids_of(row: Row[Any], **facts: Any) -> dict[str, Any]:
    """What an event says of a message: ids and figures only."""
    return {
        "message_id": row.id,
        "contact_id": row.contact_id,
        "campaign_id": row.stream_id,
        "enrollment_id": row.enrollment_id,
        "conversation_id": row.conversation_id,
        "channel_id": row.channel_id,
        "node_id": row.node_id,
        "facts": facts,
    }
