"""People whom a step hands over to another campaign: let in by one statement for each target; nobody is lost silently."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns import states
from loumass.campaigns.enrolling import JUDGED, bound_of
from loumass.campaigns.models import Campaign
from loumass.campaigns.triggers.entering import HOUR, LONGEST_CHAIN, MOST_AN_HOUR
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import get
from loumass.events.models import Event
from loumass.events.service import hears, publish_all

NOT_FORWARDED = "enrollment.not_forwarded"
# Who was handed over by the same step already, and who comes round in a circle, is left where they are.
_ENTER = f"""
    WITH told AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:events AS uuid[]), CAST(:contacts AS uuid[]), CAST(:enrollments AS uuid[]))
            AS one(event_id, contact_id, from_enrollment_id)
    ), chosen AS MATERIALIZED (
        SELECT DISTINCT ON (id) told.from_enrollment_id, coalesce(c.merged_into_id, told.contact_id) AS id,
            CAST(told.event_id AS text) AS occasion, coalesce(origin.chain + 1, 0) AS chain
        FROM told
        LEFT JOIN contact c ON c.organization_id = :organization_id AND c.id = told.contact_id
        LEFT JOIN enrollment origin ON origin.organization_id = :organization_id AND origin.id = told.from_enrollment_id
        ORDER BY id, told.from_enrollment_id
    ), {JUDGED}, fate AS MATERIALIZED (
        SELECT chosen.*, CASE WHEN before.is_known THEN 'again'
            WHEN judged.verdict = 'added' AND (chosen.chain > :longest_chain OR before.lately >= :most_an_hour) THEN 'circle'
            ELSE judged.verdict END AS verdict
        FROM chosen JOIN judged ON judged.id = chosen.id
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE e.enrolled_at > :hour_ago) AS lately,
                coalesce(bool_or(e.occasion = chosen.occasion), false) AS is_known
            FROM enrollment e WHERE e.organization_id = :organization_id AND e.contact_id = chosen.id
              AND e.campaign_id = :campaign_id) before
    ), entered AS (
        INSERT INTO enrollment (organization_id, campaign_id, contact_id, due_at, enrolled_at, occasion, chain)
        SELECT :organization_id, :campaign_id, id, :now, :now, occasion, chain FROM fate
        WHERE verdict = 'added' ORDER BY id
        ON CONFLICT (organization_id, campaign_id, contact_id) WHERE state <> 'ended' DO NOTHING
        RETURNING contact_id
    )
    SELECT fate.from_enrollment_id, fate.id AS contact_id,
        CASE WHEN fate.verdict = 'added' AND entered.contact_id IS NULL THEN 'already_inside' ELSE fate.verdict END AS verdict
    FROM fate LEFT JOIN entered ON entered.contact_id = fate.id
"""


@hears("id", "contact_id", "campaign_id", "enrollment_id", "node_id", "facts")
def on_forwarded(events: Sequence[Event]) -> None:
    """enrollment.forwarded: they begin in the campaign that the step names (`facts.to`). Who cannot is told of, with the
    reason: `enrollment.not_forwarded`."""
    groups: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        groups[str(event.facts.get("to", ""))].append(event)
    # In one order, so that two listeners that share targets never wait for each other in a circle.
    for target in sorted(groups):
        _forward(target, groups[target])


def _forward(target: str, events: Sequence[Event]) -> None:
    campaign = _open(target)
    if campaign is None or campaign.state == "cancelled":
        reason = "gone" if campaign is None else "cancelled"
        _tell(target, dict.fromkeys([event.enrollment_id for event in events], reason), events)
        return
    rows = db().execute(
        text(_ENTER),
        {
            **bound_of(campaign),
            "now": clock.now(),
            "hour_ago": clock.now() - HOUR,
            "longest_chain": LONGEST_CHAIN,
            "most_an_hour": MOST_AN_HOUR,
            "events": uuid_array(event.id for event in events),
            "contacts": uuid_array(event.contact_id for event in events),
            "enrollments": uuid_array(event.enrollment_id for event in events),
        },
    ).all()  # fmt: skip
    fates = {row.from_enrollment_id: row.verdict for row in rows}
    if "added" in fates.values():
        if campaign.state == "finished":
            states.reopen(campaign)
        if campaign.state == "running":
            wake_engine([campaign.id])
        announce([campaign.id])
    left = {one: verdict for one, verdict in fates.items() if verdict not in ("added", "again")}
    twice = {event.enrollment_id: "already_inside" for event in events if event.enrollment_id not in fates}
    _tell(target, left | twice, events)


def _open(target: str) -> Campaign | None:
    try:
        found = get(Campaign, UUID(target))
    except ValueError:
        return None
    return states.locked(found.id) if found is not None else None


def _tell(target: str, reasons: Mapping[UUID | None, str], events: Sequence[Event]) -> None:
    told: list[dict[str, Any]] = [
        {
            "enrollment_id": event.enrollment_id,
            "contact_id": event.contact_id,
            "campaign_id": event.campaign_id,
            "node_id": event.node_id,
            "facts": {
                "to": target,
                "reason": reasons[event.enrollment_id],
                "because": BECAUSE[reasons[event.enrollment_id]],
            },
        }
        for event in events
        if event.enrollment_id in reasons
    ]
    publish_all(NOT_FORWARDED, told)


#: Why somebody was not handed over, as the end of a sentence.
BECAUSE = {
    "gone": "that campaign is gone",
    "cancelled": "that campaign was cancelled",
    "already_inside": "they are inside already",
    "archived": "they were deleted",
    "unreachable": "they cannot be reached on anything it writes on",
    "circle": "they came round in a circle",
}
