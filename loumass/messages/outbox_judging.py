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
# The same where more is counted than the channel: who got enough, counted with those before them in this window, is refused;
# then whose text no longer fits into the segments of the brand. What is refused for one takes nothing of the next.
JUDGED_AND_COUNTED = """
    SELECT metered.*, count(*) FILTER (WHERE gate IS NULL) OVER turn AS nth,
           count(*) FILTER (WHERE gate IS NULL AND priority >= {campaign}) OVER turn AS nth_of_campaigns
    FROM (
        SELECT id, priority, due_at,
               CASE WHEN gate IS NULL AND priority >= {campaign} AND taking > room THEN 'segments' ELSE gate END AS gate,
               CASE WHEN gate IS NULL AND taking > room THEN day_after ELSE opens_at END AS opens_at
        FROM (
            SELECT told.*, sum(segments) FILTER (WHERE gate IS NULL) OVER (ORDER BY priority, due_at, id) AS taking
            FROM (
                SELECT counted.id, counted.priority, counted.due_at, segments, room, day_after,
                       CASE WHEN gate IS NULL AND is_too_often THEN 'frequency' ELSE gate END AS gate,
                       CASE WHEN gate IS NULL AND is_too_often
                           THEN CASE WHEN is_week THEN next_week_at ELSE tomorrow_at END ELSE opens_at END AS opens_at
                FROM (
                    SELECT asked.*, priority >= {campaign} AND (is_day OR is_week) AS is_too_often
                    FROM (
                        SELECT m.id, m.priority, m.due_at, m.segments, g.gate, {opening} AS opens_at,
                               brand.segments_per_day - brand.used AS room,
                               ((spot.today + 1)::timestamp AT TIME ZONE spot.home) AS day_after,
                               often.tomorrow_at, often.next_week_at,
                               coalesce(often.today + count(*) FILTER (WHERE g.gate IS NULL) OVER own > rule.contact_per_day, false) AS is_day,
                               coalesce(often.week + count(*) FILTER (WHERE g.gate IS NULL) OVER own > rule.contact_per_week, false) AS is_week
                        FROM due m {around}
                        {asked}
                        WINDOW own AS (PARTITION BY coalesce(m.contact_id, m.id) ORDER BY m.priority, m.due_at, m.id)
                    ) asked
                ) counted
            ) told
        ) taking
    ) metered
    WINDOW turn AS (ORDER BY priority, due_at, id)
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
    window = channel.window_weekdays, channel.window_from, channel.window_until
    return not channel.skips_days_off and never_closes(channel.medium, *window)
