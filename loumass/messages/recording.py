"""What became of messages, written down: the row, its conversation, the counters and the facts, in sets."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, text

from loumass.channels.models import Channel
from loumass.contacts.suppression import normal_address, suppress
from loumass.core import clock, live
from loumass.core.arrays import uuid_array
from loumass.core.beside import Statement
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.deliverability import troubles
from loumass.events.service import facts_within, listeners_of, publish_all, publishing
from loumass.messages.facts import ids_of
from loumass.messages.outbox import count_used
from loumass.messages.outbox_counting import give_back

#: `reason_code` of what a provider refused because the person had told it to stop: they leave their campaigns.
OPTED_OUT = "opted_out"
#: Failures that are ours or the way's: they say nothing of how welcome we are.
_NO_REFUSALS = (OPTED_OUT, "unrenderable", "unavailable")

# Each row looks its own outcome up and is changed by its key. So few rows seem to be under way to the planner that it would
# rather read all of an organization's messages for each window, or compare every row with every outcome; where it expects
# a single id it keeps to the key, and a comparison that is always true makes it expect that.
# A conversation is named by the first subject that was written in it.
_DONE = """
    WITH told AS MATERIALIZED (
        SELECT asked.id, coalesce(said.state, 'sent') AS state,
               CASE WHEN coalesce(said.state, 'sent') = 'sent' THEN coalesce(said.sent_at, CAST(:now AS timestamptz)) END AS sent_at,
               said.due_at, said.waiting_for, said.code, said.reason, said.is_counted, said.is_dead,
               said.provider_message_id, said.message_id, said.segments, said.thread_id, said.subject
        FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
        CROSS JOIN LATERAL jsonb_to_record(CAST(:told AS jsonb) -> CAST(asked.id AS text)) AS said(
            state text, sent_at timestamptz, due_at timestamptz, waiting_for text, code text, reason text,
            is_counted boolean, is_dead boolean, provider_message_id text, message_id text, segments integer,
            thread_id text, subject text)
        WHERE asked.id = CAST(CAST(asked.id AS text) AS uuid)
    ), done AS (
        UPDATE message SET
            state = told.state,
            sent_at = told.sent_at,
            occurred_at = coalesce(told.sent_at, CASE WHEN told.state = 'queued' THEN message.occurred_at ELSE message.attempted_at END,
                message.occurred_at),
            ended_at = CASE WHEN told.state = 'failed' THEN CAST(:now AS timestamptz) END,
            attempted_at = CASE WHEN told.state = 'queued' THEN NULL ELSE message.attempted_at END,
            attempts = CASE WHEN coalesce(told.is_counted, true) THEN message.attempts ELSE greatest(message.attempts - 1, 0) END,
            due_at = told.due_at, waiting_for = told.waiting_for,
            reason_code = told.code, reason = told.reason,
            provider_message_id = coalesce(told.provider_message_id, message.provider_message_id),
            rfc_message_id = coalesce(told.message_id, message.rfc_message_id),
            segments = coalesce(told.segments, message.segments),
            bounced_at = CASE WHEN told.is_dead THEN CAST(:now AS timestamptz) ELSE message.bounced_at END,
            is_bounce_permanent = CASE WHEN told.is_dead THEN true ELSE message.is_bounce_permanent END,
            lease_token = CASE WHEN told.state = 'in_doubt' THEN message.lease_token END, lease_until = NULL
        FROM told
        WHERE message.organization_id = :organization_id AND message.id = told.id AND message.state IN ('sending', 'in_doubt')
          AND (CAST(:token AS uuid) IS NULL OR message.lease_token = CAST(:token AS uuid))
        RETURNING message.id, message.contact_id, message.stream_id, message.enrollment_id, message.conversation_id,
            message.channel_id, message.node_id, message.state, message.reason_code, message.sent_at, message.to_address,
            message.segments, told.is_dead, told.thread_id, told.subject
    ), said AS (
        UPDATE conversation SET
            last_message_at = greatest(conversation.last_message_at, talk.sent_at),
            provider_thread_id = coalesce(conversation.provider_thread_id, talk.thread_id),
            subject = CASE WHEN conversation.subject = '' THEN coalesce(talk.subject, '') ELSE conversation.subject END
        FROM (
            SELECT conversation_id, max(sent_at) AS sent_at, max(thread_id) AS thread_id, min(subject) AS subject
            FROM done WHERE state IN ('sent', 'in_doubt') GROUP BY conversation_id
        ) talk
        WHERE conversation.organization_id = :organization_id AND conversation.id = talk.conversation_id
        RETURNING conversation.id
    )
"""
_RECORD = text(f"{_DONE} SELECT * FROM done")
# Nearly all were sent: they are told of where they are, and only what came otherwise travels.
_RECORD_AND_TELL = text(f"""
    {_DONE}, {
    facts_within(
        "(SELECT contact_id, stream_id AS campaign_id, enrollment_id, id AS message_id, conversation_id, channel_id, node_id,"
        " CAST(NULL AS uuid) AS user_id FROM done WHERE state = 'sent') sent"
    )
}
    , counted AS (
        UPDATE channel_day SET sent = channel_day.sent + sent.number
        FROM (SELECT count(*) AS number FROM done WHERE state = 'sent') sent
        WHERE organization_id = :organization_id AND channel_id = :channel_id AND day = :day AND sent.number > 0
    )
    SELECT counted.sent, other.*
    FROM (SELECT count(*) FILTER (WHERE state = 'sent') AS sent FROM done) counted
    LEFT JOIN done other ON other.state <> 'sent'
""")
_COUNTED = text("""
    UPDATE channel_day SET sent = sent + :sent, failed = failed + :failed, bounced = bounced + :bounced
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND day = :day
""")


class Told(NamedTuple):
    """An outcome as the columns of `message` say it. `subject` is what the receiver read, where it is known.

    What was sent is sent now, unless `sent_at` says when.
    """

    id: UUID
    state: str = "sent"
    sent_at: datetime | None = None
    due_at: datetime | None = None
    waiting_for: str | None = None
    code: str | None = None
    reason: str | None = None
    is_counted: bool = True
    is_dead: bool = False
    provider_message_id: str | None = None
    message_id: str | None = None
    segments: int | None = None
    thread_id: str | None = None
    subject: str | None = None

    def said(self) -> dict[str, Any]:
        """What is not as usual: most outcomes are alike, and what is absent travels for nothing."""
        return {
            name: value
            for name, value, usual in zip(_NAMES, self[1:], _USUAL, strict=True)
            if value is not usual
        }


class Recorded(NamedTuple):
    """How many were sent, and the rows of those of which something else became."""

    sent: int
    others: Sequence[Row[Any]]


_NAMES = Told._fields[1:]
_USUAL = tuple(Told._field_defaults[name] for name in _NAMES)


def write_down(told: Sequence[Told], token: UUID | None) -> Sequence[Row[Any]]:
    """Change the messages; returns those that were changed. With a `token` only those taken with it."""
    return db().execute(_RECORD, _bound(told, token)).all()


def sent_down(
    told: Sequence[Told], token: UUID, channel_id: UUID, day: date, listeners: Sequence[str]
) -> Statement:
    """What `write_down_and_tell` executes. It needs no session."""
    values = _bound(told, token) | publishing("message.sent", listeners)
    return _RECORD_AND_TELL, values | {"channel_id": channel_id, "day": day}


def write_down_and_tell(told: Sequence[Told], token: UUID, channel_id: UUID, day: date) -> Recorded:
    """The same for messages taken with `token`; those that were sent are told of and counted into the channel's day. Ring
    the listeners afterwards."""
    statement = sent_down(told, token, channel_id, day, listeners_of("message.sent"))
    rows = db().execute(*statement).all()
    return Recorded(rows[0].sent, [row for row in rows if row.id is not None])


def tell(channel: Channel, rows: Sequence[Row[Any]], day: date) -> None:
    """Everything that follows from `rows` as they are now: facts, barred addresses, counters."""
    by_state: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    _publish(by_state)
    _bar_and_count(channel, by_state, day)
    live.announce("inbox")


def _bound(told: Sequence[Told], token: UUID | None) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "told": json.dumps({str(one.id): one.said() for one in told}, default=str),
        "ids": uuid_array(one.id for one in told),
        "now": clock.now(),
        "token": token,
    }


def _publish(by_state: dict[str, list[Row[Any]]]) -> None:
    failed = by_state.get("failed", [])
    publish_all("message.sent", [ids_of(row) for row in by_state.get("sent", [])])
    publish_all("message.failed", [ids_of(row, reason=row.reason_code) for row in failed])
    publish_all("message.bounced", [ids_of(row, permanent=True) for row in failed if row.is_dead])
    publish_all("message.in_doubt", [ids_of(row) for row in by_state.get("in_doubt", [])])
    publish_all(
        "message.cancelled", [ids_of(row, reason=row.reason_code) for row in by_state.get("cancelled", [])]
    )


def _bar_and_count(channel: Channel, by_state: dict[str, list[Row[Any]]], day: date) -> None:
    sent, failed = by_state.get("sent", []), by_state.get("failed", [])
    dead = [row for row in failed if row.is_dead]
    _bar(channel.medium, dead, "bounced", "The provider says that nobody has this address.")
    opted_out = [row for row in failed if row.reason_code == OPTED_OUT]
    _bar(channel.medium, opted_out, "unsubscribed", "They opted out at the provider.")
    refused = [row for row in failed if not row.is_dead and row.reason_code not in _NO_REFUSALS]
    troubles.note("bounced", channel.id, [row.to_address for row in dead])
    troubles.note("rejected", channel.id, [row.to_address for row in refused])
    waiting = by_state.get("queued", [])
    count_used(channel.id, day, -len(waiting))
    if channel.medium == "sms":
        give_back(channel.id, day, waiting)
    counts = {"sent": len(sent), "failed": len(failed), "bounced": len(dead)}
    if any(counts.values()):
        of = {"organization_id": current_organization_id(), "channel_id": channel.id, "day": day}
        db().execute(_COUNTED, {**of, **counts})


def _bar(medium: str, rows: Sequence[Row[Any]], reason: str, note: str) -> None:
    if rows:
        suppress(medium, [normal_address(medium, row.to_address) for row in rows], reason, note=note)
