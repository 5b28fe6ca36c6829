"""The queue in PostgreSQL: what is due is judged, attempted and reclaimed, in sets.

Law 5 is kept twice: when a batch is looked through, and again for each small window just before it is written to the
network, in the same statement that takes it out of the queue. The channel's lease keeps every other process away, so
that what was looked through needs no mark of its own: a row changes once when it is tried and once when it ended.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.gates import (
    AROUND,
    MESSAGE_GATES,
    TIMELESS_GATES,
    WITHOUT_CLOCK,
    Gate,
    asked,
    ended_sentences,
    never_closes,
    opening,
    zones,
)
from loumass.messages.models import PRIORITY_CAMPAIGN, PRIORITY_PERSON
from loumass.messages.outbox_lease import Allowance, Lease
from loumass.messages.rendering import domain_of

#: Due rows looked at per slice, so that a slice with refusals stays bounded as well.
LOOKED_AT = 2_000

# What events and counters need of a row.
_IDS = ("id", "contact_id", "stream_id", "enrollment_id", "conversation_id", "channel_id", "node_id", "state",
        "priority", "due_at", "reason_code")  # fmt: skip
# What a message is rendered from.
_RENDERED = ("medium", "to_address", "subject", "text", "html", "content_version_id", "merge_values", "rfc_message_id",
             "in_reply_to", "reference_ids")  # fmt: skip
_SAID = ", ".join(f"message.{name}" for name in _IDS)
_WORDS = ", ".join(f"message.{name}" for name in _RENDERED)
_ALL = ", ".join((*_IDS, *_RENDERED))
_DUE = f"""
    SELECT {_ALL}, attempts, to_hash FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'queued'
      AND priority = ANY(CAST(:priorities AS integer[])) AND due_at <= :now
    ORDER BY priority, due_at, id LIMIT :looked_at
"""
# Whoever waits for a lock judges by what was true before the wait: a locked row is left out of this window, so that
# an opt-out which is committed meanwhile is seen. It stays in the queue, unless its holder takes it away. `OFFSET 0` keeps
# the planner to the key: where few rows seem to be queued, it would look through all that are for each window.
_WINDOW = """
    SELECT found.* FROM unnest(CAST(:ids AS uuid[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT id, contact_id, channel_id, stream_id, medium, to_hash, priority, due_at, state FROM message
        WHERE organization_id = :organization_id AND id = asked.id OFFSET 0 FOR UPDATE SKIP LOCKED) found
    WHERE found.state = 'queued' AND found.due_at <= :now
"""
_JUDGED = """
    SELECT m.*, g.gate, {opening} AS opens_at,
           count(*) FILTER (WHERE g.gate IS NULL) OVER turn AS nth,
           count(*) FILTER (WHERE g.gate IS NULL AND m.priority >= {campaign}) OVER turn AS nth_of_campaigns
    FROM due m {around}
    {asked}
    WINDOW turn AS (ORDER BY m.priority, m.due_at, m.id)
"""
# A refusing gate either ends the message or says when it will be looked at again, and why. Who holds a row's lock
# may be taking it away: it is left alone.
_REFUSED = """
    UPDATE message SET
        state = CASE WHEN ended.sentence IS NULL THEN 'queued' ELSE 'cancelled' END,
        due_at = CASE WHEN ended.sentence IS NULL THEN judged.opens_at END,
        waiting_for = CASE WHEN ended.sentence IS NULL THEN judged.gate END,
        reason_code = CASE WHEN ended.sentence IS NULL THEN NULL ELSE judged.gate END,
        reason = ended.sentence,
        ended_at = CASE WHEN ended.sentence IS NULL THEN NULL ELSE CAST(:now AS timestamptz) END
    FROM (
        SELECT judged.id, judged.gate, judged.opens_at FROM judged CROSS JOIN LATERAL (
            SELECT state FROM message WHERE organization_id = :organization_id AND id = judged.id
            OFFSET 0 FOR UPDATE SKIP LOCKED) open
        WHERE judged.gate IS NOT NULL AND open.state = 'queued'
    ) judged LEFT JOIN jsonb_each_text(CAST(:sentences AS jsonb)) AS ended(gate, sentence) ON ended.gate = judged.gate
    WHERE message.organization_id = :organization_id AND message.id = judged.id
    RETURNING {columns}
"""
_CLAIM = f"""
    WITH due AS MATERIALIZED ({_DUE}), judged AS MATERIALIZED ({_JUDGED}),
    refused AS ({_REFUSED.replace("{columns}", f"{_SAID}, {_WORDS}, message.attempts")})
    SELECT * FROM (
        SELECT {_ALL}, attempts + 1 AS attempts, true AS is_going FROM judged
        WHERE gate IS NULL AND nth <= :most AND (priority < {PRIORITY_CAMPAIGN} OR nth_of_campaigns <= :campaign_most)
        ORDER BY priority, due_at, id) going
    UNION ALL SELECT refused.*, false FROM refused
"""
_ATTEMPT = f"""
    WITH due AS MATERIALIZED ({_WINDOW}), judged AS MATERIALIZED ({_JUDGED}),
    refused AS ({_REFUSED.replace("{columns}", _SAID)}),
    taken AS (
        UPDATE message SET state = 'sending', lease_token = :token, lease_until = :lease_until, waiting_for = NULL,
               attempts = attempts + 1, attempted_at = :moment, occurred_at = :moment,
               rfc_message_id = coalesce(message.rfc_message_id, message.id || '@' || CAST(:domain AS text)),
               from_address = :from_address, from_name = :from_name
        FROM judged
        WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NULL
        RETURNING {_SAID}
    )
    SELECT taken.*, true AS is_going FROM taken UNION ALL SELECT refused.*, false FROM refused
"""


def _asking(statement: str, gates: Sequence[Gate], around: str) -> TextClause:
    return text(
        statement.replace("{opening}", opening(gates, "g.gate"))
        .replace("{asked}", asked(gates))
        .replace("{around}", around)
        .replace("{campaign}", str(PRIORITY_CAMPAIGN))
    )


_CLAIM_ANY_TIME, _CLAIM_BY_CLOCK = (
    _asking(_CLAIM, TIMELESS_GATES, WITHOUT_CLOCK),
    _asking(_CLAIM, MESSAGE_GATES, AROUND),
)
_ATTEMPT_ANY_TIME, _ATTEMPT_BY_CLOCK = (
    _asking(_ATTEMPT, TIMELESS_GATES, WITHOUT_CLOCK),
    _asking(_ATTEMPT, MESSAGE_GATES, AROUND),
)
_ANSWER_DUE = text("""
    SELECT EXISTS (SELECT 1 FROM message WHERE organization_id = :organization_id AND channel_id = :channel_id
        AND state = 'queued' AND priority = :person AND due_at <= :now)
""")
_USED = text("""
    INSERT INTO channel_day (organization_id, channel_id, day, used)
    VALUES (:organization_id, :channel_id, :day, greatest(CAST(:change AS integer), 0))
    ON CONFLICT (organization_id, channel_id, day)
    DO UPDATE SET used = greatest(channel_day.used + CAST(:change AS integer), 0)
""")
# Whoever holds the channel's lease knows that every other `sending` row of it was left by somebody who lost theirs:
# it is in doubt, never sent again blindly.
_RECLAIM = text("""
    UPDATE message SET state = 'in_doubt', due_at = CAST(:look_at AS timestamptz), reason_code = 'interrupted',
        reason = CAST(:reason AS text), lease_until = NULL
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND state = 'sending'
      AND lease_until <= :now AND lease_token IS DISTINCT FROM :token
    RETURNING *
""")
INTERRUPTED = "The sending was interrupted just after it began. Nobody knows whether the message left."


@dataclass(slots=True)
class Judged:
    """Rows of `message` as the statement left them: `going` may be sent, in their order, the others may not.

    After a claim they have what they are rendered from, after an attempt only what events need.
    """

    going: list[Row[Any]] = field(default_factory=list)
    waiting: list[Row[Any]] = field(default_factory=list)
    ended: list[Row[Any]] = field(default_factory=list)


def claim(lease: Lease, allowed: Allowance) -> Judged:
    """What is due and allowed, judged in one statement; refused rows get their gate. Commit afterwards.

    The going rows stay in the queue until `attempt`: under the channel's lease nobody else takes them.
    """
    if not allowed.priorities:
        return Judged()
    return _judged(
        _CLAIM_ANY_TIME if _is_open_always(lease.channel) else _CLAIM_BY_CLOCK,
        lease,
        priorities=list(allowed.priorities),
        most=allowed.most,
        campaign_most=allowed.campaign_most,
        looked_at=LOOKED_AT,
    )


def attempt(
    lease: Lease, until: datetime, moment: datetime, message_ids: Iterable[UUID], day: date
) -> frozenset[UUID]:
    """Take a window of what was rendered at `moment` out of the queue, the gates asked once more, and count it into
    the channel's day; returns those that may go.

    Commit, then write to the network: from here on it is sent, refused or in doubt.
    """
    found = _judged(
        _ATTEMPT_ANY_TIME if _is_open_always(lease.channel) else _ATTEMPT_BY_CLOCK,
        lease,
        moment=moment,
        token=lease.token,
        lease_until=until,
        ids=uuid_array(message_ids),
        domain=domain_of(lease.channel.address) if lease.channel.medium == "email" else None,
        from_address=lease.channel.address,
        from_name=lease.channel.sender_name,
    )
    count_used(lease.channel_id, day, len(found.going))
    return frozenset(row.id for row in found.going)


def has_answer_due(lease: Lease) -> bool:
    """Whether a person's message waits on the channel: it goes before campaigns."""
    values = _of(lease, now=clock.now(), person=PRIORITY_PERSON)
    return bool(db().scalar(_ANSWER_DUE, values))


def reclaim(lease: Lease, look_at: datetime) -> int:
    """What others left half-sent is in doubt now; how many."""
    values = _of(lease, token=lease.token, now=clock.now(), look_at=look_at, reason=INTERRUPTED)
    rows = db().execute(_RECLAIM, values).all()
    publish_all("message.in_doubt", [ids_of(row) for row in rows])
    return len(rows)


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


def _is_open_always(channel: Channel) -> bool:
    return never_closes(channel.medium, channel.window_weekdays, channel.window_from, channel.window_until)


def _judged(statement: TextClause, lease: Lease, **more: Any) -> Judged:
    parameters = _of(lease, now=clock.now(), sentences=json.dumps(ended_sentences()), **more)
    if statement in (_CLAIM_BY_CLOCK, _ATTEMPT_BY_CLOCK):
        parameters["zones"] = zones()
    found = Judged()
    for row in db().execute(statement, parameters).all():
        group = found.going if row.is_going else found.ended if row.state == "cancelled" else found.waiting
        group.append(row)
    publish_all("message.cancelled", [ids_of(row, reason=row.reason_code) for row in found.ended])
    return found


def _of(lease: Lease, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": lease.channel_id, **more}
