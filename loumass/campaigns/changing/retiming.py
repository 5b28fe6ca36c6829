"""People who wait for a time that a change moves get the new one as chosen, a slice at a time, in the order in which they are due."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.changing.choices import KEEP, SPREAD
from loumass.campaigns.changing.waits import GROUPED, SOME, TIMED, Alike, retimed
from loumass.campaigns.changing.work import Spread, Work
from loumass.campaigns.models import Campaign
from loumass.core import clock
from loumass.core.arrays import integer_array, moment_array, uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.graph import Graph
from loumass.funnels.walking.ground import UTC

TURN = "Its turn after the change"
_NEVER = datetime.min.replace(tzinfo=UTC) + timedelta(days=2)
_NOBODY = UUID(int=0)

# In the order in which they are due. Whose time was moved on is met again, and then has the time that they should have.
_NEXT = text(f"""
    SELECT e.id, e.due_at FROM enrollment e
    WHERE {TIMED} AND e.due_at >= CAST(:due_at AS timestamptz) AND (e.due_at, e.id) > (CAST(:due_at AS timestamptz), :id)
    ORDER BY e.due_at, e.id LIMIT :most
""")
# Locked in id order, as whoever else changes them does. What passed already keeps its place in the queue of those who are
# past due, so that a campaign that rests asks about it.
_RETIME = text(f"""
    WITH alike AS (
        SELECT * FROM unnest(CAST(:group_nodes AS uuid[]), CAST(:entered AS timestamptz[]), CAST(:sent AS timestamptz[]),
            CAST(:dues AS timestamptz[]), CAST(:zones AS text[]), CAST(:ats AS timestamptz[]), CAST(:becauses AS text[]),
            CAST(:hours AS integer[]), CAST(:totals AS integer[]), CAST(:given AS integer[]))
            AS alike(node_id, entered_at, last_sent_at, due_at, zone, at, because, hours, total, given)
    ), waiting AS MATERIALIZED (
        SELECT e.id, e.node_id, {GROUPED} FROM enrollment e
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = e.contact_id
        WHERE {TIMED} {SOME} ORDER BY e.id FOR UPDATE OF e
    ), turn AS (
        SELECT waiting.id, alike.because, alike.hours, CASE WHEN alike.hours = 0 THEN alike.at ELSE
            CAST(:now AS timestamptz) + make_interval(hours => alike.hours) * least(alike.total - 1, alike.given - 1
                + row_number() OVER (PARTITION BY alike.node_id, alike.hours > 0 ORDER BY alike.at, waiting.id))
            / alike.total END AS due_at
        FROM waiting JOIN alike ON alike.node_id = waiting.node_id AND alike.entered_at = waiting.entered_at
            AND coalesce(alike.last_sent_at, :never) = coalesce(waiting.last_sent_at, :never)
            AND alike.due_at = waiting.due_at AND alike.zone = waiting.zone
    )
    UPDATE enrollment SET due_at = turn.due_at, waiting_for = CASE WHEN turn.hours = 0
        THEN jsonb_build_object('for', 'until', 'because', turn.because)
        ELSE jsonb_build_object('for', 'turn', 'because', CAST(:turn AS text)) END
    FROM turn WHERE enrollment.organization_id = :organization_id AND enrollment.id = turn.id
    RETURNING enrollment.node_id, turn.hours > 0 AS is_spread
""")
_ASKED = """
    organization_id = :organization_id AND node_id = ANY(CAST(:nodes AS uuid[]))
    AND (state = 'waiting' AND waiting_for ->> 'for' NOT IN ('until', 'turn', 'away', 'message')
      OR state = 'held' AND waiting_for ->> 'for' IN ('event', 'mending'))
"""
_WHO_ASK = text(f"SELECT id FROM enrollment WHERE {_ASKED} AND campaign_id = :campaign_id LIMIT :most")
_ASK_ANEW = text(f"""
    WITH waiting AS MATERIALIZED (
        SELECT id FROM enrollment WHERE {_ASKED} AND id = ANY(CAST(:ids AS uuid[])) ORDER BY id FOR UPDATE
    )
    UPDATE enrollment SET state = 'active', reason = NULL, due_at = :now FROM waiting
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = waiting.id
    RETURNING enrollment.id
""")


def turns_to_give(campaign: Campaign, graph: Graph, work: Work) -> dict[UUID, Spread]:
    """Whose turns are to be spread, step by step: how many they are."""
    spreading = [one for one, timing in work.timing.items() if timing.what == SPREAD]
    found: dict[UUID, Spread] = {}
    for one in retimed(campaign, graph, spreading):
        if _hours(one, work):
            found.setdefault(one.node_id, Spread(0)).total += one.people
    return found


def retime_some(campaign: Campaign, graph: Graph, work: Work, most: int) -> tuple[int, int]:
    """Move in time whom the change moves, as chosen: the next of those who wait. How many were looked at, and how many moved.

    `work` knows where it stands afterwards.
    """
    due_at, last_id = work.place or (_NEVER, _NOBODY)
    nodes = uuid_array(work.timing)
    rows = db().execute(_NEXT, _of(campaign, nodes=nodes, due_at=due_at, id=last_id, most=most)).all()
    if not rows:
        return 0, 0
    ids = [row.id for row in rows]
    work.place = rows[-1].due_at, rows[-1].id
    moved = [one for one in retimed(campaign, graph, work.timing, ids) if _is_chosen(one, work)]
    return len(rows), _retime(campaign, work, moved, ids) if moved else 0


def _retime(campaign: Campaign, work: Work, moved: Sequence[Alike], ids: Sequence[UUID]) -> int:
    bound = {"now": work.since, "never": _NEVER, "turn": TURN, "ids": uuid_array(ids)}
    done = db().execute(_RETIME, _of(campaign, **bound, **_columns(moved, work))).all()
    for node_id, is_spread in done:
        if is_spread:
            work.spread[node_id].given += 1
    return len(done)


def ask_some_anew(campaign: Campaign, work: Work, most: int) -> tuple[int, int]:
    """Whoever waits there for something else is asked anew, at most so many. How many were looked at, and how many moved."""
    nodes = uuid_array(work.timing)
    ids = db().scalars(_WHO_ASK, _of(campaign, nodes=nodes, most=most)).all()
    bound = {"organization_id": current_organization_id(), "nodes": nodes, "ids": uuid_array(ids)}
    return len(ids), len(db().execute(_ASK_ANEW, {**bound, "now": clock.now()}).all()) if ids else 0


def _is_chosen(one: Alike, work: Work) -> bool:
    if not one.is_moved:
        return False
    return not (one.is_earlier and work.timing[one.node_id].what == KEEP)


def _hours(one: Alike, work: Work) -> int:
    """Over how many hours they are spread: those whose new time has passed."""
    assert work.since is not None  # noqa: S101  known before the first is looked at
    timing = work.timing[one.node_id]
    return timing.hours if timing.what == SPREAD and one.is_earlier and one.at <= work.since else 0


def _columns(moved: Sequence[Alike], work: Work) -> Mapping[str, Any]:
    spread = [
        work.spread.setdefault(one.node_id, Spread(0)) if _hours(one, work) else Spread(1) for one in moved
    ]
    return {
        "nodes": uuid_array({one.node_id for one in moved}),
        "group_nodes": uuid_array(one.node_id for one in moved),
        "entered": moment_array(one.entered_at for one in moved),
        "sent": moment_array(one.last_sent_at for one in moved),
        "dues": moment_array(one.due_at for one in moved),
        "zones": [one.zone for one in moved],
        "ats": moment_array(one.at for one in moved),
        "becauses": [one.because for one in moved],
        "hours": integer_array(_hours(one, work) for one in moved),
        "totals": integer_array(max(1, one.total) for one in spread),
        "given": integer_array(one.given for one in spread),
    }


def _of(campaign: Campaign, **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "campaign_id": campaign.id, **more}
