"""People who stand still in their campaigns for a while: away from their desk, or perhaps asked us to stop."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.messages.away import end_absence

PARKED, OPT_OUT = "away", "opt_out"
_LOCKED = """
    chosen AS MATERIALIZED (
        SELECT id FROM enrollment
        WHERE organization_id = :organization_id AND contact_id = ANY(CAST(:contacts AS uuid[])) AND {which}
        ORDER BY id FOR UPDATE
    )
"""
# Whoever waits for a message of theirs goes on waiting: that is parked itself. Timers count from when they came here or
# were written to, so going on finds the same one again.
_PARK = text(f"""
    WITH {_LOCKED.format(which="state IN ('active', 'waiting') AND due_at IS NOT NULL AND due_at < :until")}
    UPDATE enrollment SET state = 'waiting', due_at = :until, waiting_for = jsonb_build_object(
        'for', 'away', 'until', CAST(:until_text AS text), 'because', 'They are out of office, says their automatic answer')
    FROM chosen WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")
_UNPARK = text("""
    WITH chosen AS MATERIALIZED (
        SELECT id FROM enrollment
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'waiting'
          AND waiting_for ->> 'for' = 'away'
        ORDER BY id FOR UPDATE
    )
    UPDATE enrollment SET state = 'active', due_at = :now, waiting_for = NULL
    FROM chosen WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")
# Only while somebody has yet to decide: the news may come late.
_HOLD = text(f"""
    WITH {
    _LOCKED.format(
        which="state IN ('active', 'waiting') AND EXISTS (SELECT 1 FROM opt_out_proposal p "
        "WHERE p.organization_id = :organization_id AND p.contact_id = enrollment.contact_id AND p.decided_at IS NULL)"
    )
}
    UPDATE enrollment SET state = 'held', reason = 'opt_out_proposed', due_at = NULL, waiting_for = jsonb_build_object(
        'for', 'opt_out', 'since', CAST(:since AS text), 'because', 'They may have asked us to stop. Confirm or dismiss it in the inbox')
    FROM chosen WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")
_RELEASE = text(f"""
    WITH {
    _LOCKED.format(
        which="state = 'held' AND waiting_for ->> 'for' = 'opt_out' AND NOT EXISTS (SELECT 1 FROM opt_out_proposal p "
        "WHERE p.organization_id = :organization_id AND p.contact_id = enrollment.contact_id AND p.decided_at IS NULL)"
    )
}
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now, waiting_for = NULL
    FROM chosen WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")


def on_away(events: Sequence[Event]) -> None:
    """contact.away: they stand still until the working day after their return."""
    until = {
        event.contact_id: datetime.fromisoformat(event.facts["until"]) for event in events if event.contact_id
    }
    for moment in sorted(set(until.values())):
        contacts = [contact_id for contact_id, at in until.items() if at == moment]
        rows = (
            db().execute(_PARK, _bound(contacts=contacts, until=moment, until_text=moment.isoformat())).all()
        )
        _tell(rows)
        wake_engine((row.campaign_id for row in rows), moment)


def unpark(enrollment_ids: Sequence[UUID]) -> int:
    """They go on before they are back; returns how many were parked. Their queued messages go as well."""
    ids = list(enrollment_ids)
    rows = db().execute(_UNPARK, _bound(ids=ids, now=clock.now())).all()
    freed = end_absence(ids)
    _tell(rows)
    wake_engine(row.campaign_id for row in rows)
    return len(freed | {row.id for row in rows})


def on_opt_out_proposed(events: Sequence[Event]) -> None:
    """contact.opt_out_proposed: they stand still in every campaign until somebody decides."""
    _tell(_moved(_HOLD, events, since=clock.now().isoformat()))


def on_opt_out_decided(events: Sequence[Event]) -> None:
    """contact.opt_out_decided: they go on, unless they said no: then their campaigns end by that news."""
    rows = _moved(_RELEASE, events, now=clock.now())
    _tell(rows)
    wake_engine(row.campaign_id for row in rows)


def _moved(statement: Any, events: Sequence[Event], **more: Any) -> Sequence[Row[Any]]:
    contacts = sorted({event.contact_id for event in events if event.contact_id})
    return db().execute(statement, _bound(contacts=contacts, **more)).all()


def _tell(rows: Sequence[Row[Any]]) -> None:
    announce({row.campaign_id for row in rows})


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
