"""What became of a window of messages, recorded in a fixed number of statements."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.accounts.service import audit
from loumass.channels.models import Channel
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish
from loumass.messages.outbox import count_used
from loumass.messages.outbox_counting import give_back
from loumass.messages.recording import OPTED_OUT, Told, tell, write_down, write_down_and_tell
from loumass.providers.errors import Disconnected, Outcome, Rejected, Sent, Throttled, Unavailable, Unknown

Pair = tuple[Row[Any], Outcome]
#: After so many tries the provider is believed to mean it: about a day and a half with the pauses below.
MOST_ATTEMPTS = 12
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(hours=8)
#: When a send in doubt is looked up for the first time: after lease and provider timeout have passed.
FIRST_LOOK = timedelta(minutes=4)

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
    UPDATE channel SET state = 'disconnected', state_reason = :reason, state_changed_at = :now,
        stopped_at = coalesce(stopped_at, :now)
    WHERE organization_id = :organization_id AND id = :channel_id AND state = 'active'
    RETURNING id
""")


def record(
    channel: Channel,
    token: UUID,
    outcomes: Sequence[Pair],
    *,
    subjects: Mapping[UUID, str],
    shares_throttle: bool,
    day: date,
    is_ours: bool = True,
) -> None:
    """Write down `outcomes`; commit afterwards. A channel-wide trouble puts the channel to rest.

    `subjects` are what receivers read, by message. Listeners are not rung for sendings. Who lost the channel's lease
    (`is_ours` is false) does not judge it.
    """
    if not outcomes:
        return
    now = clock.now()
    recorded = write_down_and_tell(told_of(outcomes, subjects), token, channel.id, day)
    tell(channel, recorded.others, day)
    if channel.failures_in_a_row and recorded.sent:
        db().execute(_CHANNEL_WORKS, _of(channel.id))
    if is_ours:
        _judge_channel(channel, [outcome for _, outcome in outcomes], now, shares_throttle)


def put_back(channel: Channel, token: UUID, rows: Sequence[Row[Any]], day: date) -> None:
    """Rows that were taken and surely not tried wait in the queue as before."""
    now = clock.now()
    changed = write_down([Told(row.id, "queued", due_at=now, is_counted=False) for row in rows], token)
    count_used(channel.id, day, -len(changed))
    if channel.medium == "sms":
        give_back(channel.id, day, changed)


def told_of(outcomes: Sequence[Pair], subjects: Mapping[UUID, str]) -> list[Told]:
    """`outcomes` of messages that receivers read with `subjects`, as the ledger has them."""
    now = clock.now()
    return [outcome_of(row, outcome, now, subjects.get(row.id)) for row, outcome in outcomes]


def outcome_of(row: Row[Any], outcome: Outcome, now: datetime, subject: str | None = None) -> Told:
    """What `outcome` makes of `row`, which was sent with `subject`."""
    match outcome:
        case Sent(provider_message_id, message_id, thread_id, segments):
            return Told(
                row.id, provider_message_id=provider_message_id or None, message_id=message_id or None,
                thread_id=thread_id, segments=segments, subject=subject,
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
            return Told(
                row.id,
                "in_doubt",
                None,
                now + FIRST_LOOK,
                code="unknown",
                reason=outcome.reason,
                subject=subject,
            )
        case Unavailable():
            return _unavailable(row, outcome, now)


def _unavailable(row: Row[Any], outcome: Unavailable, now: datetime) -> Told:
    if row.attempts < MOST_ATTEMPTS:
        due_at = now + backoff(row.attempts)
        return Told(row.id, "queued", None, due_at, "unavailable", "unavailable", outcome.reason)
    reason = f"Given up after {row.attempts} tries. {outcome.reason}"
    return Told(row.id, "failed", code="unavailable", reason=reason)


def why_away(outcomes: Sequence[Outcome]) -> Unavailable | Unknown | None:
    """The last of `outcomes` where the provider as a whole took nothing for sure: it is away, or falls silent in the
    middle. Single recipients' mailboxes do not count."""
    if not outcomes or not all(map(_is_away, outcomes)):
        return None
    last = outcomes[-1]
    return last if isinstance(last, Unavailable | Unknown) else None


def _is_away(outcome: Outcome) -> bool:
    return isinstance(outcome, Unknown) or (
        isinstance(outcome, Unavailable) and not outcome.is_about_recipient
    )


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
