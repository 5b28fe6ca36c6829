"""A window is taken out of the queue just before it is written to the network: the last time that every gate is asked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.beside import Statement
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages import outbox_lease
from loumass.messages.gates import (
    AROUND,
    MESSAGE_GATES,
    TIMELESS_GATES,
    WITHOUT_CLOCK,
    ended_sentences,
    zones,
)
from loumass.messages.outbox_judging import JUDGED, REFUSED, SAID, asking, is_open_always, tell_of_ended
from loumass.messages.outbox_lease import RENEWED, Lease, limits
from loumass.messages.rendering import domain_of

# Whoever waits for a lock judges by what was true before the wait: a locked row is left out of this window, so that
# an opt-out which is committed meanwhile is seen. It stays in the queue, unless its holder takes it away. `OFFSET 0` keeps
# the planner to the key: where few rows seem to be queued, it would look through all that are for each window.
_WINDOW = """
    SELECT found.* FROM unnest(CAST(:ids AS uuid[])) AS asked(id) CROSS JOIN LATERAL (
        SELECT id, contact_id, channel_id, stream_id, medium, to_hash, priority, due_at, state FROM message
        WHERE organization_id = :organization_id AND id = asked.id OFFSET 0 FOR UPDATE SKIP LOCKED) found
    WHERE found.state = 'queued' AND found.due_at <= :now AND EXISTS (SELECT 1 FROM held)
"""
# Waited for alone, before anything is judged: what is committed during the wait is seen by the statement after it.
_LOCK = text("""
    SELECT id FROM channel WHERE organization_id = :organization_id AND id = :channel_id FOR NO KEY UPDATE
""")
# Nothing is taken once the lease was lost, the channel paused or its limits changed. What is taken is counted into the
# channel's day and noted with what went just before: there a crash is looked for.
_ATTEMPT = f"""
    WITH held AS ({RENEWED}), due AS MATERIALIZED ({_WINDOW}), judged AS MATERIALIZED ({JUDGED}),
    refused AS ({REFUSED.replace("{columns}", SAID)}),
    taken AS (
        UPDATE message SET state = 'sending', lease_token = :token, lease_until = :lease_until, waiting_for = NULL,
               attempts = attempts + 1, attempted_at = :moment,
               rfc_message_id = coalesce(message.rfc_message_id, message.id || '@' || CAST(:domain AS text)),
               from_address = :from_address, from_name = :from_name
        FROM judged
        WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NULL
        RETURNING message.id
    ), noted AS (
        INSERT INTO attempt (organization_id, channel_id, lease_token, lease_until, message_ids)
        SELECT :organization_id, :channel_id, :token, :lease_until, array_agg(id) || CAST(:before AS uuid[]) FROM taken HAVING count(*) > 0
        ON CONFLICT (organization_id, channel_id, lease_token)
        DO UPDATE SET lease_until = excluded.lease_until, message_ids = excluded.message_ids
    ), used AS (
        INSERT INTO channel_day (organization_id, channel_id, day, used)
        SELECT :organization_id, :channel_id, :day, count(*) FROM taken HAVING count(*) > 0
        ON CONFLICT (organization_id, channel_id, day) DO UPDATE SET used = channel_day.used + excluded.used
    )
    SELECT refused.*, stay.ids AS staying, EXISTS (SELECT 1 FROM held) AS is_held FROM (
        SELECT array_agg(asked.id) AS ids FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
        WHERE NOT EXISTS (SELECT 1 FROM taken WHERE taken.id = asked.id)
    ) stay LEFT JOIN refused ON true
"""
_ANY_TIME, _BY_CLOCK = (
    asking(_ATTEMPT, TIMELESS_GATES, WITHOUT_CLOCK),
    asking(_ATTEMPT, MESSAGE_GATES, AROUND),
)


@dataclass(frozen=True, slots=True)
class Attempt:
    """`rows` of a batch are to be taken, and rendered as at `moment`. `before` went already and is not surely written down."""

    lease: Lease
    moment: datetime
    rows: Sequence[Row[Any]]
    day: date
    before: Sequence[UUID] = ()

    @property
    def until(self) -> datetime:
        """When the lease ends, once they are taken."""
        return self.moment + outbox_lease.LEASE

    @property
    def statements(self) -> tuple[Statement, Statement]:
        """What `carry_out` executes; the rows of the second are for `taken`."""
        channel = self.lease.channel
        values: dict[str, Any] = {
            "organization_id": current_organization_id(),
            "channel_id": channel.id,
            "now": clock.now(),
            "sentences": json.dumps(ended_sentences()),
            "moment": self.moment,
            "token": self.lease.token,
            "until": self.until,
            "limits": limits(channel),
            "lease_until": self.until,
            "ids": uuid_array(row.id for row in self.rows),
            "before": uuid_array(self.before),
            "day": self.day,
            "domain": domain_of(channel.address) if channel.medium == "email" else None,
            "from_address": channel.address,
            "from_name": channel.sender_name,
        }
        lock = _LOCK, {"organization_id": current_organization_id(), "channel_id": channel.id}
        if is_open_always(channel):
            return lock, (_ANY_TIME, values)
        return lock, (_BY_CLOCK, values | {"zones": zones()})

    def carry_out(self) -> frozenset[UUID] | None:
        """Take them; who may go, or None when the channel may not be used any more.

        Commit, then write to the network: from here on each is sent, refused or in doubt.
        """
        lock, attempt = self.statements
        db().execute(*lock)
        rows = db().execute(*attempt).all()
        tell_of_ended(rows)
        return self.taken(rows)

    def taken(self, rows: Sequence[Row[Any]]) -> frozenset[UUID] | None:
        """What `rows` of the statement say."""
        if not rows[0].is_held:
            return None
        return frozenset(row.id for row in self.rows).difference(rows[0].staying or ())
