"""How queued messages are judged by every gate, in sets."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import TextClause, text

from loumass.channels.models import Channel
from loumass.messages.gates import Gate, asked, never_closes, opening
from loumass.messages.models import PRIORITY_CAMPAIGN

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
REFUSED = """
    UPDATE message SET
        state = CASE WHEN ended.sentence IS NULL THEN 'queued' ELSE 'cancelled' END,
        due_at = CASE WHEN ended.sentence IS NULL THEN judged.opens_at END,
        waiting_for = CASE WHEN ended.sentence IS NULL THEN judged.gate END,
        reason_code = CASE WHEN ended.sentence IS NULL THEN NULL ELSE judged.gate END,
        reason = ended.sentence,
        ended_at = CASE WHEN ended.sentence IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM judged LEFT JOIN jsonb_each_text(CAST(:sentences AS jsonb)) AS ended(gate, sentence) ON ended.gate = judged.gate
    WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NOT NULL
    RETURNING message.id, message.contact_id, message.stream_id, message.enrollment_id, message.conversation_id,
        message.channel_id, message.node_id, message.state, message.reason_code
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
