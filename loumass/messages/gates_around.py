"""What the gates look at: joins behind a FROM that calls the message `m`.

Each reader takes what its gates need and no more. `OFFSET 0` keeps the planner from copying an expression to every place
that names it: it would be computed once per place.
"""

from __future__ import annotations

from loumass.channels.models import LAW_FROM, LAW_UNTIL
from loumass.messages.models import PRIORITY_CAMPAIGN

WITHOUT_CLOCK = """
    JOIN channel ch ON ch.organization_id = :organization_id AND ch.id = m.channel_id
    LEFT JOIN contact co ON co.organization_id = :organization_id AND co.id = m.contact_id
    LEFT JOIN stream st ON st.organization_id = :organization_id AND st.id = m.stream_id
"""
#: A channel that skips days off opens within so many days, or is asked again then.
DAYS_AHEAD_PAST_DAYS_OFF = 40
_AROUND = f"""
    {WITHOUT_CLOCK}
    JOIN organization org ON org.id = :organization_id
    LEFT JOIN sending_rule rule ON rule.organization_id = :organization_id
    CROSS JOIN LATERAL (
        SELECT CASE WHEN org.timezone = ANY(CAST(:zones AS text[])) THEN org.timezone ELSE 'UTC' END AS zone
    ) home
    CROSS JOIN LATERAL (
        SELECT CASE WHEN co.timezone = ANY(CAST(:zones AS text[])) THEN co.timezone ELSE home.zone END AS zone OFFSET 0
    ) place
    CROSS JOIN LATERAL (
        SELECT place.zone, home.zone AS home, local, (local)::date AS local_day,
               (CAST(:now AS timestamptz) AT TIME ZONE home.zone)::date AS today,
               extract(isodow FROM local)::integer AS weekday,
               (extract(hour FROM local) * 60 + extract(minute FROM local))::integer AS minute
        FROM (SELECT CAST(:now AS timestamptz) AT TIME ZONE place.zone AS local) clock OFFSET 0
    ) spot
    CROSS JOIN LATERAL (
        SELECT m.priority >= {PRIORITY_CAMPAIGN} AS is_windowed,
               m.medium <> 'email' AND (m.priority >= {PRIORITY_CAMPAIGN}
                   OR coalesce(co.last_inbound_at < CAST(:now AS timestamptz) - interval '24 hours', true)) AS is_quiet
    ) kept
    CROSS JOIN LATERAL (
        SELECT coalesce(rule.quiet_until, {LAW_UNTIL}) AS ends, coalesce(rule.quiet_from, {LAW_FROM}) AS begins
    ) night
    {{off}}
    CROSS JOIN LATERAL (
        SELECT kept.is_windowed, kept.is_quiet,
               {{opens}}(SELECT min(opening) FROM (
                    SELECT ((spot.local_day + n) + make_interval(mins => greatest(
                        CASE WHEN kept.is_windowed THEN ch.window_from ELSE 0 END,
                        CASE WHEN kept.is_quiet THEN night.ends ELSE 0 END))) AT TIME ZONE spot.zone AS opening
                    FROM generate_series(0, {{days}}) AS n
                    WHERE NOT kept.is_windowed
                       OR ch.window_weekdays @> to_jsonb(extract(isodow FROM spot.local_day + n)::integer){{works}}
               ) openings WHERE opening > CAST(:now AS timestamptz)){{at_last}} AS opens_at
    ) hours
"""
AROUND = _AROUND.format(off="", opens="", days=8, works="", at_last="")
#: The same for channels that may skip days off. `off` is a query without a question of its own: it is read once for a
#: statement, and not once for a message. The date is the one on the person's wall.
AROUND_DAYS_OFF = _AROUND.format(
    off="""CROSS JOIN (
        SELECT (SELECT coalesce(array_agg(d.day), '{}') FROM day_off d
                WHERE d.organization_id = :organization_id AND NOT d.is_struck
                  AND d.day >= (CAST(:now AS timestamptz) - interval '2 days')::date) AS days
    ) off""",
    opens="coalesce(",
    days=f"CASE WHEN ch.skips_days_off THEN {DAYS_AHEAD_PAST_DAYS_OFF} ELSE 8 END",
    works=" AND NOT (ch.skips_days_off AND spot.local_day + n = ANY(off.days))",
    at_last=f""", CASE WHEN ch.skips_days_off AND kept.is_windowed
        THEN (spot.local_day + {DAYS_AHEAD_PAST_DAYS_OFF + 1})::timestamp AT TIME ZONE spot.zone END)""",
)
#: What the channel did on the organization's day and may do on it: the least of its cap and its warm-up, which climbs with
#: every earlier day on which something was sent.
ROOM = """
    LEFT JOIN channel_day day
        ON day.organization_id = :organization_id AND day.channel_id = ch.id AND day.day = spot.today
    CROSS JOIN LATERAL (
        SELECT least(ch.daily_cap, ramp.cap) AS cap, ramp.cap AS ramp, ramp.day AS warmup_day
        FROM (
            SELECT least(ch.warmup_ceiling, ch.warmup_start + ch.warmup_step * count(*)) AS cap, count(*) + 1 AS day
            FROM channel_day climbed
            WHERE climbed.organization_id = :organization_id AND climbed.channel_id = ch.id
              AND ch.warmup_start IS NOT NULL AND climbed.day >= ch.warmup_since AND climbed.day < spot.today
              AND climbed.sent > 0
        ) ramp
    ) room
"""
#: What the brand of a number used of its segments on `:day`, a day of the organization.
BRAND = """
    LEFT JOIN LATERAL (
        SELECT br.id, br.name, br.segments_per_day, coalesce(bd.used, 0) AS used
        FROM brand_channel bc
        JOIN brand br ON br.organization_id = :organization_id AND br.id = bc.brand_id
        LEFT JOIN brand_day bd
            ON bd.organization_id = :organization_id AND bd.brand_id = br.id AND bd.day = {day}
        WHERE bc.organization_id = :organization_id AND bc.channel_id = ch.id
    ) brand ON true
"""
#: What the person got on their own day and in their own week, from Monday, over all campaigns, media and people who
#: answered them. What is being sent counts, whenever it was planned.
OFTEN = """
    LEFT JOIN LATERAL (
        SELECT coalesce(sum(got.number) FILTER (WHERE got.at >= begun.today), 0) AS today,
               coalesce(sum(got.number), 0) AS week,
               (spot.local_day + 1)::timestamp AT TIME ZONE spot.zone AS tomorrow_at,
               (spot.local_day + 8 - spot.weekday)::timestamp AT TIME ZONE spot.zone AS next_week_at
        FROM (
            SELECT (spot.local_day)::timestamp AT TIME ZONE spot.zone AS today,
                   (spot.local_day + 1 - spot.weekday)::timestamp AT TIME ZONE spot.zone AS week
        ) begun
        LEFT JOIN LATERAL (
            SELECT f.occurred_at AS at, 1 AS number FROM message f
            WHERE f.organization_id = :organization_id AND f.contact_id = m.contact_id AND f.occurred_at >= begun.week
              AND f.direction = 'out' AND f.state IN ('sent', 'in_doubt')
            UNION ALL
            SELECT CAST(:now AS timestamptz), 1 FROM message f
            WHERE f.organization_id = :organization_id AND f.contact_id = m.contact_id
              AND f.direction = 'out' AND f.state = 'sending'
        ) got ON true
    ) often ON rule.contact_per_day IS NOT NULL OR rule.contact_per_week IS NOT NULL
"""
#: For gates of channels, and for all there are.
OF_CHANNELS = AROUND + ROOM + BRAND.format(day="spot.today")
OF_ALL = AROUND_DAYS_OFF + ROOM + BRAND.format(day="spot.today") + OFTEN
