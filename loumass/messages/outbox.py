"""The queue in PostgreSQL: what is due is claimed, attempted, given back and reclaimed, in sets.

Law 5 is kept twice: when a batch is claimed, and again for each small window just before it is
written to the network, in the same statement that marks it as attempted.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.gates import (
    AROUND,
    MESSAGE_GATES,
    asked,
    ended_sentences,
    opening,
    zones,
)
from loumass.messages.models import PRIORITY_CAMPAIGN
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.messages.rendering import Rendered

#: Due rows looked at per slice, so that a slice with refusals stays bounded as well.
LOOKED_AT = 500

_DUE = """
    SELECT id, contact_id, channel_id, stream_id, medium, to_hash, priority, due_at
    FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'queued'
      AND priority = ANY(CAST(:priorities AS integer[])) AND due_at <= :now
    ORDER BY priority, due_at, id LIMIT :looked_at FOR UPDATE SKIP LOCKED
"""
# Whoever waits for a lock judges by what was true before the wait: a locked row is left out of this window, so that
# an opt-out which is committed meanwhile is seen. It goes back to the queue, unless its holder took it away.
_WINDOW = """
    SELECT id, contact_id, channel_id, stream_id, medium, to_hash, priority, due_at
    FROM message
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'sending'
      AND lease_token = :token AND attempted_at IS NULL
    FOR UPDATE SKIP LOCKED
"""
_JUDGED = f"""
    SELECT m.id, m.priority, g.gate, {opening(MESSAGE_GATES, "g.gate")} AS opens_at,
           count(*) FILTER (WHERE g.gate IS NULL) OVER turn AS nth,
           count(*) FILTER (WHERE g.gate IS NULL AND m.priority >= {PRIORITY_CAMPAIGN}) OVER turn AS nth_of_campaigns
    FROM due m {AROUND}
    {asked(MESSAGE_GATES)}
    WINDOW turn AS (ORDER BY m.priority, m.due_at, m.id)
"""
# What events and counters need of a row; claims return all of it, since it is rendered from.
_SAID = ", ".join(
    f"message.{name}"
    for name in (
        "id", "contact_id", "stream_id", "enrollment_id", "conversation_id", "channel_id", "node_id",
        "state", "priority", "due_at", "reason_code",
    )
)  # fmt: skip
# A refusing gate either ends the message or says when it will be looked at again, and why.
_REFUSED = """
    UPDATE message SET
        state = CASE WHEN ended.sentence IS NULL THEN 'queued' ELSE 'cancelled' END,
        due_at = CASE WHEN ended.sentence IS NULL THEN judged.opens_at END,
        waiting_for = CASE WHEN ended.sentence IS NULL THEN judged.gate END,
        reason_code = CASE WHEN ended.sentence IS NULL THEN NULL ELSE judged.gate END,
        reason = ended.sentence,
        ended_at = CASE WHEN ended.sentence IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END,
        lease_token = NULL, lease_until = NULL
    FROM judged LEFT JOIN jsonb_each_text(CAST(:sentences AS jsonb)) AS ended(gate, sentence) ON ended.gate = judged.gate
    WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NOT NULL
    RETURNING {columns}
"""
_CLAIM = text(f"""
    WITH due AS MATERIALIZED ({_DUE}), judged AS MATERIALIZED ({_JUDGED}),
    refused AS ({_REFUSED.format(columns="message.*")}),
    taken AS (
        UPDATE message SET state = 'sending', lease_token = :token, lease_until = :lease_until,
               attempted_at = NULL, waiting_for = NULL, attempts = attempts + 1
        FROM judged
        WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NULL
          AND judged.nth <= :most AND (judged.priority < {PRIORITY_CAMPAIGN} OR judged.nth_of_campaigns <= :campaign_most)
        RETURNING message.*
    )
    SELECT * FROM taken UNION ALL SELECT * FROM refused
""")
_ATTEMPT = text(f"""
    WITH made AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:message_ids AS text[]), CAST(:subjects AS text[]))
            AS made(id, message_id, subject)
    ),
    due AS MATERIALIZED ({_WINDOW}), judged AS MATERIALIZED ({_JUDGED}),
    refused AS ({_REFUSED.format(columns=_SAID)}),
    taken AS (
        UPDATE message SET attempted_at = :now, lease_until = :lease_until, occurred_at = :now,
               rfc_message_id = coalesce(message.rfc_message_id, made.message_id),
               from_address = :from_address, from_name = :from_name
        FROM judged JOIN made ON made.id = judged.id
        WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NULL
        RETURNING {_SAID}
    ),
    named AS (
        UPDATE conversation SET subject = made.subject
        FROM taken JOIN made ON made.id = taken.id
        WHERE conversation.organization_id = :organization_id AND conversation.id = taken.conversation_id
          AND conversation.subject = ''
    )
    SELECT * FROM taken UNION ALL SELECT * FROM refused
""")
_USED = text("""
    INSERT INTO channel_day (organization_id, channel_id, day, used)
    VALUES (:organization_id, :channel_id, :day, greatest(CAST(:change AS integer), 0))
    ON CONFLICT (organization_id, channel_id, day)
    DO UPDATE SET used = greatest(channel_day.used + CAST(:change AS integer), 0)
""")
# Those that somebody took away meanwhile count as used no more than those that go back.
_GIVE_BACK = text("""
    WITH back AS (
        UPDATE message SET state = 'queued', lease_token = NULL, lease_until = NULL, attempts = greatest(attempts - 1, 0)
        WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'sending'
          AND lease_token = :token AND attempted_at IS NULL
        RETURNING id
    )
    SELECT (SELECT count(*) FROM back) + (
        SELECT count(*) FROM message WHERE organization_id = :organization_id AND id = ANY(CAST(:unsettled AS uuid[]))
          AND state = 'cancelled' AND attempted_at IS NULL) AS unused
""")
# Whoever holds the channel's lease knows that every other `sending` row of it was left by somebody
# who lost theirs: not attempted is queued again, attempted is in doubt, never sent again blindly.
_RECLAIM = text("""
    UPDATE message SET
        state = CASE WHEN attempted_at IS NULL THEN 'queued' ELSE 'in_doubt' END,
        attempts = CASE WHEN attempted_at IS NULL THEN greatest(attempts - 1, 0) ELSE attempts END,
        due_at = CASE WHEN attempted_at IS NULL THEN due_at ELSE CAST(:look_at AS timestamptz) END,
        lease_token = CASE WHEN attempted_at IS NULL THEN NULL ELSE lease_token END,
        reason_code = CASE WHEN attempted_at IS NULL THEN NULL ELSE 'interrupted' END,
        reason = CASE WHEN attempted_at IS NULL THEN NULL ELSE CAST(:reason AS text) END,
        lease_until = NULL
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'sending'
      AND lease_until <= :now AND lease_token IS DISTINCT FROM :token
    RETURNING *
""")
INTERRUPTED = "The sending was interrupted just after it began. Nobody knows whether the message left."


@dataclass(slots=True)
class Judged:
    """Rows of `message` as the statement left them: `going` may be sent, the others may not.

    After a claim they have all columns, after an attempt those that events need.
    """

    going: list[Row[Any]] = field(default_factory=list)
    waiting: list[Row[Any]] = field(default_factory=list)
    ended: list[Row[Any]] = field(default_factory=list)


def claim(lease: Lease, allowed: Allowance) -> Judged:
    """Claim what is due and allowed, in one statement; refused rows get their gate. Commit before sending."""
    found = _judged(
        _CLAIM,
        lease,
        lease_until=lease.until,
        priorities=list(allowed.priorities),
        most=allowed.most,
        campaign_most=allowed.campaign_most,
        looked_at=LOOKED_AT,
    )
    count_used(lease.channel_id, allowed.today, len(found.going))
    return found


def attempt(lease: Lease, until: datetime, moment: datetime, made: Sequence[Rendered], day: date) -> Judged:
    """Mark a window as attempted at `moment`, the gates asked once more. Commit, then write to the network."""
    found = _judged(
        _ATTEMPT,
        lease,
        moment=moment,
        lease_until=until,
        ids=[one.message.id for one in made],
        message_ids=[one.message.message_id or None for one in made],
        subjects=[one.subject for one in made],
        from_address=lease.channel.address,
        from_name=lease.channel.sender_name,
    )
    # What a gate took away meanwhile was counted when it was claimed.
    count_used(lease.channel_id, day, -len(found.waiting) - len(found.ended))
    return found


def give_back(lease: Lease, day: date, unsettled: Collection[UUID]) -> None:
    """Claimed rows that were never attempted go back to the queue. `unsettled`: those that were neither attempted nor
    refused, which may be more."""
    unused = db().execute(_GIVE_BACK, _of(lease, token=lease.token, unsettled=list(unsettled))).scalar_one()
    count_used(lease.channel_id, day, -unused)


def reclaim(lease: Lease, day: date, look_at: datetime) -> int:
    """What others left behind is queued again or in doubt; how many are in doubt now."""
    rows = (
        db()
        .execute(
            _RECLAIM, _of(lease, token=lease.token, now=clock.now(), look_at=look_at, reason=INTERRUPTED)
        )
        .all()
    )
    doubtful = [row for row in rows if row.state == "in_doubt"]
    count_used(lease.channel_id, day, len(doubtful) - len(rows))
    publish_all("message.in_doubt", [ids_of(row) for row in doubtful])
    return len(doubtful)


def count_used(channel_id: UUID, day: date, change: int) -> None:
    """Count `change` messages into the channel's day; `sending` counts as used."""
    if change:
        db().execute(
            _USED,
            {
                "organization_id": current_organization_id(),
                "channel_id": channel_id,
                "day": day,
                "change": change,
            },
        )


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


def _judged(statement: Any, lease: Lease, moment: datetime | None = None, **more: Any) -> Judged:
    parameters = _of(
        lease,
        token=lease.token,
        now=moment or clock.now(),
        zones=zones(),
        sentences=json.dumps(ended_sentences()),
        **more,
    )
    found = Judged()
    by_state = {"sending": found.going, "queued": found.waiting, "cancelled": found.ended}
    for row in db().execute(statement, parameters):
        by_state[row.state].append(row)
    found.going.sort(key=lambda row: (row.priority, row.due_at, row.id))
    publish_all("message.cancelled", [ids_of(row, reason=row.reason_code) for row in found.ended])
    return found


def _of(lease: Lease, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": lease.channel_id, **more}
