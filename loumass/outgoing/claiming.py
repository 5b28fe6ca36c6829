"""Which calls of a host go now: few at once, none while it rests, none of a paused campaign; the attempt is committed
before the network is touched."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.outgoing.facts import facts_of

#: Calls of one organization that a host answers at the same time.
AT_ONCE = 5
#: After so many failures in a row the host rests, and is tried by one call at a time.
MOST_FAILURES = 5
#: Longer than an attempt can take.
LEASE = timedelta(seconds=90)
_LOOKED_AT = 100
#: Why a call is never made: its campaign, or the person whom it tells of, is gone.
CANCELLED, DELETED = "The campaign was cancelled.", "The person was deleted."
_ENDED_COLUMNS = "call.id, call.contact_id, call.stream_id, call.enrollment_id, call.node_id, call.state, call.status, call.is_awaited"

_KNOW = text("""
    INSERT INTO webhook_host (organization_id, host) VALUES (:organization_id, :host)
    ON CONFLICT (organization_id, host) DO NOTHING
""")
_HOST = text("""
    SELECT failures, rests_until FROM webhook_host
    WHERE organization_id = :organization_id AND host = :host FOR UPDATE
""")
# Whoever took them is gone. The other side may have got them: it tells by the Webhook-Id when they come again.
_LOST = text("""
    WITH lost AS MATERIALIZED (
        SELECT id, attempts FROM webhook_call
        WHERE organization_id = :organization_id AND host = :host AND state = 'calling' AND lease_until <= :now
        ORDER BY id FOR UPDATE
    ), noted AS (
        UPDATE webhook_attempt SET ended_at = :now, problem = :problem FROM lost
        WHERE webhook_attempt.organization_id = :organization_id AND call_id = lost.id AND number = lost.attempts
        RETURNING call_id
    )
    UPDATE webhook_call SET state = 'queued', due_at = :now, lease_until = NULL, problem = :problem
    FROM lost WHERE webhook_call.organization_id = :organization_id AND webhook_call.id = lost.id
""")
_GIVE_UP = text(f"""
    WITH late AS MATERIALIZED (
        SELECT id FROM webhook_call
        WHERE organization_id = :organization_id AND host = :host AND state = 'queued' AND due_at <= :now
          AND (give_up_at <= :now OR tries_left <= 0)
          AND NOT EXISTS (SELECT 1 FROM stream WHERE stream.organization_id = :organization_id
              AND stream.id = webhook_call.stream_id AND (stream.paused_at IS NOT NULL OR stream.closed_at IS NOT NULL))
        ORDER BY id LIMIT 500 FOR UPDATE SKIP LOCKED
    )
    UPDATE webhook_call call SET state = 'failed', ended_at = :now, due_at = NULL,
        problem = CASE WHEN call.problem = '' THEN :problem ELSE call.problem END
    FROM late WHERE call.organization_id = :organization_id AND call.id = late.id
    RETURNING {_ENDED_COLUMNS}
""")
_DUE = text(f"""
    WITH due AS MATERIALIZED (
        SELECT id, stream_id, contact_id, due_at FROM webhook_call
        WHERE organization_id = :organization_id AND host = :host AND state = 'queued' AND due_at <= :now
        ORDER BY due_at, id LIMIT {_LOOKED_AT} FOR UPDATE SKIP LOCKED
    )
    SELECT due.id, stream.paused_at IS NOT NULL AS is_paused, CASE
            WHEN stream.closed_at IS NOT NULL THEN '{CANCELLED}'
            WHEN contact.archived_at IS NOT NULL AND contact.merged_into_id IS NULL THEN '{DELETED}' END AS refused,
        (SELECT count(*) FROM webhook_call busy WHERE busy.organization_id = :organization_id AND busy.host = :host
            AND busy.state = 'calling') AS busy
    FROM due JOIN stream ON stream.organization_id = :organization_id AND stream.id = due.stream_id
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = due.contact_id
    ORDER BY due.due_at, due.id
""")
_PARK = text("""
    UPDATE webhook_call SET due_at = NULL, waiting_for = 'campaign_paused'
    WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
""")
_CANCEL = text(f"""
    UPDATE webhook_call call SET state = 'cancelled', due_at = NULL, ended_at = :now, problem = :problem
    WHERE call.organization_id = :organization_id AND call.id = ANY(CAST(:ids AS uuid[]))
    RETURNING {_ENDED_COLUMNS}
""")
# What a pause holds back as well: nobody is told of them once it goes on. Whoever was merged is told of as before.
_CANCEL_GONE = text(f"""
    WITH gone AS MATERIALIZED (
        SELECT webhook_call.id FROM webhook_call
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = webhook_call.contact_id
        WHERE webhook_call.organization_id = :organization_id AND webhook_call.contact_id = ANY(CAST(:contacts AS uuid[]))
          AND webhook_call.state = 'queued' AND contact.archived_at IS NOT NULL AND contact.merged_into_id IS NULL
        ORDER BY webhook_call.id FOR UPDATE OF webhook_call
    )
    UPDATE webhook_call call
    SET state = 'cancelled', due_at = NULL, waiting_for = NULL, ended_at = :now, problem = :problem
    FROM gone WHERE call.organization_id = :organization_id AND call.id = gone.id
    RETURNING {_ENDED_COLUMNS}
""")
_TAKE = text("""
    WITH taken AS (
        UPDATE webhook_call SET state = 'calling', attempts = attempts + 1, tries_left = tries_left - 1, lease_until = :lease
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
        RETURNING id, url, host, key_name, body, fills, contact_id, attempts, tries_left, give_up_at
    ), begun AS (
        INSERT INTO webhook_attempt (organization_id, call_id, number, started_at)
        SELECT :organization_id, id, attempts, CAST(:now AS timestamptz) FROM taken RETURNING call_id
    )
    SELECT taken.* FROM taken JOIN begun ON begun.call_id = taken.id ORDER BY taken.id
""")
_NEXT = text(f"""
    SELECT host, CASE WHEN failures >= {MOST_FAILURES} THEN 1 ELSE {AT_ONCE} END AS most,
        CASE WHEN rests_until > :now THEN rests_until END AS rests_until,
        (SELECT count(*) FROM webhook_call WHERE webhook_call.organization_id = :organization_id
            AND webhook_call.host = asked.host AND state = 'calling') AS busy,
        (SELECT min(due_at) FROM webhook_call WHERE webhook_call.organization_id = :organization_id
            AND webhook_call.host = asked.host AND state = 'queued') AS due_at,
        (SELECT min(lease_until) FROM webhook_call WHERE webhook_call.organization_id = :organization_id
            AND webhook_call.host = asked.host AND state = 'calling') AS lease_until
    FROM webhook_host asked WHERE organization_id = :organization_id AND (CAST(:host AS text) IS NULL OR host = :host)
""")


def claim(host: str) -> Sequence[Row[Any]]:
    """Take some that are due, with their attempt written down; the caller commits, then calls. The host's row is locked."""
    now = clock.now()
    db().execute(_KNOW, _bound(host))
    resting = db().execute(_HOST, _bound(host)).one()
    lost = "A worker stopped before it had noted the answer. Whether the call arrived is not known."
    db().execute(_LOST, _bound(host, now=now, problem=lost))
    late = db().execute(_GIVE_UP, _bound(host, now=now, problem="It was not answered in 24 hours."))
    tell_ended(late.all())
    if resting.rests_until is not None and resting.rests_until > now:
        return ()
    due = db().execute(_DUE, _bound(host, now=now)).all()
    _hold_back(host, due, now)
    most = 1 if resting.failures >= MOST_FAILURES else AT_ONCE
    room = max(most - (due[0].busy if due else 0), 0)
    going = [row.id for row in due if not row.is_paused and not row.refused][:room]
    return db().execute(_TAKE, _bound(host, ids=going, now=now, lease=now + LEASE)).all() if going else ()


def next_due(host: str | None = None) -> dict[str, datetime]:
    """When each host (or this one) is to be looked at again."""
    now = clock.now()
    rows = db().execute(_NEXT, _bound(host, now=now))
    return {row.host: at for row in rows if (at := _next_of(row, now)) is not None}


def tell_ended(rows: Sequence[Row[Any]]) -> None:
    """call.ended for those whose enrollments wait."""
    publish_all("call.ended", [facts_of(row) for row in rows if row.is_awaited])


def cancel_for_gone(contact_ids: Iterable[UUID]) -> None:
    """Nothing that is queued for those of them who were deleted is called any more. What is on its way just now cannot be
    taken back, and is not tried again."""
    bound = {"organization_id": current_organization_id(), "contacts": uuid_array(contact_ids)}
    rows = db().execute(_CANCEL_GONE, {**bound, "now": clock.now(), "problem": DELETED})
    tell_ended(rows.all())


def _hold_back(host: str, due: Sequence[Row[Any]], now: datetime) -> None:
    paused = [row.id for row in due if row.is_paused and not row.refused]
    if paused:
        db().execute(_PARK, _bound(host, ids=paused))
    for problem in (CANCELLED, DELETED):
        refused = [row.id for row in due if row.refused == problem]
        if refused:
            tell_ended(db().execute(_CANCEL, _bound(host, ids=refused, now=now, problem=problem)).all())


def _next_of(row: Row[Any], now: datetime) -> datetime | None:
    """A rest ends it all; who calls already rings when it is done, and is waited for where it never does."""
    if row.busy >= row.most or row.due_at is None:
        return row.lease_until
    due_at = max(row.due_at, row.rests_until) if row.rests_until else row.due_at
    return min(due_at, row.lease_until) if row.lease_until else due_at


def _bound(host: str | None, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "host": host, **more}
