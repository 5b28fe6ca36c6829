"""The queue in PostgreSQL: what is due is judged, attempted and reclaimed, in sets.

Law 5 is kept twice: when a batch is looked through, and again for each small window just before it is written to the
network, in the same statement that takes it out of the queue. The channel's lease keeps every other process away, so
that what was looked through needs no mark of its own: a row changes once when it is tried and once when it ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.gates import (
    AROUND,
    MESSAGE_GATES,
    TIMELESS_GATES,
    WITHOUT_CLOCK,
    ended_sentences,
    zones,
)
from loumass.messages.models import PRIORITY_CAMPAIGN, PRIORITY_PERSON
from loumass.messages.outbox_judging import (
    IDS,
    JUDGED,
    REFUSED,
    SAID,
    asking,
    ids_of,
    is_open_always,
    tell_of_ended,
)
from loumass.messages.outbox_lease import Allowance, Lease

#: Due rows looked at per slice, so that a slice with refusals stays bounded as well.
LOOKED_AT = 2_000

# What a message is rendered from.
_RENDERED = ("medium", "to_address", "subject", "text", "html", "content_version_id", "merge_values", "rfc_message_id",
             "in_reply_to", "reference_ids")  # fmt: skip
_ALL = ", ".join((*IDS, *_RENDERED))
# Nothing travels that nobody reads: of thousands who go only what they are rendered from, of others only what is told.
_WHAT_GOES = ", ".join(name if name in ("id", "conversation_id", "stream_id", *_RENDERED) else f"NULL AS {name}"
                       for name in (*IDS, *_RENDERED))  # fmt: skip
_WHAT_STAYS = ", ".join(name if name in IDS else "NULL" for name in (*IDS, *_RENDERED))
_DUE = f"""
    SELECT {_ALL}, attempts, to_hash FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_open AND state = 'queued'
      AND priority = ANY(CAST(:priorities AS integer[])) AND due_at <= :now
    ORDER BY priority, due_at, id LIMIT :looked_at
"""
_CLAIM = f"""
    WITH due AS MATERIALIZED ({_DUE}), judged AS MATERIALIZED ({JUDGED}),
    refused AS ({REFUSED.replace("{columns}", SAID)})
    SELECT {_WHAT_GOES}, attempts, true AS is_going FROM (
        SELECT {_ALL}, attempts + 1 AS attempts FROM judged
        WHERE gate IS NULL AND nth <= :most AND (priority < {PRIORITY_CAMPAIGN} OR nth_of_campaigns <= :campaign_most)
        ORDER BY priority, due_at, id) going
    UNION ALL SELECT {_WHAT_STAYS}, NULL, false FROM refused
"""


_CLAIM_ANY_TIME, _CLAIM_BY_CLOCK = (
    asking(_CLAIM, TIMELESS_GATES, WITHOUT_CLOCK),
    asking(_CLAIM, MESSAGE_GATES, AROUND),
)
_ANSWER_DUE = text("""
    SELECT EXISTS (SELECT 1 FROM message WHERE organization_id = :organization_id AND channel_id = :channel_id
        AND is_open AND state = 'queued' AND priority = :person AND due_at <= :now)
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
    WITH left_behind AS (
        DELETE FROM attempt
        WHERE organization_id = :organization_id AND channel_id = :channel_id
          AND lease_until <= :now AND lease_token <> CAST(:token AS uuid)
        RETURNING lease_token, message_ids
    )
    UPDATE message SET state = 'in_doubt', due_at = CAST(:look_at AS timestamptz), reason_code = 'interrupted',
        reason = CAST(:reason AS text), lease_until = NULL, occurred_at = message.attempted_at
    FROM (
        SELECT m.id FROM left_behind CROSS JOIN unnest(left_behind.message_ids) AS one(id) CROSS JOIN LATERAL (
            SELECT id, state, lease_token FROM message
            WHERE organization_id = :organization_id AND id = one.id OFFSET 0 FOR UPDATE) m
        WHERE m.state = 'sending' AND m.lease_token = left_behind.lease_token
    ) gone
    WHERE message.organization_id = :organization_id AND message.id = gone.id
    RETURNING message.*
""")
_DONE_WITH = text("""
    DELETE FROM attempt
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND lease_token = :token
""")
INTERRUPTED = "The sending was interrupted just after it began. Nobody knows whether the message left."


@dataclass(slots=True)
class Judged:
    """Rows of `message` as a claim left them: `going` may be sent, in their order, the others may not.

    The first have what they are rendered from, the others what events say of them.
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
    found = Judged()
    for row in _ask(
        _CLAIM_ANY_TIME if is_open_always(lease.channel) else _CLAIM_BY_CLOCK,
        lease,
        priorities=list(allowed.priorities),
        most=allowed.most,
        campaign_most=allowed.campaign_most,
        looked_at=LOOKED_AT,
    ):
        group = found.going if row.is_going else found.ended if row.state == "cancelled" else found.waiting
        group.append(row)
    tell_of_ended(found.ended)
    return found


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


def done_with(lease: Lease) -> None:
    """Everything that was attempted under the lease has its outcome: there is nothing left behind to look for."""
    db().execute(_DONE_WITH, _of(lease, token=lease.token))


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


def _ask(statement: TextClause, lease: Lease, **more: Any) -> Sequence[Row[Any]]:
    parameters = _of(lease, now=clock.now(), sentences=json.dumps(ended_sentences()), **more)
    if statement is _CLAIM_BY_CLOCK:
        parameters["zones"] = zones()
    return db().execute(statement, parameters).all()


def _of(lease: Lease, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": lease.channel_id, **more}
