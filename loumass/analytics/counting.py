"""Quarters of an hour counted anew from the facts, and days summed anew from their quarters.

Nothing is ever added to a figure: what is stale is counted again and takes the place of what was there. So it does not matter
how often something is told, or in the middle of what a process dies; and a rebuild is the same work for every quarter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import text

from loumass.analytics.kinds import ANSWERED, COUNTED, LATER, NOTHING, REACTIONS, SOON, WRITTEN
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: What a day's facts are told apart by. `class` are kinds of a kind: of replies, of leaving, of machines.
SLICES = ("all", "step", "sender", "hour", "colleague", "way", "class")

#: Facts of the quarters in question that are of the kinds in question.
_FACTS = """
    FROM unnest(CAST(:quarters AS timestamptz[])) AS stale(quarter)
    CROSS JOIN LATERAL (
        SELECT * FROM event
        WHERE event.organization_id = :organization_id AND event.happened_at >= stale.quarter
          AND event.happened_at < stale.quarter + interval '15 minutes' AND {which}
    ) fact
"""
_OF_FACT = """coalesce(fact.campaign_id, :nothing) AS campaign_id, coalesce(fact.node_id, :nothing) AS node_id,
        coalesce(fact.channel_id, :nothing) AS channel_id"""
# A reply may be classed again: it counts as what it was taken for last.
_IS_LAST = """(fact.kind <> 'message.classified' OR NOT EXISTS (
        SELECT FROM event later
        WHERE later.organization_id = :organization_id AND later.contact_id = fact.contact_id
          AND later.happened_at >= fact.happened_at AND later.kind = 'message.classified'
          AND later.message_id = fact.message_id AND (later.happened_at, later.id) > (fact.happened_at, fact.id)))"""
_PLAIN = f"""
    SELECT stale.quarter, 'fact' AS slice, fact.kind, {_OF_FACT}, coalesce(fact.user_id, :nothing) AS user_id,
        coalesce(CASE fact.kind WHEN 'message.classified' THEN fact.facts ->> 'class'
            WHEN 'message.fetched' THEN fact.facts ->> 'what' END, '') AS part, 0 AS seconds
    {_FACTS.format(which="event.kind = ANY(CAST(:kinds AS text[]))")}
    WHERE fact.kind <> 'enrollment.ended' AND {_IS_LAST}
"""
_LEFT = f"""
    SELECT stale.quarter, 'fact', fact.kind, {_OF_FACT}, CAST(:nothing AS uuid), coalesce(fact.facts ->> 'reason', ''),
        greatest(coalesce(extract(epoch FROM fact.happened_at - walk.enrolled_at), 0), 0)
    {_FACTS.format(which="event.kind = 'enrollment.ended'")}
    LEFT JOIN enrollment walk ON walk.organization_id = :organization_id AND walk.id = fact.enrollment_id
"""
# What is no campaign's was written by somebody; an answer is one to what came since somebody of ours wrote last.
_WRITTEN = f"""
    SELECT stale.quarter, 'fact', said.kind, {_OF_FACT}, said.author_id, said.part, said.seconds
    {_FACTS.format(which="event.kind = 'message.sent' AND event.campaign_id IS NULL")}
    JOIN message own ON own.organization_id = :organization_id AND own.id = fact.message_id AND own.author_id IS NOT NULL
    LEFT JOIN LATERAL (
        SELECT min(question.occurred_at) AS at FROM message question
        WHERE question.organization_id = :organization_id AND question.conversation_id = own.conversation_id
          AND question.direction = 'in' AND NOT question.is_automatic AND question.occurred_at <= own.occurred_at
          AND question.occurred_at > coalesce((
            SELECT max(before.occurred_at) FROM message before
            WHERE before.organization_id = :organization_id AND before.conversation_id = own.conversation_id
              AND before.direction = 'out' AND before.author_id IS NOT NULL AND before.state = 'sent'
              AND before.occurred_at < own.occurred_at), '-infinity')
    ) asked ON true
    CROSS JOIN LATERAL (SELECT extract(epoch FROM own.occurred_at - asked.at) AS seconds) took
    CROSS JOIN LATERAL (
        SELECT '{WRITTEN}' AS kind, own.author_id, '' AS part, 0 AS seconds
        UNION ALL
        SELECT '{ANSWERED}', own.author_id,
            CASE {" ".join(f"WHEN took.seconds <= {hours * 3600} THEN '{name}'" for name, hours in SOON)} ELSE '{LATER}' END,
            took.seconds
        WHERE asked.at IS NOT NULL
    ) said
"""
# The way that they had gone when it happened: in a loop, the last time they came by.
_WAYS = f"""
    SELECT stale.quarter, 'way', fact.kind, fact.campaign_id, CAST(:nothing AS uuid), CAST(:nothing AS uuid),
        CAST(:nothing AS uuid), fork.id || ':' || went.outcome, 0
    {
    _FACTS.format(
        which="event.kind = ANY(CAST(:reactions AS text[])) AND event.enrollment_id IS NOT NULL AND event.campaign_id IS NOT NULL"
    )
}
    JOIN fork ON fork.campaign_id = fact.campaign_id
    CROSS JOIN LATERAL (
        SELECT step.outcome FROM step
        WHERE step.organization_id = :organization_id AND step.enrollment_id = fact.enrollment_id AND step.node_id = fork.id
          AND step.left_at <= fact.happened_at AND step.outcome IS NOT NULL
        ORDER BY step.visit DESC LIMIT 1
    ) went
"""
# Splits that a change took out are looked for as well: people went their ways.
_FORKS = """
    fork AS MATERIALIZED (
        SELECT campaign.id AS campaign_id, node.id FROM node
        JOIN campaign ON campaign.organization_id = :organization_id AND campaign.graph_id = node.graph_id
        WHERE node.organization_id = :organization_id AND node.kind = 'split'
        UNION
        SELECT change.campaign_id, node.id FROM node
        JOIN campaign_change change ON change.organization_id = :organization_id AND change.removed_graph_id = node.graph_id
        WHERE node.organization_id = :organization_id AND node.kind = 'split'
    )
"""
_TAKE = text("""
    DELETE FROM stale_quarter
    WHERE organization_id = :organization_id AND work = :work AND quarter IN (
        SELECT DISTINCT quarter FROM stale_quarter
        WHERE organization_id = :organization_id AND work = :work ORDER BY quarter LIMIT :most)
    RETURNING quarter
""")
_FORGET = text("""
    DELETE FROM quarter_count
    WHERE organization_id = :organization_id AND quarter = ANY(CAST(:quarters AS timestamptz[]))
""")
_COUNT = text(f"""
    INSERT INTO quarter_count
        (organization_id, quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part, count, seconds)
    WITH {_FORKS}, counted AS ({_PLAIN} UNION ALL {_LEFT} UNION ALL {_WRITTEN} UNION ALL {_WAYS})
    SELECT :organization_id, quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part, count(*),
        sum(floor(seconds))
    FROM counted GROUP BY quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part
    RETURNING 1
""")
_DAYS = text("""
    SELECT DISTINCT CAST(quarter AT TIME ZONE :zone AS date) FROM unnest(CAST(:quarters AS timestamptz[])) AS stale(quarter)
""")
_FORGET_DAYS = tuple(
    text(f"DELETE FROM {table} WHERE organization_id = :organization_id AND (:is_all OR day = ANY(:days))")
    for table in ("daily_count", "daily_part")
)
#: The quarters of the days in question; a day begins at its own midnight.
_QUARTERS = """
    quarters AS MATERIALIZED (
        SELECT CAST(counted.quarter AT TIME ZONE :zone AS date) AS day, CAST(:nothing AS uuid) AS everything,
            CAST(extract(hour FROM counted.quarter AT TIME ZONE :zone) AS integer) AS hour, counted.*
        FROM quarter_count counted
        WHERE counted.organization_id = :organization_id AND (:is_all OR EXISTS (
            SELECT FROM unnest(CAST(:days AS date[])) AS wanted(day)
            WHERE counted.quarter >= CAST(wanted.day AS timestamp) AT TIME ZONE :zone
              AND counted.quarter < CAST(wanted.day + 1 AS timestamp) AT TIME ZONE :zone))
          AND counted.quarter BETWEEN CAST(:since AS timestamptz) AND CAST(:until AS timestamptz)
    )
"""
_SUM_DAYS = text(f"""
    INSERT INTO daily_count (organization_id, day, kind, campaign_id, count)
    WITH {_QUARTERS}
    SELECT :organization_id, day, kind, campaign_id, sum(count) FROM quarters WHERE slice = 'fact'
    GROUP BY day, kind, campaign_id
    RETURNING 1
""")


def _parts(name: str, part: str, where: str = "true", *, campaigns: bool = True, whole: bool = True) -> str:
    """SELECTs of one slice: of each campaign, and of everything together."""
    found = []
    for is_wanted, campaign, its in (
        (campaigns, "campaign_id", " AND campaign_id <> :nothing"),
        (whole, "everything", ""),
    ):
        if is_wanted:
            found.append(
                f"SELECT '{name}' AS slice, {campaign} AS campaign_id, day, {part} AS part, kind, count, seconds "
                f"FROM quarters WHERE slice = 'fact' AND {where}{its}"
            )
    return " UNION ALL ".join(found)


_SUM_PARTS = text(f"""
    INSERT INTO daily_part (organization_id, slice, campaign_id, day, part, kind, count, seconds)
    WITH {_QUARTERS}, told AS (
        {_parts("all", "''")}
        UNION ALL {_parts("step", "CAST(node_id AS text)", "node_id <> :nothing", whole=False)}
        UNION ALL {_parts("sender", "CAST(channel_id AS text)", "channel_id <> :nothing")}
        UNION ALL {_parts("hour", "CAST(hour AS text)")}
        UNION ALL {_parts("colleague", "CAST(user_id AS text)", "user_id <> :nothing", campaigns=False)}
        UNION ALL {_parts("class", "part", "part <> ''")}
        UNION ALL SELECT 'way', campaign_id, day, part, kind, count, seconds FROM quarters WHERE slice = 'way'
    )
    SELECT :organization_id, slice, campaign_id, day, part, kind, sum(count), sum(seconds) FROM told
    GROUP BY slice, campaign_id, day, part, kind
    RETURNING 1
""")
#: No day is longer, wherever it is.
_MARGIN = timedelta(days=2)


def take(work: str, most: int) -> list[datetime]:
    """The oldest quarters, at most so many, that are stale for `work`; they are no longer said to be."""
    bound = {"organization_id": current_organization_id(), "work": work, "most": most}
    return sorted(set(db().scalars(_TAKE, bound)))


def count_quarters(quarters: Sequence[datetime]) -> None:
    """Count these quarters anew from the facts."""
    bound = _bound(quarters=list(quarters))
    db().execute(_FORGET, bound)
    db().execute(_COUNT, {**bound, "kinds": list(COUNTED), "reactions": list(REACTIONS)})


def sum_days_of(quarters: Sequence[datetime], zone: str) -> None:
    """Sum the days anew that these quarters are part of."""
    days = list(db().scalars(_DAYS, {"quarters": list(quarters), "zone": zone}))
    # A day with its neighbours: what is looked through stays small however far the days lie apart.
    _sum(zone, days=days, is_all=False, since=min(quarters), until=max(quarters))


def sum_all_days(zone: str) -> None:
    """Sum every day anew: the organization's midnight is another one now."""
    _sum(zone, days=[], is_all=True, since=None, until=None)


def _sum(
    zone: str, *, days: list[date], is_all: bool, since: datetime | None, until: datetime | None
) -> None:
    bound = _bound(
        zone=zone,
        days=days,
        is_all=is_all,
        since=since - _MARGIN if since else "-infinity",
        until=until + _MARGIN if until else "infinity",
    )
    for statement in _FORGET_DAYS:
        db().execute(statement, bound)
    db().execute(_SUM_DAYS, bound)
    db().execute(_SUM_PARTS, bound)


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "nothing": NOTHING, **more}
