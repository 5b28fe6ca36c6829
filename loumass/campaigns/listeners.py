"""News that moves people: a message really went or never will, a reply, a bounce, a no. Set-based over the batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.ending import end
from loumass.campaigns.exiting import by_replying, with_medium
from loumass.campaigns.reply_statuses import give_statuses
from loumass.campaigns.waking import announce, wake_engine, wake_those_waiting
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears, publish_all
from loumass.funnels.statuses import Status
from loumass.messages.away import end_absence

# Rows are locked in id order, so that two listeners never wait for each other in a circle.
# A message that bounced for good at the door is `on_bounced`'s news, and one that was refused because they had opted
# out is `on_opted_out`'s: the person leaves, whatever the step offers.
_MESSAGES = """
    told AS MATERIALIZED (
        SELECT e.id AS enrollment_id, m.id, m.step_id, m.state, m.sent_at
        FROM (SELECT DISTINCT ON (enrollment_id) id, enrollment_id, step_id, state, sent_at FROM message
              WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND direction = 'out'
                AND enrollment_id IS NOT NULL AND step_id IS NOT NULL AND is_bounce_permanent IS NOT TRUE
                AND reason_code IS DISTINCT FROM 'opted_out'
              ORDER BY enrollment_id, sent_at DESC NULLS LAST) m
        JOIN enrollment e ON e.organization_id = :organization_id AND e.id = m.enrollment_id
        ORDER BY e.id FOR UPDATE OF e
    )
"""
_IS_ITS = "(e.step_id = told.step_id AND (e.state = 'waiting' OR e.state = 'held' AND e.waiting_for ->> 'for' = 'settlement'))"
_OUTCOME = text(f"""
    WITH {_MESSAGES}
    UPDATE enrollment e SET
        last_message_id = CASE WHEN told.state = 'sent' AND coalesce(told.sent_at > e.last_sent_at, true) THEN told.id ELSE e.last_message_id END,
        last_sent_at = CASE WHEN told.state = 'sent' THEN greatest(e.last_sent_at, told.sent_at) ELSE e.last_sent_at END,
        status = CASE WHEN told.state = 'sent' AND e.status = 'No Activity' THEN 'Messaged' ELSE e.status END,
        status_changed_at = CASE WHEN told.state = 'sent' AND e.status = 'No Activity' THEN CAST(:now AS timestamptz) ELSE e.status_changed_at END,
        state = CASE WHEN {_IS_ITS} THEN 'active' ELSE e.state END,
        reason = CASE WHEN {_IS_ITS} THEN NULL ELSE e.reason END,
        due_at = CASE WHEN {_IS_ITS} THEN CAST(:now AS timestamptz) ELSE e.due_at END
    FROM told
    WHERE e.organization_id = :organization_id AND e.id = told.enrollment_id
    RETURNING e.id, e.campaign_id, e.contact_id, old.status IS DISTINCT FROM new.status AS is_messaged,
        old.due_at IS DISTINCT FROM new.due_at AS is_woken
""")
_HAPPENED = """
    WITH told AS MATERIALIZED (
        SELECT e.id, happened.at
        FROM unnest(CAST(:ids AS uuid[]), CAST(:ats AS timestamptz[])) AS happened(id, at)
        JOIN enrollment e ON e.organization_id = :organization_id AND e.id = happened.id
        ORDER BY e.id FOR UPDATE OF e
    )
    UPDATE enrollment e SET {column} = greatest(e.{column}, told.at)
    FROM told
    WHERE e.organization_id = :organization_id AND e.id = told.id
    RETURNING e.id, e.campaign_id, e.node_id, e.state
"""
_REPLIED = text(_HAPPENED.format(column="replied_at"))
_BOUNCED = text(_HAPPENED.format(column="bounced_at"))
_OPTED_OUT = text(_HAPPENED.format(column="opted_out_at"))
_LOCK = text("""
    SELECT id FROM enrollment WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
    ORDER BY id FOR UPDATE
""")


@hears("message_id")
def on_outcome(events: Sequence[Event]) -> None:
    """message.sent, failed, cancelled or in_doubt: who waits for it at its step is decided on again."""
    ids = uuid_array(event.message_id for event in events if event.message_id)
    rows = db().execute(_OUTCOME, _bound(ids=ids, now=clock.now())).all()
    publish_all("enrollment.status_changed", [_status_fact(row) for row in rows if row.is_messaged])
    wake_those_waiting([row.id for row in rows if not row.is_woken], "sent_within", "status")
    wake_engine(row.campaign_id for row in rows if row.is_woken)
    announce(row.campaign_id for row in rows)


def on_replied(events: Sequence[Event]) -> None:
    """A person answered: a BDR is needed, and they leave unless the funnel itself looks for the reply."""
    rows = _happened(_REPLIED, events)
    live = [row for row in rows if row.state != "ended"]
    give_statuses(events, [row.id for row in rows], otherwise=Status.NEEDS_BDR.value)
    leaving = by_replying({row.id: (row.campaign_id, row.node_id) for row in live})
    end(dict.fromkeys(leaving, "replied"))
    staying = [row.id for row in live if row.id not in leaving]
    wake_those_waiting(staying, "replied", "away")
    end_absence(staying)
    _settle_down(rows)


@hears("enrollment_id")
def on_opened(events: Sequence[Event]) -> None:
    """A person opened a message: who waits for that goes on."""
    _wake_locked(events, "opened")


@hears("enrollment_id")
def on_clicked(events: Sequence[Event]) -> None:
    """A person clicked, and so opened it."""
    _wake_locked(events, "opened", "clicked")


@hears("enrollment_id")
def on_task_closed(events: Sequence[Event]) -> None:
    """task.done or task.skipped: who waits for it goes on by its outcome."""
    _wake_locked(events, "task")


@hears("enrollment_id")
def on_call_ended(events: Sequence[Event]) -> None:
    """call.ended: who waits for it goes on."""
    _wake_locked(events, "call")


def _wake_locked(events: Sequence[Event], *tests: str) -> None:
    """Locked before they are looked at: who is being decided on just now waits a moment later."""
    ids = list({event.enrollment_id for event in events if event.enrollment_id})
    if ids:
        wake_those_waiting(db().scalars(_LOCK, _bound(ids=ids)).all(), *tests)


def on_bounced(events: Sequence[Event]) -> None:
    """An address that is dead for good ends the walk; a full mailbox does not."""
    rows = _happened(_BOUNCED, [event for event in events if event.facts.get("permanent")])
    end({row.id: "bounced" for row in rows})
    _settle_down(rows)


def on_opted_out(events: Sequence[Event]) -> None:
    """A no on a medium ends every walk that writes on it, and the one that they said it to."""
    chosen = with_medium(
        [(event.contact_id, event.facts.get("medium")) for event in events if event.contact_id]
    )
    named = {event.enrollment_id: event.happened_at for event in events if event.enrollment_id}
    at = max((event.happened_at for event in events), default=clock.now())
    rows = _at({**dict.fromkeys(chosen, at), **named}, _OPTED_OUT)
    end({row.id: "opted_out" for row in rows})
    _settle_down(rows)


def _happened(statement: Any, events: Sequence[Event]) -> Sequence[Row[Any]]:
    at: dict[UUID, Any] = {}
    for event in events:
        if event.enrollment_id:
            at[event.enrollment_id] = max(event.happened_at, at.get(event.enrollment_id, event.happened_at))
    return _at(at, statement)


def _at(moments: dict[UUID, Any], statement: Any) -> Sequence[Row[Any]]:
    if not moments:
        return ()
    return db().execute(statement, _bound(ids=list(moments), ats=list(moments.values()))).all()


def _settle_down(rows: Sequence[Row[Any]]) -> None:
    """The engine looks whether anybody is left; open pages refresh."""
    campaigns = {row.campaign_id for row in rows}
    wake_engine(campaigns)
    announce(campaigns)


def _status_fact(row: Row[Any]) -> dict[str, Any]:
    return {
        "enrollment_id": row.id,
        "contact_id": row.contact_id,
        "campaign_id": row.campaign_id,
        "facts": {"status": Status.MESSAGED.value},
    }


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
