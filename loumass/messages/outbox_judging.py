"""How queued messages are judged by every gate, in sets, and what is told of those that it ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, TextClause, text

from loumass.channels.models import Channel
from loumass.events.service import publish_all
from loumass.messages.gates import Gate, asked, never_closes, opening
from loumass.messages.models import PRIORITY_CAMPAIGN

#: What events and counters need of a row.
IDS = ("id", "contact_id", "stream_id", "enrollment_id", "conversation_id", "channel_id", "node_id", "state",
       "priority", "due_at", "reason_code")  # fmt: skip
#: The messages in `due`, each with the first gate that refuses it and when that opens. The others are counted in their order.
JUDGED = """
    SELECT m.*, g.gate, {opening} AS opens_at,
           count(*) FILTER (WHERE g.gate IS NULL) OVER turn AS nth,
           count(*) FILTER (WHERE g.gate IS NULL AND m.priority >= {campaign}) OVER turn AS nth_of_campaigns
    FROM due m {around}
    {asked}
    WINDOW turn AS (ORDER BY m.priority, m.due_at, m.id)
"""
# A refusing gate either ends the message or says when it will be looked at again, and why.
REFUSED = f"""
    UPDATE message SET
        state = CASE WHEN ended.sentence IS NULL THEN 'queued' ELSE 'cancelled' END,
        due_at = CASE WHEN ended.sentence IS NULL THEN judged.opens_at END,
        waiting_for = CASE WHEN ended.sentence IS NULL THEN judged.gate END,
        reason_code = CASE WHEN ended.sentence IS NULL THEN NULL ELSE judged.gate END,
        reason = ended.sentence,
        ended_at = CASE WHEN ended.sentence IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM judged LEFT JOIN jsonb_each_text(CAST(:sentences AS jsonb)) AS ended(gate, sentence) ON ended.gate = judged.gate
    WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NOT NULL
    RETURNING {", ".join(f"message.{name}" for name in IDS)}
"""


def asking(statement: str, gates: Sequence[Gate], around: str) -> TextClause:
    """`statement` with its `{opening}`, `{asked}` and `{around}` filled in for `gates`."""
    return text(
        statement.replace("{opening}", opening(gates, "g.gate"))
        .replace("{asked}", asked(gates))
        .replace("{around}", around)
        .replace("{campaign}", str(PRIORITY_CAMPAIGN))
    )


def is_open_always(channel: Channel) -> bool:
    """Whether no hour of any day is refused by the channel: most gates need not be asked then."""
    return never_closes(channel.medium, channel.window_weekdays, channel.window_from, channel.window_until)


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


def tell_of_ended(rows: Sequence[Row[Any]]) -> None:
    """Everybody hears of the `rows` that a gate cancelled."""
    publish_all(
        "message.cancelled", [ids_of(row, reason=row.reason_code) for row in rows if row.state == "cancelled"]
    )
