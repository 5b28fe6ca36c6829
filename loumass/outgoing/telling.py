"""Facts on their way to the endpoints that want them: one call for each fact and endpoint, planned by one statement.

What is said are ids and figures, as facts hold them: whoever wants more asks the API.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import text

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import Listener, hears, only_where
from loumass.outgoing.models import WebhookEndpoint
from loumass.outgoing.planning import COLUMNS, DELIVER, PATIENCE, TRIES

_MOST_MISSED = 10_000
_IDS = (
    "contact_id",
    "campaign_id",
    "enrollment_id",
    "message_id",
    "conversation_id",
    "channel_id",
    "user_id",
)
_BODY = f"""
    CAST(jsonb_build_object(
        'type', event.kind,
        'timestamp', to_char(event.happened_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
        'organization', CAST(event.organization_id AS text),
        'data', jsonb_strip_nulls(jsonb_build_object({", ".join(f"'{name}', event.{name}" for name in _IDS)}))
            || jsonb_build_object('facts', event.facts)
    ) AS text)
"""
_PLAN = f"""
    INSERT INTO webhook_call (organization_id, host, url, key_name, body, is_awaited, contact_id, endpoint_id, event_id,
        tries_left, due_at, give_up_at, created_at)
    SELECT :organization_id, told.host, told.url, told.key_name, {_BODY}, false, person.id, told.id, event.id, :tries,
        CAST(:now AS timestamptz), CAST(:give_up_at AS timestamptz), CAST(:now AS timestamptz)
    FROM event
    JOIN webhook_endpoint told ON told.organization_id = :organization_id AND told.is_on AND event.kind = ANY(told.events)
    LEFT JOIN contact person ON person.organization_id = :organization_id AND person.id = event.contact_id
    WHERE event.organization_id = :organization_id AND {{which}}
    ORDER BY event.happened_at, event.id LIMIT {_MOST_MISSED}
    ON CONFLICT (organization_id, endpoint_id, event_id) DO NOTHING
    RETURNING host
"""
_PLAN_HEARD = text(
    _PLAN.format(
        which="event.id = ANY(CAST(:ids AS uuid[])) AND event.happened_at BETWEEN CAST(:first AS timestamptz) AND CAST(:last AS timestamptz)"
    )
)
_PLAN_MISSED = text(
    _PLAN.format(which="event.happened_at >= CAST(:since AS timestamptz) AND told.id = :endpoint_id")
)
_WANTED = text("""
    SELECT 1 FROM webhook_endpoint
    WHERE organization_id = :organization_id AND (is_on OR (:also_off AND removed_at IS NULL)) AND :kind = ANY(events) LIMIT 1
""")
#: Facts that are written only where somebody asks for what they name. An endpoint asks for all of it, also while it is off:
#: it may be told later.
_NAMES = {
    "contact.tagged": text("SELECT name_key FROM tag WHERE organization_id = :organization_id"),
    "contact.changed": text("SELECT key FROM contact_field WHERE organization_id = :organization_id"),
}
_ALWAYS = {"contact.changed": COLUMNS}


def tells(kind: str) -> Listener:
    """The listener that tells endpoints of one kind of fact; organizations without one that wants it pay a look."""

    def wants() -> Collection[str]:
        names = _NAMES.get(kind)
        bound = {"organization_id": current_organization_id(), "kind": kind, "also_off": names is not None}
        if not db().execute(_WANTED, bound).first():
            return ()
        if names is None:
            return (kind,)
        return [*_ALWAYS.get(kind, ()), *db().scalars(names, {"organization_id": current_organization_id()})]

    def listener(events: Sequence[Event]) -> None:
        moments = [event.happened_at for event in events]
        ids = uuid_array(event.id for event in events)
        _plan(_PLAN_HEARD, ids=ids, first=min(moments), last=max(moments))

    # What waits for it in the database is known by this name.
    listener.__name__ = f"tell_{kind.replace('.', '_')}"
    return only_where(wants)(hears("id", "happened_at")(listener))


def plan_missed(row: WebhookEndpoint, since: datetime) -> int:
    """Plan calls about what the endpoint wants and was not told since then; how many, at most 10,000 at once."""
    return _plan(_PLAN_MISSED, since=since, endpoint_id=row.id)


def _plan(statement: Any, **bound: Any) -> int:
    now = clock.now()
    common = {
        "organization_id": current_organization_id(), "now": now, "give_up_at": now + PATIENCE, "tries": TRIES,
    }  # fmt: skip
    hosts = db().scalars(statement, {**common, **bound}).all()
    wake_all([Wake(DELIVER, (host,), now) for host in sorted(set(hosts))])
    return len(hosts)
