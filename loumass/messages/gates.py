"""Why a message may not go now. One table: the claim asks it in SQL, pages say it in words.

Every condition is SQL over the aliases of `AROUND`: `m` (the message), `ch` (its channel), `co`
(contact), `st` (stream), `day` (what the channel did today), `spot` (the contact's place and time)
and `hours` (when it may be written to). True refuses. A gate without `until` opens only when
somebody changes something; a gate that `ends` cancels the message for good.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import available_timezones

from sqlalchemy import text

from loumass.core.database import db
from loumass.messages.gates_rare import RARE_GATES
from loumass.messages.models import PRIORITY_CAMPAIGN

#: Texts reach people between these minutes of their own day (47 CFR 64.1200(c)(1)).
QUIET_UNTIL, QUIET_FROM = 8 * 60, 21 * 60


@dataclass(frozen=True, slots=True)
class Gate:
    """`is_channels`: it holds the whole channel, so rows behind it are not even looked at. `is_by_clock`: it asks for
    the hour where the person lives, which costs more than all others together."""

    name: str
    refuses: str
    sentence: str
    until: str = "NULL"
    ends: bool = False
    is_channels: bool = False
    is_by_clock: bool = False


# A removed channel holds nothing back: its messages are looked at, and end.
_KEPT = "ch.archived_at IS NULL"
GATES: tuple[Gate, ...] = (
    Gate(
        "suppressed",
        "EXISTS (SELECT 1 FROM suppression su WHERE su.organization_id = :organization_id "
        "AND su.medium = m.medium AND su.address_hash = m.to_hash AND su.until_at IS NULL)",
        "The address is on the suppression list.",
        ends=True,
    ),
    Gate(
        "contact_archived",
        "co.archived_at IS NOT NULL OR co.erased_at IS NOT NULL",
        "The person was deleted.",
        ends=True,
    ),
    Gate(
        "no_consent",
        "m.contact_id IS NOT NULL AND NOT coalesce((SELECT cn.is_granted FROM consent cn "
        "WHERE cn.organization_id = :organization_id AND cn.contact_id = m.contact_id AND cn.medium = m.medium "
        "AND cn.technique NOT IN ('pause', 'topic') ORDER BY cn.recorded_at DESC, cn.id DESC LIMIT 1), m.medium <> 'voicemail')",
        "The person has not agreed to be written to this way.",
        ends=True,
    ),
    Gate("campaign_closed", "st.closed_at IS NOT NULL", "The campaign has ended.", ends=True),
    Gate("channel_removed", "ch.archived_at IS NOT NULL", "Its sender was removed.", ends=True),
    *(Gate(*one) for one in RARE_GATES),
    Gate("campaign_paused", "st.paused_at IS NOT NULL", "The campaign is paused."),
    Gate("channel_paused", f"{_KEPT} AND ch.state = 'paused'", "{channel} is paused.", is_channels=True),
    Gate(
        "channel_disconnected",
        f"{_KEPT} AND ch.state = 'disconnected'",
        "{channel} is disconnected: {state_reason}",
        is_channels=True,
    ),
    Gate(
        "channel_resting",
        f"{_KEPT} AND ch.resting_until > :now",
        "{channel} rests: {resting_because}",
        until="ch.resting_until",
        is_channels=True,
    ),
    Gate(
        "daily_cap",
        f"{_KEPT} AND m.priority >= {PRIORITY_CAMPAIGN} AND coalesce(day.used, 0) >= ch.daily_cap",
        "{channel} has used its {daily_cap} messages of today.",
        until="((spot.today + 1)::timestamp AT TIME ZONE spot.home)",
        is_channels=True,
    ),
    Gate(
        "quiet_hours",
        f"hours.is_quiet AND (spot.minute < {QUIET_UNTIL} OR spot.minute >= {QUIET_FROM})",
        "It is night where the person lives. Texts go out from 8:00 to 21:00 of their time.",
        until="hours.opens_at",
        is_by_clock=True,
    ),
    Gate(
        "window",
        "hours.is_windowed AND NOT (ch.window_weekdays @> to_jsonb(spot.weekday) "
        "AND spot.minute >= ch.window_from AND spot.minute < ch.window_until)",
        "Outside of the sending window of {channel}, {window} in the person's time.",
        until="hours.opens_at",
        is_by_clock=True,
    ),
)
BY_NAME = {gate.name: gate for gate in GATES}
MESSAGE_GATES = tuple(gate for gate in GATES if not gate.is_channels)
CHANNEL_GATES = tuple(gate for gate in GATES if gate.is_channels)
#: What is left to ask where no hour of any day is refused.
TIMELESS_GATES = tuple(gate for gate in MESSAGE_GATES if not gate.is_by_clock)

#: What the conditions look at; goes behind a FROM that calls the message `m`. `OFFSET 0` keeps the planner from
#: copying an expression to every place that names it: it would be computed once per place.
WITHOUT_CLOCK = """
    JOIN channel ch ON ch.organization_id = :organization_id AND ch.id = m.channel_id
    LEFT JOIN contact co ON co.organization_id = :organization_id AND co.id = m.contact_id
    LEFT JOIN stream st ON st.organization_id = :organization_id AND st.id = m.stream_id
"""
AROUND = f"""
    {WITHOUT_CLOCK}
    JOIN organization org ON org.id = :organization_id
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
        SELECT kept.is_windowed, kept.is_quiet,
               (SELECT min(opening) FROM (
                    SELECT ((spot.local_day + n) + make_interval(mins => greatest(
                        CASE WHEN kept.is_windowed THEN ch.window_from ELSE 0 END,
                        CASE WHEN kept.is_quiet THEN {QUIET_UNTIL} ELSE 0 END))) AT TIME ZONE spot.zone AS opening
                    FROM generate_series(0, 8) AS n
                    WHERE NOT kept.is_windowed
                       OR ch.window_weekdays @> to_jsonb(extract(isodow FROM spot.local_day + n)::integer)
               ) openings WHERE opening > CAST(:now AS timestamptz)) AS opens_at
    ) hours
    LEFT JOIN channel_day day ON day.organization_id = :organization_id AND day.channel_id = ch.id AND day.day = spot.today
"""


def never_closes(medium: str, weekdays: Sequence[int], begins: int, ends: int) -> bool:
    """Whether a channel of `medium` with this sending window may write at any hour: the clock need not be asked."""
    return medium == "email" and len(set(weekdays)) == 7 and begins <= 0 and ends >= 24 * 60


def first_refusal(gates: Iterable[Gate]) -> str:
    """SQL: the name of the first of `gates` that refuses, or NULL."""
    return "CASE " + " ".join(f"WHEN {gate.refuses} THEN '{gate.name}'" for gate in gates) + " END"


def asked(gates: Iterable[Gate]) -> str:
    """SQL: a join that gives each row its `g.gate`, the first of `gates` that refuses. Every gate is asked once."""
    return f"CROSS JOIN LATERAL (SELECT {first_refusal(gates)} AS gate OFFSET 0) g"


def refusals(gates: Iterable[Gate]) -> str:
    """SQL: the names of all of `gates` that refuse, as an array."""
    cases = ", ".join(f"CASE WHEN {gate.refuses} THEN '{gate.name}' END" for gate in gates)
    return f"array_remove(ARRAY[{cases}]::text[], NULL)"


def opening(gates: Iterable[Gate], gate: str) -> str:
    """SQL: when the gate called `gate` (an expression) opens; NULL when nobody knows."""
    cases = " ".join(f"WHEN '{one.name}' THEN {one.until}" for one in gates if one.until != "NULL")
    return f"CASE {gate} {cases} END" if cases else "CAST(NULL AS timestamptz)"


def openings(gates: Iterable[Gate]) -> str:
    """SQL: an object of gate name to the moment it opens, for all of `gates`."""
    pairs = ", ".join(f"'{gate.name}', {gate.until}" for gate in gates)
    return f"jsonb_build_object({pairs})"


def ended_sentences() -> dict[str, str]:
    """What is written on a message that a gate ended."""
    return {gate.name: gate.sentence for gate in GATES if gate.ends}


@lru_cache(1)
def _known_to_python() -> frozenset[str]:
    return frozenset(available_timezones())


_zones: list[str] = []


def zones() -> str:
    """The timezones that PostgreSQL and Python both know, as the literal of an array: one odd name must not stop a
    whole batch, and six hundred names are not put together anew for every statement."""
    if not _zones:
        known = db().scalars(text("SELECT name FROM pg_timezone_names"))
        _zones.append("{" + ",".join(sorted(_known_to_python().intersection(known))) + "}")
    return _zones[0]
