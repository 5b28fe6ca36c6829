"""What became of a window of messages, recorded in a fixed number of statements."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.accounts.service import audit
from loumass.channels.models import Channel
from loumass.contacts.suppression import normal_address, suppress
from loumass.core import clock, live, metrics
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish, publish_all
from loumass.messages.outbox import count_used, ids_of
from loumass.providers.errors import Disconnected, Outcome, Rejected, Sent, Throttled, Unavailable, Unknown

Pair = tuple[Row[Any], Outcome]
#: After so many tries the provider is believed to mean it: about a day and a half with the pauses below.
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=8)
#: `reason_code` of what a provider refused because the person had told it to stop: they leave their campaigns.
OPTED_OUT = "opted_out"
#: When a send in doubt is looked up for the first time: after lease and provider timeout have passed.
FIRST_LOOK = timedelta(minutes=4)

_RECORD = text("""
    UPDATE message SET
        state = told.state,
        sent_at = told.sent_at, occurred_at = coalesce(told.sent_at, message.occurred_at),
        ended_at = CASE WHEN told.state = 'failed' THEN CAST(:now AS timestamptz) END,
        attempted_at = CASE WHEN told.state = 'queued' THEN NULL ELSE message.attempted_at END,
        attempts = CASE WHEN told.is_counted THEN message.attempts ELSE greatest(message.attempts - 1, 0) END,
        due_at = told.due_at, waiting_for = told.waiting_for,
        reason_code = told.code, reason = told.reason,
        provider_message_id = coalesce(told.provider_message_id, message.provider_message_id),
        rfc_message_id = coalesce(told.message_id, message.rfc_message_id),
        segments = coalesce(told.segments, message.segments),
        bounced_at = CASE WHEN told.is_dead THEN CAST(:now AS timestamptz) ELSE message.bounced_at END,
        is_bounce_permanent = CASE WHEN told.is_dead THEN true ELSE message.is_bounce_permanent END,
        lease_token = CASE WHEN told.state = 'in_doubt' THEN message.lease_token END, lease_until = NULL
    FROM jsonb_to_recordset(CAST(:told AS jsonb)) AS told(
        id uuid, state text, sent_at timestamptz, due_at timestamptz, waiting_for text, code text, reason text, is_counted boolean,
        is_dead boolean, provider_message_id text, message_id text, segments integer, thread_id text)
    WHERE message.organization_id = :organization_id AND message.id = told.id
      -- Rows come by their ids: as few as the states seem to the planner, it would look through all messages.
      AND message.id = ANY(CAST(:ids AS uuid[])) AND message.state IN ('sending', 'in_doubt')
      AND (CAST(:token AS uuid) IS NULL OR message.lease_token = CAST(:token AS uuid))
    RETURNING message.id, message.contact_id, message.stream_id, message.enrollment_id, message.conversation_id,
        message.channel_id, message.node_id, message.state, message.reason_code, message.sent_at, message.to_address,
        told.is_dead, told.thread_id
""")
_CONVERSATIONS = text("""
    UPDATE conversation SET
        last_message_at = greatest(conversation.last_message_at, CAST(:now AS timestamptz)),
        provider_thread_id = coalesce(conversation.provider_thread_id, gone.thread_id)
    FROM (SELECT conversation_id, max(thread_id) AS thread_id
          FROM unnest(CAST(:conversations AS uuid[]), CAST(:threads AS text[])) AS pair(conversation_id, thread_id)
          GROUP BY conversation_id) gone
    WHERE conversation.organization_id = :organization_id AND conversation.id = gone.conversation_id
""")
_COUNTED = text("""
    UPDATE channel_day SET sent = sent + :sent, failed = failed + :failed, bounced = bounced + :bounced
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND day = :day
""")
_CHANNEL_WORKS = text("""
    UPDATE channel SET failures_in_a_row = 0
    WHERE organization_id = :organization_id AND id = :channel_id AND failures_in_a_row > 0
""")
_CHANNEL_RESTS = text("""
    UPDATE channel SET resting_until = greatest(resting_until, CAST(:until AS timestamptz)),
        resting_because = :because, failures_in_a_row = failures_in_a_row + :failures
    WHERE organization_id = :organization_id AND id = :channel_id
""")
_CHANNEL_DISCONNECTED = text("""
    UPDATE channel SET state = 'disconnected', state_reason = :reason, state_changed_at = :now
    WHERE organization_id = :organization_id AND id = :channel_id AND state = 'active'
    RETURNING id
""")


@dataclass(frozen=True, slots=True)
class Told:
    """An outcome as the columns of `message` say it."""

    id: UUID
    state: str
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

    def as_json(self) -> dict[str, Any]:
        """For jsonb_to_recordset."""
        return {name: getattr(self, name) for name in self.__slots__}


def record(
    channel: Channel, token: UUID, outcomes: Sequence[Pair], *, shares_throttle: bool, day: date
) -> None:
    """Write down `outcomes`; commit afterwards. A channel-wide trouble puts the channel to rest."""
    if not outcomes:
        return
    now = clock.now()
    rows = write_down([outcome_of(row, outcome, now) for row, outcome in outcomes], token)
    tell(channel, rows, day)
    _judge_channel(channel, [outcome for _, outcome in outcomes], now, shares_throttle)
    for kind, count in Counter(type(outcome).__name__.lower() for _, outcome in outcomes).items():
        metrics.SENDS.labels(channel.medium, channel.provider, kind).inc(count)


def write_down(told: Sequence[Told], token: UUID | None) -> Sequence[Row[Any]]:
    """Change the messages; returns those that were changed. With a `token` only those claimed with it."""
    values = {
        "organization_id": current_organization_id(),
        "told": json.dumps([one.as_json() for one in told], default=str),
        "ids": [one.id for one in told],
        "now": clock.now(),
        "token": token,
    }
    return db().execute(_RECORD, values).all()


def tell(channel: Channel, rows: Sequence[Row[Any]], day: date) -> None:
    """Everything that follows from `rows` as they are now: events, conversations, contacts, counters."""
    by_state: dict[str, list[Row[Any]]] = {}
    for row in rows:
        by_state.setdefault(row.state, []).append(row)
    _publish(by_state)
    _update_around(channel, by_state, day)
    live.announce("inbox")


def outcome_of(row: Row[Any], outcome: Outcome, now: datetime) -> Told:
    """What `outcome` makes of `row`."""
    match outcome:
        case Sent(provider_message_id, message_id, thread_id, segments):
            return Told(
                row.id, "sent", now, provider_message_id=provider_message_id or None, message_id=message_id or None,
                thread_id=thread_id, segments=segments,
            )  # fmt: skip
        case Rejected():
            return Told(
                row.id,
                "failed",
                code=OPTED_OUT if outcome.has_opted_out else outcome.code or "rejected",
                reason=outcome.reason,
                is_dead=outcome.address_is_dead,
            )
        case Throttled():
            due_at = now + outcome.retry_after
            return Told(
                row.id, "queued", None, due_at, "throttled", "throttled", outcome.reason, is_counted=False
            )
        case Disconnected():
            return Told(
                row.id,
                "queued",
                None,
                now,
                "channel_disconnected",
                "disconnected",
                outcome.reason,
                is_counted=False,
            )
        case Unknown():
            return Told(row.id, "in_doubt", None, now + FIRST_LOOK, code="unknown", reason=outcome.reason)
        case Unavailable():
            return _unavailable(row, outcome, now)


def _unavailable(row: Row[Any], outcome: Unavailable, now: datetime) -> Told:
    if row.attempts < MOST_ATTEMPTS:
        due_at = now + backoff(row.attempts)
        return Told(row.id, "queued", None, due_at, "unavailable", "unavailable", outcome.reason)
    reason = f"Given up after {row.attempts} tries. {outcome.reason}"
    return Told(row.id, "failed", code="unavailable", reason=reason)


def why_away(outcomes: Sequence[Outcome]) -> Unavailable | None:
    """The last of `outcomes` where the provider as a whole took nothing; single recipients' mailboxes do not count."""
    away = [one for one in outcomes if isinstance(one, Unavailable) and not one.is_about_recipient]
    return away[-1] if away and len(away) == len(outcomes) else None


def backoff(attempts: int) -> timedelta:
    """The pause after the `attempts`-th failure: doubling, capped, and spread so that not all come back at once."""
    pause = min(FIRST_PAUSE * 2 ** max(attempts - 1, 0), LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)  # noqa: S311  spreads load, guards nothing


def rest(channel_id: UUID, until: datetime, because: str, failures: int = 0) -> None:
    """The channel does nothing until then."""
    db().execute(_CHANNEL_RESTS, _of(channel_id, until=until, because=because, failures=failures))


def disconnect(channel: Channel, reason: str) -> None:
    """Nothing goes through the channel until a person mends it: noted, audited and told."""
    changed = db().execute(_CHANNEL_DISCONNECTED, _of(channel.id, reason=reason, now=clock.now()))
    if changed.one_or_none():
        audit("channel.disconnected", "channel", channel.id)
        publish("channel.disconnected", channel_id=channel.id, user_id=channel.owner_id)
        live.announce("channels")


def _publish(by_state: dict[str, list[Row[Any]]]) -> None:
    failed = by_state.get("failed", [])
    publish_all("message.sent", [ids_of(row) for row in by_state.get("sent", [])])
    publish_all("message.failed", [ids_of(row, reason=row.reason_code) for row in failed])
    publish_all("message.bounced", [ids_of(row, permanent=True) for row in failed if row.is_dead])
    publish_all("message.in_doubt", [ids_of(row) for row in by_state.get("in_doubt", [])])
    publish_all(
        "message.cancelled", [ids_of(row, reason=row.reason_code) for row in by_state.get("cancelled", [])]
    )


def _update_around(channel: Channel, by_state: dict[str, list[Row[Any]]], day: date) -> None:
    sent, failed = by_state.get("sent", []), by_state.get("failed", [])
    dead = [row for row in failed if row.is_dead]
    if sent:
        _note_sent(channel.id, sent)
    _bar(channel.medium, dead, "bounced", "The provider says that nobody has this address.")
    opted_out = [row for row in failed if row.reason_code == OPTED_OUT]
    _bar(channel.medium, opted_out, "unsubscribed", "They opted out at the provider.")
    count_used(channel.id, day, -len(by_state.get("queued", [])))
    counts = {"sent": len(sent), "failed": len(failed), "bounced": len(dead)}
    db().execute(_COUNTED, _of(channel.id, day=day, **counts))


def _bar(medium: str, rows: Sequence[Row[Any]], reason: str, note: str) -> None:
    suppress(medium, [normal_address(medium, row.to_address) for row in rows], reason, note=note)


def _note_sent(channel_id: UUID, sent: Sequence[Row[Any]]) -> None:
    latest = max(row.sent_at for row in sent)
    pairs = sorted({(row.conversation_id, row.thread_id or "") for row in sent})
    conversations, threads = [pair[0] for pair in pairs], [pair[1] or None for pair in pairs]
    db().execute(_CONVERSATIONS, _of(channel_id, now=latest, conversations=conversations, threads=threads))
    db().execute(_CHANNEL_WORKS, _of(channel_id))


def _judge_channel(
    channel: Channel, outcomes: Sequence[Outcome], now: datetime, shares_throttle: bool
) -> None:
    for outcome in outcomes:
        if isinstance(outcome, Disconnected):
            return disconnect(channel, outcome.reason)
    throttled = [
        one for one in outcomes if isinstance(one, Throttled) and (shares_throttle or one.is_about_us)
    ]
    if throttled:
        longest = max(throttled, key=lambda outcome: outcome.retry_after)
        return rest(channel.id, now + longest.retry_after, longest.reason)
    if away := why_away(outcomes):
        return rest(channel.id, now + backoff(channel.failures_in_a_row + 1), away.reason, failures=1)
    return None


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
