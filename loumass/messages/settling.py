"""Sends in doubt: looked up at the provider, else decided by a person. Never sent again blindly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, select, text

from loumass.accounts.numbering import organization_number
from loumass.accounts.service import audit
from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, get_or_404, transaction
from loumass.messages import recording, rendering
from loumass.messages.delivering_outcomes import FIRST_LOOK, MOST_ATTEMPTS
from loumass.messages.models import Message
from loumass.messages.proof import write_sent
from loumass.messages.recording import Told
from loumass.providers.base import Capability, OutgoingMessage, Provider
from loumass.providers.errors import NotSent, ProviderError, Sent

LOOKS = 20
#: After so long the provider will not say anything new: a person decides.
LONGEST_SEARCH = timedelta(hours=48)
DECISIONS = ("sent", "send", "drop")
log = structlog.get_logger("settle")

_LOOK = text("""
    UPDATE message SET due_at = CASE WHEN CAST(:now AS timestamptz) - attempted_at < :longest
        THEN CAST(:now AS timestamptz) + least(greatest(CAST(:now AS timestamptz) - attempted_at, :soonest), :latest) END
    WHERE organization_id = :organization_id AND id IN (
        SELECT id FROM message
        WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_in_doubt AND due_at <= :now
        ORDER BY attempted_at, id LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING *
""")
_NEXT = text("""
    SELECT min(due_at) FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_in_doubt
""")
_NOBODY_LOOKS = text("""
    UPDATE message SET due_at = NULL
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_in_doubt
""")
_TAKEN = text("""
    SELECT provider_message_id FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND direction = 'out'
      AND provider_message_id = ANY(CAST(:found AS text[])) AND state <> 'in_doubt'
""")
_AGAIN = text("""
    UPDATE message SET state = 'queued', due_at = :now, attempted_at = NULL, lease_token = NULL, lease_until = NULL,
        waiting_for = NULL, reason_code = NULL, reason = NULL
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND is_in_doubt
    RETURNING *
""")
_DROP = text("""
    UPDATE message SET state = 'cancelled', ended_at = :now, due_at = NULL, lease_token = NULL, lease_until = NULL,
        reason_code = 'dropped', reason = 'A person decided not to send it.'
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND is_in_doubt
    RETURNING *, false AS is_dead, NULL AS thread_id
""")


@dataclass(frozen=True, slots=True)
class Looked:
    """When to look again (None: nothing is in doubt), and whether something that surely did not go waits to be sent."""

    next_at: datetime | None
    is_queued: bool


def settle_slice(channel_id: UUID) -> Looked:
    """Look up some of the channel's sends in doubt."""
    with transaction() as session:
        channel = get_or_404(Channel, channel_id)
        number = organization_number()
        rows = session.execute(_LOOK, _looking(channel_id)).all()
        around = rendering.surroundings(channel, number, rows)
    wanted = [(row, rendering.rendered(row, around, row.attempted_at).message) for row in rows]
    is_queued = bool(wanted) and _look_up(channel, wanted)
    with transaction() as session:
        return Looked(session.scalar(_NEXT, _of(channel_id)), is_queued)


def decide(message_ids: Sequence[UUID], decision: str) -> int:
    """What a person decides: `sent` (it was), `send` (again), `drop`. How many were still in doubt. Audited."""
    if decision not in DECISIONS:
        raise ValueError(f"{decision} is none of {', '.join(DECISIONS)}")
    ids = {"organization_id": current_organization_id(), "now": clock.now(), "ids": list(message_ids)}
    if decision == "send":
        rows = db().execute(_AGAIN, ids).all()
    elif decision == "drop":
        rows = db().execute(_DROP, ids).all()
    else:
        rows = write_sent(_as_sent(message_ids))
    for channel_id in {row.channel_id for row in rows}:
        of_channel = [row for row in rows if row.channel_id == channel_id]
        if decision != "send":
            _tell(channel_id, of_channel)
        audit(
            f"message.settled_as_{decision}",
            "channel",
            channel_id,
            messages=[str(row.id) for row in of_channel],
        )
    return len(rows)


def _look_up(channel: Channel, wanted: Sequence[tuple[Row[Any], OutgoingMessage]]) -> bool:
    """Whether some of them surely did not go, and wait again."""
    try:
        provider = open_provider(channel)
    except ProviderError as problem:
        log.info("settle.no_provider", channel=str(channel.id), problem=problem.reason)
        return False
    if Capability.FINDS not in provider.capabilities:
        with transaction() as session:
            session.execute(_NOBODY_LOOKS, _of(channel.id))
        return False
    with provider:
        found = [(row, _found(provider, row, message)) for row, message in wanted]
    with transaction():
        proven = _proven(channel.id, [_told(row, sent) for row, sent in found if isinstance(sent, Sent)])
        rows = write_sent(proven) if proven else ()
        if rows:
            _tell(channel.id, rows)
        # What came to nothing so often comes to nothing for ever: a person decides.
        return _queued_again(
            [row.id for row, sent in found if isinstance(sent, NotSent) and row.attempts < MOST_ATTEMPTS]
        )


def _queued_again(ids: Sequence[UUID]) -> bool:
    """The vendor proves that these did not go. A draft of them is kept, and is the one that will be sent."""
    values = {"organization_id": current_organization_id(), "now": clock.now(), "ids": list(ids)}
    return bool(ids) and bool(db().execute(_AGAIN, values).all())


def _proven(channel_id: UUID, found: Sequence[Told]) -> list[Told]:
    """Without what is known to be another message: the same words may have gone to the same person twice."""
    ids = [told.provider_message_id for told in found if told.provider_message_id]
    taken = set(db().scalars(_TAKEN, _of(channel_id, found=ids))) if ids else set()
    proven: list[Told] = []
    for told in found:
        if told.provider_message_id not in taken:
            proven.append(told)
            taken |= {told.provider_message_id} - {None}
    return proven


def _found(provider: Provider, row: Row[Any], message: OutgoingMessage) -> Sent | NotSent | None:
    try:
        return provider.find(message)
    except ProviderError as problem:
        log.info("settle.not_answered", message=str(row.id), problem=problem.reason)
        return None


def _told(row: Row[Any], sent: Sent) -> Told:
    return Told(
        row.id, "sent", row.attempted_at, provider_message_id=sent.provider_message_id or None,
        message_id=sent.message_id or None, segments=sent.segments, thread_id=sent.thread_id,
    )  # fmt: skip


def _as_sent(message_ids: Sequence[UUID]) -> list[Told]:
    rows = db().execute(
        select(Message.id, Message.attempted_at)
        .where(Message.id.in_(message_ids), Message.is_in_doubt)
        .with_for_update()
    )
    return [Told(row.id, "sent", row.attempted_at) for row in rows]


def _tell(channel_id: UUID, rows: Sequence[Row[Any]]) -> None:
    channel = get_or_404(Channel, channel_id)
    recording.tell(channel, rows, clock.now().date())


def _looking(channel_id: UUID) -> dict[str, Any]:
    times = {"longest": LONGEST_SEARCH, "soonest": FIRST_LOOK, "latest": timedelta(hours=12)}
    return _of(channel_id, now=clock.now(), most=LOOKS, **times)


def _of(channel_id: UUID, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "channel_id": channel_id, **more}
