"""Whoever a trigger names comes into its campaign: one statement for a batch of news, however many people and campaigns.

Judged as in `enrolling.py`, and besides by how often a person may come, and by whether they come round in a circle. What
happens once lets nobody in twice: `trigger_occasion` holds, and `uq_enrollment_live` that nobody is inside twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.triggers.base import TriggerKind
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.funnels.kinds import KINDS

#: A walk that began as the result of a walk that began as the result of...: more than so many is taken for a circle.
LONGEST_CHAIN = 8
#: So often one person comes into one campaign within an hour.
MOST_AN_HOUR = 3
HOUR = timedelta(hours=1)

_TOLD = """
    told AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:events AS uuid[]), CAST(:contacts AS uuid[]), CAST(:campaigns AS uuid[]),
                CAST(:enrollments AS uuid[]), CAST(:messages AS uuid[]), CAST(:nodes AS uuid[]), CAST(:subjects AS text[]),
                CAST(:occasions AS text[]))
            AS one(event_id, contact_id, from_campaign_id, from_enrollment_id, message_id, node_id, subject, occasion)
    )
"""
#: For kinds that find their people themselves: the subject is the trigger.
THESE = """
    SELECT CAST(told.subject AS uuid) AS trigger_id, told.contact_id, told.occasion, told.message_id, told.from_enrollment_id
    FROM told
"""
_JUDGED = """
    -- Whoever was merged meanwhile comes in as who they are now.
    meant AS MATERIALIZED (
        SELECT found.trigger_id, found.occasion, found.message_id, t.campaign_id, t.repeats, t.pause_days,
            coalesce(c.merged_into_id, c.id) AS contact_id, coalesce(origin.chain + 1, 0) AS chain
        FROM found
        JOIN trigger t ON t.organization_id = :organization_id AND t.id = found.trigger_id AND t.is_on
        JOIN contact c ON c.organization_id = :organization_id AND c.id = found.contact_id
        LEFT JOIN enrollment origin ON origin.organization_id = :organization_id AND origin.id = found.from_enrollment_id
    ), open AS MATERIALIZED (
        SELECT id, graph_id FROM campaign
        WHERE organization_id = :organization_id AND state = 'running' AND id IN (SELECT campaign_id FROM meant)
        ORDER BY id FOR SHARE
    ), writing AS MATERIALIZED (
        SELECT open.id AS campaign_id, array_agg(DISTINCT sends.medium) AS media FROM open
        JOIN node n ON n.organization_id = :organization_id AND n.graph_id = open.graph_id
        JOIN unnest(CAST(:kinds AS text[]), CAST(:kind_media AS text[])) AS sends(kind, medium) ON sends.kind = n.kind
        GROUP BY open.id
    ), judged AS MATERIALIZED (
        SELECT meant.*, CASE
            WHEN contact.archived_at IS NOT NULL THEN 'archived'
            WHEN before.is_inside THEN 'already_inside'
            WHEN EXISTS (SELECT 1 FROM trigger_occasion o WHERE o.organization_id = :organization_id
                AND o.trigger_id = meant.trigger_id AND o.occasion = meant.occasion) THEN 'again'
            WHEN meant.repeats = 'once' AND before.last_at IS NOT NULL THEN 'again'
            WHEN before.last_at > CAST(:now AS timestamptz) - make_interval(days => meant.pause_days) THEN 'too_soon'
            WHEN writing.media IS NOT NULL AND NOT EXISTS (
                SELECT 1 FROM (
                    VALUES ('email', contact.email_hash), ('sms', contact.phone_hash), ('voicemail', contact.phone_hash)
                ) AS way(medium, hash)
                WHERE way.medium = ANY(writing.media) AND way.hash IS NOT NULL AND NOT EXISTS (
                    SELECT 1 FROM suppression su WHERE su.organization_id = :organization_id
                      AND su.medium = way.medium AND su.address_hash = way.hash AND su.until_at IS NULL))
                THEN 'unreachable'
            WHEN meant.chain > :longest_chain OR before.lately >= :most_an_hour THEN 'circle'
            ELSE 'added' END AS verdict
        FROM meant
        JOIN open ON open.id = meant.campaign_id
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = meant.contact_id
        LEFT JOIN writing ON writing.campaign_id = meant.campaign_id
        CROSS JOIN LATERAL (
            SELECT max(e.enrolled_at) AS last_at, coalesce(bool_or(e.state <> 'ended'), false) AS is_inside,
                count(*) FILTER (WHERE e.enrolled_at > :hour_ago) AS lately
            FROM enrollment e
            WHERE e.organization_id = :organization_id AND e.contact_id = meant.contact_id
              AND e.campaign_id = meant.campaign_id) before
    )
"""
_ENTER = """
    picked AS MATERIALIZED (
        SELECT DISTINCT ON (campaign_id, contact_id) * FROM judged WHERE verdict = 'added'
        ORDER BY campaign_id, contact_id, trigger_id, occasion
    ), marked AS (
        INSERT INTO trigger_occasion (organization_id, trigger_id, occasion)
        SELECT CAST(:organization_id AS uuid), trigger_id, occasion FROM picked ORDER BY trigger_id, occasion
        ON CONFLICT (organization_id, trigger_id, occasion) DO NOTHING
        RETURNING trigger_id, occasion
    ), entered AS (
        INSERT INTO enrollment (organization_id, campaign_id, contact_id, due_at, enrolled_at, trigger_id, occasion,
            triggering_message_id, chain)
        SELECT CAST(:organization_id AS uuid), picked.campaign_id, picked.contact_id, CAST(:now AS timestamptz),
            CAST(:now AS timestamptz), picked.trigger_id, picked.occasion, picked.message_id, picked.chain
        FROM picked JOIN marked ON marked.trigger_id = picked.trigger_id AND marked.occasion = picked.occasion
        ORDER BY picked.campaign_id, picked.contact_id
        ON CONFLICT (organization_id, campaign_id, contact_id) WHERE state <> 'ended' DO NOTHING
        RETURNING id, campaign_id
    ), circles AS (
        SELECT trigger_id, count(DISTINCT contact_id) AS people FROM judged WHERE verdict = 'circle' GROUP BY trigger_id
    ), complained AS (
        UPDATE trigger SET problem_at = :now, problem = CASE WHEN circles.people = 1 THEN '1 person' ELSE circles.people
            || ' people' END || :circle
        FROM circles WHERE trigger.organization_id = :organization_id AND trigger.id = circles.trigger_id
        RETURNING trigger.id
    )
    SELECT campaign_id, count(*) AS people FROM entered GROUP BY campaign_id
"""
CIRCLE = " came round in a circle of campaigns and triggers, so they were not let in again. Look where they come from."


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody whom a kind has found by itself. `occasion` names what happens once."""

    trigger_id: UUID
    contact_id: UUID
    occasion: str
    message_id: UUID | None = None


def enter_by(kind: TriggerKind[Any], events: Sequence[Event]) -> int:
    """Let in whom the news names, by every trigger of the kind; returns how many came in."""
    told = [(event, subject) for event in events if event.contact_id for subject in kind.subjects(event)]
    return _enter(
        kind.found,
        kind=kind.name,
        events=uuid_array(event.id for event, _ in told),
        contacts=uuid_array(event.contact_id for event, _ in told),
        campaigns=uuid_array(event.campaign_id for event, _ in told),
        enrollments=uuid_array(event.enrollment_id for event, _ in told),
        messages=uuid_array(event.message_id for event, _ in told),
        nodes=uuid_array(event.node_id for event, _ in told),
        subjects=[subject for _, subject in told],
        occasions=[],
    ) if told else 0  # fmt: skip


def enter_these(named: Sequence[Named]) -> int:
    """Let in those who were found already; returns how many came in."""
    return _enter(
        THESE,
        events=[],
        contacts=uuid_array(one.contact_id for one in named),
        campaigns=[],
        enrollments=[],
        messages=uuid_array(one.message_id for one in named),
        nodes=[],
        subjects=[str(one.trigger_id) for one in named],
        occasions=[one.occasion for one in named],
    ) if named else 0  # fmt: skip


def _enter(found: str, **bound: Any) -> int:
    now = clock.now()
    sends = [(kind.name, kind.medium) for kind in KINDS.values() if kind.medium]
    rows = (
        db()
        .execute(
            text(f"WITH {_TOLD}, found AS MATERIALIZED ({found}), {_JUDGED}, {_ENTER}"),
            {
                "organization_id": current_organization_id(),
                "now": now,
                "hour_ago": now - HOUR,
                "longest_chain": LONGEST_CHAIN,
                "most_an_hour": MOST_AN_HOUR,
                "circle": CIRCLE,
                "kinds": [kind for kind, _ in sends],
                "kind_media": [medium for _, medium in sends],
                **bound,
            },
        )
        .all()
    )
    wake_engine(row.campaign_id for row in rows)
    announce(row.campaign_id for row in rows)
    return sum(row.people for row in rows)
