"""A window is taken out of the queue just before it is written to the network: every gate is asked in the statement that
takes it, so that law 5 needs no other look.

The channel's lease keeps every other process away. A row changes once when it is tried and once when it ended.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Row, TextClause, text

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.beside import Statement
from loumass.core.database import db
from loumass.core.plans import READ_IN_ORDER
from loumass.core.tenancy import current_organization_id
from loumass.events.service import facts_within, publishing, ring_listeners
from loumass.messages import outbox_lease
from loumass.messages.gates import MESSAGE_GATES, RESTING_GATES, TIMELESS_GATES, ended_sentences, zones
from loumass.messages.gates_around import AROUND, AROUND_DAYS_OFF, BRAND, OFTEN, WITHOUT_CLOCK
from loumass.messages.models import PRIORITY_CAMPAIGN
from loumass.messages.outbox_counting import prepared
from loumass.messages.outbox_judging import JUDGED, JUDGED_AND_COUNTED, REFUSED, asking, is_open_always
from loumass.messages.outbox_lease import RENEWED, Allowance, Lease, limits
from loumass.messages.rendering import domain_of

# What a message is rendered from, and its place. What people wrote may be long and is read by itself: the answer to a
# statement that is under way must fit into the wire, or its locks are held until somebody reads it.
_GOES = ("id", "conversation_id", "stream_id", "priority", "due_at", "medium", "to_address", "content_version_id",
         "merge_values", "tracked", "tracking_domain_id", "rfc_message_id", "in_reply_to", "reference_ids", "attempts",
         "draft_id")  # fmt: skip
# Whoever waits for a lock judges by what was true before the wait: a locked row is left out of this window, so that
# an opt-out which is committed meanwhile is seen. It stays in the queue, unless its holder takes it away.
# What was taken before stands before `after`: the index still leads through it.
_DUE = """
    SELECT id, contact_id, channel_id, stream_id, medium, to_hash, priority, due_at{sounds} FROM message
    WHERE organization_id = :organization_id AND channel_id = :channel_id AND is_open AND state = 'queued'
      AND priority = ANY(CAST(:priorities AS integer[])) AND due_at <= :now
      AND (priority, due_at, id) > (CAST(:after_priority AS integer), CAST(:after_due_at AS timestamptz), CAST(:after_id AS uuid))
      AND EXISTS (SELECT 1 FROM held)
    ORDER BY organization_id, channel_id, priority, due_at, id LIMIT :looked_at FOR UPDATE SKIP LOCKED
"""
# Waited for alone, before anything is judged: what is committed during the wait is seen by the statement after it.
_LOCK = text("""
    SELECT id FROM channel WHERE organization_id = :organization_id AND id = :channel_id FOR NO KEY UPDATE
""")
# Nothing is taken once the lease was lost, the channel paused or its limits changed. What is taken is counted into the
# channel's day and noted with what went just before: there a crash is looked for.
_ATTEMPT = f"""
    WITH held AS ({RENEWED}), due AS MATERIALIZED ({_DUE}), judged AS MATERIALIZED ({JUDGED}), refused AS ({
    REFUSED
}),
    taken AS (
        UPDATE message SET state = 'sending', lease_token = :token, lease_until = :lease_until, waiting_for = NULL,
               attempts = attempts + 1, attempted_at = :moment,
               rfc_message_id = coalesce(message.rfc_message_id, message.id || '@' || CAST(:domain AS text)),
               from_address = :from_address, from_name = :from_name,
               tracking_domain_id = CASE WHEN message.tracked IS NULL THEN NULL ELSE CAST(:tracking_domain_id AS uuid) END
        FROM judged
        WHERE message.organization_id = :organization_id AND message.id = judged.id AND judged.gate IS NULL
          AND nth <= :size AND (judged.priority < {PRIORITY_CAMPAIGN} OR nth_of_campaigns <= :campaign_most)
        RETURNING {", ".join(f"message.{name}" for name in _GOES)}{{sent_sounds}}
    ), noted AS (
        INSERT INTO attempt (organization_id, channel_id, lease_token, lease_until, message_ids)
        SELECT :organization_id, :channel_id, :token, :lease_until, array_agg(id) || CAST(:before AS uuid[]) FROM taken HAVING count(*) > 0
        ON CONFLICT (organization_id, channel_id, lease_token)
        DO UPDATE SET lease_until = excluded.lease_until, message_ids = excluded.message_ids
    ), used AS (
        INSERT INTO channel_day (organization_id, channel_id, day, used)
        SELECT :organization_id, :channel_id, :day, count(*) FROM taken HAVING count(*) > 0
        ON CONFLICT (organization_id, channel_id, day) DO UPDATE SET used = channel_day.used + excluded.used
    ), {
    facts_within(
        "(SELECT contact_id, stream_id AS campaign_id, enrollment_id, id AS message_id, conversation_id, channel_id, node_id,"
        " CAST(NULL AS uuid) AS user_id, reason_code FROM refused WHERE state = 'cancelled') ended",
        "jsonb_build_object('reason', reason_code)",
    )
}
    SELECT judged.*, taken.* FROM (
        SELECT EXISTS (SELECT 1 FROM held) AS is_held, (SELECT count(*) FROM due) AS looked_at,
               (SELECT count(*) FROM refused) AS refused, (SELECT count(*) FROM refused WHERE state = 'cancelled') AS ended
    ) judged LEFT JOIN taken ON true
    ORDER BY priority, due_at, taken.id
"""
# What several channels share is counted for messages that were looked at just before, with who else counts it kept out.
_METERED = """), used AS (
        INSERT INTO brand_day (organization_id, brand_id, day, used)
        SELECT :organization_id, CAST(:brand_id AS uuid), :day, coalesce(sum(segments), 0) FROM taken
        WHERE CAST(:brand_id AS uuid) IS NOT NULL HAVING count(*) > 0
        ON CONFLICT (organization_id, brand_id, day) DO UPDATE SET used = brand_day.used + excluded.used
    ), used_of_channel AS ("""
_COUNTING = (
    _ATTEMPT.replace(JUDGED, JUDGED_AND_COUNTED)
    .replace(_DUE, _DUE.replace("{sounds} FROM", "{sounds}, coalesce(segments, 1) AS segments FROM")
             .replace("AND EXISTS", "AND id = ANY(CAST(:looked_ahead AS uuid[])) AND EXISTS"))
    .replace("{sent_sounds}", "{sent_sounds}, message.segments")
    .replace("), used AS (", _METERED)
)  # fmt: skip


def _with_sound(statement: str) -> str:
    return statement.replace("{sounds}", ", is_synthetic, sound_id").replace(
        "{sent_sounds}", ", message.sound_id"
    )


def _without_sound(statement: str) -> str:
    return statement.replace("{sounds}", "").replace("{sent_sounds}", "")


_ANY_TIME = asking(_without_sound(_ATTEMPT), TIMELESS_GATES, WITHOUT_CLOCK)


def _by_clock(*, is_counted: bool, is_voicemail: bool, skips_days_off: bool) -> TextClause:
    around = AROUND_DAYS_OFF if skips_days_off else AROUND
    asked = RESTING_GATES if skips_days_off else MESSAGE_GATES
    gates = asked if is_voicemail else [gate for gate in asked if not gate.medium]
    statement = _COUNTING if is_counted else _ATTEMPT
    statement = _with_sound(statement) if is_voicemail else _without_sound(statement)
    return asking(statement, gates, around + OFTEN + BRAND.format(day=":day") if is_counted else around)


#: By what is asked: whether more is counted than the channel, whether it is voicemail, whether days off are skipped.
_BY_CLOCK = {
    asked: _by_clock(is_counted=asked[0], is_voicemail=asked[1], skips_days_off=asked[2])
    for asked in product((False, True), repeat=3)
}


class Place(NamedTuple):
    """Where in a channel's queue a message stands."""

    priority: int
    due_at: datetime
    id: UUID


FRONT = Place(-1, datetime.min.replace(tzinfo=UTC), UUID(int=0))


class Window(NamedTuple):
    """What an attempt came to. `going` are rows of `message` in their order, with what they are rendered from; gates refused
    `refused` others, `ended` of them for good. Without `is_held` the channel may not be used any more.
    """

    going: Sequence[Row[Any]]
    refused: int
    ended: int
    looked_at: int
    is_held: bool

    def tell(self) -> None:
        """Everybody hears of those that ended, after the commit."""
        if self.ended:
            ring_listeners("message.cancelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """At most `size` of the `look_at` messages that are due behind `after` are to be taken, of campaigns at most
    `campaign_most`, and rendered as at `moment`. `before` went already and is not surely written down.
    """

    lease: Lease
    moment: datetime
    allowed: Allowance
    size: int
    campaign_most: int
    look_at: int
    after: Place = FRONT
    before: Sequence[UUID] = ()

    @property
    def until(self) -> datetime:
        """When the lease ends, once they are taken."""
        return self.moment + outbox_lease.LEASE

    @property
    def statements(self) -> tuple[Statement, Statement, Statement]:
        """What `carry_out` executes; the rows of the last are for `found`."""
        channel = self.lease.channel
        lock = _LOCK, {"organization_id": current_organization_id(), "channel_id": channel.id}
        if is_open_always(channel):
            return lock, (READ_IN_ORDER, {}), (_ANY_TIME, self._values())
        return lock, (READ_IN_ORDER, {}), (self._asking_clock, self._values() | {"zones": zones()})

    @property
    def _asking_clock(self) -> TextClause:
        channel = self.lease.channel
        return _BY_CLOCK[self.allowed.is_counted, channel.medium == "voicemail", channel.skips_days_off]

    def carry_out(self) -> Window:
        """Take them. Commit, then write to the network: from here on each is sent, refused or in doubt."""
        if self.allowed.is_counted:
            window = self._counted()
            window.tell()
            return window
        *before, attempt = self.statements
        for statement, values in before:
            db().execute(statement, values)
        window = self.found(db().execute(*attempt).all())
        window.tell()
        return window

    def _counted(self) -> Window:
        values = self._values()
        looked_ahead = prepared(self.lease.channel, self.allowed, self.moment, values)
        for statement, bound in ((_LOCK, values), (READ_IN_ORDER, {})):
            db().execute(statement, bound)
        more = {"zones": zones(), "brand_id": self.allowed.brand_id, "looked_ahead": uuid_array(looked_ahead)}
        return self.found(db().execute(self._asking_clock, values | more).all())

    @staticmethod
    def found(rows: Sequence[Any]) -> Window:
        """What `rows` of the statement say."""
        first = rows[0]
        going = rows if first.id is not None else ()
        return Window(going, first.refused, first.ended, first.looked_at, first.is_held)

    def _values(self) -> dict[str, Any]:
        channel = self.lease.channel
        return {
            "organization_id": current_organization_id(),
            "channel_id": channel.id,
            "now": clock.now(),
            "sentences": json.dumps(ended_sentences()),
            "moment": self.moment,
            "token": self.lease.token,
            "until": self.until,
            "limits": limits(channel),
            "lease_until": self.until,
            "priorities": list(self.allowed.priorities),
            "size": self.size,
            "campaign_most": self.campaign_most,
            "looked_at": self.look_at,
            "after_priority": self.after.priority,
            "after_due_at": self.after.due_at,
            "after_id": self.after.id,
            "before": uuid_array(self.before),
            "day": self.allowed.today,
            "domain": domain_of(channel.address) if channel.medium == "email" else None,
            "from_address": channel.address,
            "from_name": channel.sender_name,
            "tracking_domain_id": self.lease.tracking_domain_id,
        } | publishing("message.cancelled", self.allowed.hear_of_cancelled)
