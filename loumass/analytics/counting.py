"""Quarters of an hour counted anew from the facts, and days summed anew from their quarters.

Nothing is ever added to a figure: what is stale is counted again and takes the place of what was there. So it does not matter
how often something is told, or in the middle of what a process dies; and a rebuild is the same work for every quarter.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text

from loumass.analytics.kinds import ANSWERED, COUNTED, LATER, NOTHING, QUARTER, REACTIONS, SOON, WRITTEN
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

#: What a day's facts are told apart by. `class` are kinds of a kind: of replies, of leaving, of machines.
SLICES = ("all", "step", "sender", "hour", "colleague", "way", "class")

#: The quarter of an hour in which a fact happened.
_QUARTER = "date_bin('15 minutes', fact.happened_at, CAST('2000-01-01 00:00:00+00' AS timestamptz))"
#: Facts of the quarters in question that are of the kinds in question. The bounds are what the index is asked for.
_FACTS = f"""
    FROM event fact CROSS JOIN LATERAL (SELECT {_QUARTER} AS quarter) stale
    WHERE fact.organization_id = :organization_id
      AND fact.happened_at >= CAST(:since AS timestamptz) AND fact.happened_at < CAST(:until AS timestamptz)
      AND stale.quarter = ANY(CAST(:quarters AS timestamptz[]))
"""
_OF_FACT = """coalesce(fact.campaign_id, :nothing) AS campaign_id, coalesce(fact.node_id, :nothing) AS node_id,
        coalesce(fact.channel_id, :nothing) AS channel_id"""
# A reply may be classed again: it counts as what it was taken for last. It is told by its message: who wrote it may be known
# to nobody, or be somebody else by then.
_IS_LAST = """(fact.kind <> 'message.classified' OR NOT EXISTS (
        SELECT FROM event later
        WHERE later.organization_id = :organization_id AND later.message_id = fact.message_id
          AND later.kind = 'message.classified' AND later.happened_at >= fact.happened_at
          AND (later.happened_at, later.id) > (fact.happened_at, fact.id)))"""
_PLAIN = f"""
    SELECT stale.quarter, 'fact' AS slice, fact.kind, {_OF_FACT}, coalesce(fact.user_id, :nothing) AS user_id,
        coalesce(CASE fact.kind WHEN 'message.classified' THEN fact.facts ->> 'class'
            WHEN 'message.fetched' THEN fact.facts ->> 'what' END, '') AS part, 0 AS seconds
    {_FACTS} AND fact.kind = ANY(CAST(:kinds AS text[])) AND fact.kind <> 'enrollment.ended' AND {_IS_LAST}
"""
# Each looks its own row up, however many the planner thinks there are: LIMIT says so.
_LEFT = f"""
    SELECT ended.quarter, 'fact', ended.kind, ended.campaign_id, ended.node_id, ended.channel_id, CAST(:nothing AS uuid),
        coalesce(ended.facts ->> 'reason', ''),
        greatest(coalesce(extract(epoch FROM ended.happened_at - walk.enrolled_at), 0), 0)
    FROM (SELECT stale.quarter, fact.kind, {_OF_FACT}, fact.enrollment_id, fact.happened_at, fact.facts
          {_FACTS} AND fact.kind = 'enrollment.ended') ended
    LEFT JOIN LATERAL (
        SELECT enrolled_at FROM enrollment
        WHERE enrollment.organization_id = :organization_id AND enrollment.id = ended.enrollment_id LIMIT 1
    ) walk ON true
"""
# What is no campaign's was written by somebody; an answer is one to what came since somebody of ours wrote last.
_WRITTEN = f"""
    SELECT sent.quarter, 'fact', said.kind, sent.campaign_id, sent.node_id, sent.channel_id, said.author_id, said.part,
        said.seconds
    FROM (SELECT stale.quarter, {_OF_FACT}, fact.message_id
          {_FACTS} AND fact.kind = 'message.sent' AND fact.campaign_id IS NULL) sent
    CROSS JOIN LATERAL (
        SELECT author_id, conversation_id, occurred_at FROM message
        WHERE message.organization_id = :organization_id AND message.id = sent.message_id AND message.author_id IS NOT NULL
        LIMIT 1
    ) own
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
    SELECT reacted.quarter, 'way', reacted.kind, reacted.campaign_id, CAST(:nothing AS uuid), CAST(:nothing AS uuid),
        CAST(:nothing AS uuid), fork.id || ':' || went.outcome, 0
    FROM (SELECT stale.quarter, fact.kind, fact.campaign_id, fact.enrollment_id, fact.happened_at
          {_FACTS} AND fact.kind = ANY(CAST(:reactions AS text[])) AND fact.enrollment_id IS NOT NULL
            AND fact.campaign_id IS NOT NULL) reacted
    JOIN fork ON fork.campaign_id = reacted.campaign_id
    CROSS JOIN LATERAL (
        SELECT step.outcome FROM step
        WHERE step.organization_id = :organization_id AND step.enrollment_id = reacted.enrollment_id AND step.node_id = fork.id
          AND step.left_at <= reacted.happened_at AND step.outcome IS NOT NULL
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
# The oldest, and what is stale within so long after it: one stretch of time, which one look at an index finds.
_TAKE = text("""
    WITH oldest AS (
        SELECT min(quarter) AS quarter FROM stale_quarter WHERE organization_id = :organization_id AND work = :work
    )
    DELETE FROM stale_quarter USING oldest
    WHERE stale_quarter.organization_id = :organization_id AND stale_quarter.work = :work
      AND stale_quarter.quarter < oldest.quarter + CAST(:stretch AS interval)
    RETURNING stale_quarter.quarter
""")
_IS_STALE = text("""
    SELECT EXISTS (SELECT FROM stale_quarter WHERE organization_id = :organization_id AND work = :work)
""")
_FORGET = text("""
    DELETE FROM quarter_count
    WHERE organization_id = :organization_id AND quarter = ANY(CAST(:quarters AS timestamptz[]))
""")
_COUNT = text(f"""
    WITH written AS (INSERT INTO quarter_count
        (organization_id, quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part, count, seconds)
    WITH {_FORKS}, counted AS ({_PLAIN} UNION ALL {_LEFT} UNION ALL {_WRITTEN} UNION ALL {_WAYS})
    SELECT :organization_id, quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part, count(*),
        sum(floor(seconds))
    FROM counted GROUP BY quarter, slice, kind, campaign_id, node_id, channel_id, user_id, part
    RETURNING 1) SELECT count(*) FROM written
""")
#: The days that quarters between two are part of, and when the first begins and the last ends.
_DAYS = text("""
    SELECT first, last, CAST(first AS timestamp) AT TIME ZONE :zone AS since,
        CAST(last + 1 AS timestamp) AT TIME ZONE :zone AS until
    FROM (SELECT CAST(CAST(:oldest AS timestamptz) AT TIME ZONE :zone AS date) AS first,
        CAST(CAST(:newest AS timestamptz) AT TIME ZONE :zone AS date) AS last) days
""")
_FORGET_DAYS = tuple(
    text(f"DELETE FROM {table} WHERE organization_id = :organization_id AND day BETWEEN :first AND :last")
    for table in ("daily_count", "daily_part")
)
_QUARTERS = """
    quarters AS MATERIALIZED (
        SELECT CAST(counted.quarter AT TIME ZONE :zone AS date) AS day, CAST(:nothing AS uuid) AS everything,
            CAST(extract(hour FROM counted.quarter AT TIME ZONE :zone) AS integer) AS hour, counted.*
        FROM quarter_count counted
        WHERE counted.organization_id = :organization_id
          AND counted.quarter >= CAST(:since AS timestamptz) AND counted.quarter < CAST(:until AS timestamptz)
    )
"""
_SUM_DAYS = text(f"""
    WITH written AS (INSERT INTO daily_count (organization_id, day, kind, campaign_id, count)
    WITH {_QUARTERS}
    SELECT :organization_id, day, kind, campaign_id, sum(count) FROM quarters WHERE slice = 'fact'
    GROUP BY day, kind, campaign_id
    RETURNING 1) SELECT count(*) FROM written
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
    WITH written AS (INSERT INTO daily_part (organization_id, slice, campaign_id, day, part, kind, count, seconds)
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
    RETURNING 1) SELECT count(*) FROM written
""")
_ALL_DAYS = {"first": "-infinity", "last": "infinity", "since": "-infinity", "until": "infinity"}


def take(work: str, stretch: timedelta) -> list[datetime]:
    """The oldest quarter that is stale for `work`, and those within `stretch` after it; they are no longer said to be."""
    bound = {"organization_id": current_organization_id(), "work": work, "stretch": stretch}
    return sorted(set(db().scalars(_TAKE, bound)))


def any_stale(work: str) -> bool:
    """Whether anything is left for `work`."""
    return bool(db().scalar(_IS_STALE, {"organization_id": current_organization_id(), "work": work}))


def count_quarters(quarters: Sequence[datetime]) -> None:
    """Count these quarters, the oldest first, anew from the facts."""
    bound = _bound(quarters=list(quarters), since=quarters[0], until=quarters[-1] + QUARTER)
    db().execute(_FORGET, bound)
    db().execute(_COUNT, {**bound, "kinds": list(COUNTED), "reactions": list(REACTIONS)})


def sum_days_of(quarters: Sequence[datetime], zone: str) -> None:
    """Sum the days anew that these quarters are part of."""
    ends = {"zone": zone, "oldest": quarters[0], "newest": quarters[-1]}
    _sum(zone, dict(db().execute(_DAYS, ends).one()._mapping))


def sum_all_days(zone: str) -> None:
    """Sum every day anew: the organization's midnight is another one now."""
    _sum(zone, _ALL_DAYS)


def _sum(zone: str, days: Mapping[str, Any]) -> None:
    bound = _bound(zone=zone, **days)
    for statement in _FORGET_DAYS:
        db().execute(statement, bound)
    db().execute(_SUM_DAYS, bound)
    db().execute(_SUM_PARTS, bound)


def _bound(**more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "nothing": NOTHING, **more}
