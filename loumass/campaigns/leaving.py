"""News that takes people out of a campaign where its settings say so: a status reached, a colleague who replied.

Campaigns with such a setting are few: nobody is told where there is none.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.campaigns.ending import end
from loumass.campaigns.waking import announce, wake_engine
from loumass.contacts.verifying.lists import lists_now
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears, only_where

STATUS, COLLEAGUE = "status", "colleague"
_LIVE = "state IN ('running', 'paused')"
_STATUSES = text(f"""
    SELECT DISTINCT unnest(exit_statuses) FROM campaign
    WHERE organization_id = :organization_id AND {_LIVE} AND exit_statuses <> '{{}}'
""")
_COLLEAGUES = text(f"""
    SELECT CAST(id AS text) FROM campaign
    WHERE organization_id = :organization_id AND {_LIVE} AND colleagues <> 'stay' LIMIT 1
""")
_HAVE_STATUS = text("""
    SELECT e.id FROM enrollment e
    JOIN campaign c ON c.organization_id = :organization_id AND c.id = e.campaign_id
    WHERE e.organization_id = :organization_id AND e.id = ANY(CAST(:ids AS uuid[])) AND e.state <> 'ended'
      AND e.status = ANY(c.exit_statuses)
""")
# Whoever writes from a public mail provider has no colleagues there.
_AT_THE_SAME_DOMAIN = text("""
    WITH said AS MATERIALIZED (
        SELECT DISTINCT k.id AS campaign_id, k.colleagues, who.id AS contact_id, split_part(who.email_key, '@', 2) AS domain
        FROM unnest(CAST(:campaigns AS uuid[]), CAST(:contacts AS uuid[])) AS one(campaign_id, contact_id)
        JOIN campaign k ON k.organization_id = :organization_id AND k.id = one.campaign_id AND k.colleagues <> 'stay'
        JOIN contact who ON who.organization_id = :organization_id AND who.id = one.contact_id
        WHERE who.email_key IS NOT NULL AND split_part(who.email_key, '@', 2) <> ALL(CAST(:public AS text[]))
    )
    SELECT DISTINCT ON (e.id) e.id, said.colleagues, said.domain FROM said
    JOIN enrollment e ON e.organization_id = :organization_id AND e.campaign_id = said.campaign_id AND e.state <> 'ended'
        AND e.contact_id <> said.contact_id
    JOIN contact c ON c.organization_id = :organization_id AND c.id = e.contact_id
        AND split_part(c.email_key, '@', 2) = said.domain
    ORDER BY e.id, said.domain
""")
_HOLD = text("""
    WITH chosen AS MATERIALIZED (
        SELECT e.id, one.domain FROM unnest(CAST(:ids AS uuid[]), CAST(:domains AS text[])) AS one(id, domain)
        JOIN enrollment e ON e.organization_id = :organization_id AND e.id = one.id AND e.state IN ('active', 'waiting')
        ORDER BY e.id FOR UPDATE OF e
    )
    UPDATE enrollment SET state = 'held', reason = 'colleague_replied', due_at = NULL, waiting_for = jsonb_build_object(
        'for', 'colleague', 'because', 'Somebody else at ' || chosen.domain || ' replied. You decide')
    FROM chosen WHERE enrollment.organization_id = :organization_id AND enrollment.id = chosen.id
    RETURNING enrollment.id, enrollment.campaign_id
""")


def _statuses_that_end() -> Collection[str]:
    return db().scalars(_STATUSES, _bound()).all()


def _whether_colleagues_matter() -> Collection[str]:
    return db().scalars(_COLLEAGUES, _bound()).all()


@only_where(_statuses_that_end)
@hears("enrollment_id")
def on_status_changed(events: Sequence[Event]) -> None:
    """enrollment.status_changed: whose status by now is one that ends their campaign leaves it."""
    ids = uuid_array({event.enrollment_id for event in events if event.enrollment_id})
    _leave(db().scalars(_HAVE_STATUS, _bound(ids=ids)).all(), STATUS)


@only_where(_whether_colleagues_matter)
@hears("campaign_id", "contact_id")
def on_colleague_replied(events: Sequence[Event]) -> None:
    """message.replied: the others of that company in that campaign leave, or wait for a person."""
    told = [event for event in events if event.campaign_id and event.contact_id]
    bound = _bound(
        campaigns=uuid_array(event.campaign_id for event in told),
        contacts=uuid_array(event.contact_id for event in told),
        public=sorted(lists_now()["free"]),
    )
    rows = db().execute(_AT_THE_SAME_DOMAIN, bound).all() if told else []
    _leave([row.id for row in rows if row.colleagues == "leave"], COLLEAGUE)
    _hold([row for row in rows if row.colleagues == "hold"])


def _leave(ids: Sequence[UUID], reason: str) -> None:
    rows = end(dict.fromkeys(ids, reason))
    wake_engine(row.campaign_id for row in rows)
    announce(row.campaign_id for row in rows)


def _hold(found: Sequence[Row[Any]]) -> None:
    if found:
        bound = _bound(ids=uuid_array(row.id for row in found), domains=[row.domain for row in found])
        announce(row.campaign_id for row in db().execute(_HOLD, bound))


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), **more}
