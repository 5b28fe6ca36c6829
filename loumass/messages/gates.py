"""Why a message may not go now. One table: the claim asks it in SQL, pages say it in words.

Every condition is SQL over the aliases of `gates_around`: `m` (the message), `ch` (its channel), `co`
(contact), `st` (stream), `rule` (the organization's), `spot` (the contact's place and time), `night`, `off` (the days off) and
`hours` (when it may be written to); gates of the channel see `day` (what it did today), `room` (its cap of
today) and `brand`, counted ones `often`. True refuses. A gate without `until` opens only when somebody
changes something; a gate that `ends` cancels the message for good.
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

#: SQL: whether `{contact}` has agreed to hear a synthetic voice, by the newest line of the ledger.
VOICE_CONSENT = (
    "coalesce((SELECT cn.is_granted FROM consent cn WHERE cn.organization_id = :organization_id "
    "AND cn.contact_id = {contact} AND cn.medium = 'voicemail' AND cn.technique = 'synthetic_voice' "
    "ORDER BY cn.recorded_at DESC, cn.id DESC LIMIT 1), false)"
)


@dataclass(frozen=True, slots=True)
class Gate:
    """`is_channels`: it holds the whole channel, so rows behind it are not even looked at. `is_by_clock`: it asks for
    the hour where the person lives, which costs more than all others together. `is_counted`: it counts what the person
    got, and is asked only where an organization has set it. `is_of_days_off`: it is asked only of channels that skip them. `label` is what a list of all gates calls it."""

    name: str
    label: str
    refuses: str
    sentence: str
    until: str = "NULL"
    ends: bool = False
    is_channels: bool = False
    is_by_clock: bool = False
    #: Asked of this medium only; of all when empty.
    medium: str = ""
    is_counted: bool = False
    is_of_days_off: bool = False


# A removed channel holds nothing back: its messages are looked at, and end.
_KEPT = "ch.archived_at IS NULL"
GATES: tuple[Gate, ...] = (
    Gate(
        "suppressed",
        "Suppression list",
        "EXISTS (SELECT 1 FROM suppression su WHERE su.organization_id = :organization_id "
        "AND su.medium = m.medium AND su.address_hash = m.to_hash AND su.until_at IS NULL)",
        "The address is on the suppression list.",
        ends=True,
    ),
    Gate(
        "contact_archived",
        "The person",
        "co.archived_at IS NOT NULL OR co.erased_at IS NOT NULL",
        "The person was deleted.",
        ends=True,
    ),
    Gate(
        "no_consent",
        "Consent",
        "m.contact_id IS NOT NULL AND NOT coalesce((SELECT cn.is_granted FROM consent cn "
        "WHERE cn.organization_id = :organization_id AND cn.contact_id = m.contact_id AND cn.medium = m.medium "
        # Who takes back only the synthetic voice has not taken back the recordings of people.
        "AND (cn.is_granted OR cn.technique <> 'synthetic_voice') "
        "AND cn.technique NOT IN ('pause', 'topic') "
        "ORDER BY cn.recorded_at DESC, cn.id DESC LIMIT 1), m.medium <> 'voicemail')",
        "The person has not agreed to be written to this way.",
        ends=True,
    ),
    # An AI voice is an artificial voice (FCC 24-17): it needs a consent of its own.
    Gate(
        "no_voice_consent",
        "Consent to a synthetic voice",
        f"m.is_synthetic AND m.contact_id IS NOT NULL AND NOT {VOICE_CONSENT.format(contact='m.contact_id')}",
        "The person has not agreed to hear a synthetic voice.",
        ends=True,
        medium="voicemail",
    ),
    Gate(
        "campaign_closed",
        "Campaign",
        "st.closed_at IS NOT NULL",
        "The campaign has ended.",
        ends=True,
    ),
    Gate("channel_removed", "Sender", "ch.archived_at IS NOT NULL", "Its sender was removed.", ends=True),
    *(Gate(*one) for one in RARE_GATES),
    Gate("campaign_paused", "Pause of the campaign", "st.paused_at IS NOT NULL", "The campaign is paused."),
    Gate(
        "channel_paused",
        "Pause of the sender",
        f"{_KEPT} AND ch.state = 'paused'",
        "{channel} is paused.",
        is_channels=True,
    ),
    Gate(
        "channel_disconnected",
        "Connection",
        f"{_KEPT} AND ch.state = 'disconnected'",
        "{channel} is disconnected: {state_reason}",
        is_channels=True,
    ),
    Gate(
        "channel_resting",
        "Pace",
        f"{_KEPT} AND ch.resting_until > :now",
        "{channel} rests: {resting_because}",
        until="ch.resting_until",
        is_channels=True,
    ),
    Gate(
        "daily_cap",
        "Daily cap",
        f"{_KEPT} AND m.priority >= {PRIORITY_CAMPAIGN} AND coalesce(day.used, 0) >= room.cap",
        "{channel} has used its {cap} messages of today{warmup}.",
        until="((spot.today + 1)::timestamp AT TIME ZONE spot.home)",
        is_channels=True,
    ),
    Gate(
        "segments",
        "Segments of the brand",
        f"{_KEPT} AND m.priority >= {PRIORITY_CAMPAIGN} "
        "AND coalesce(brand.used, 0) + coalesce(m.segments, 1) > brand.segments_per_day",
        "{brand} has used {segments_used} of its {segments_per_day} segments of today, and this text takes {segments}.",
        until="((spot.today + 1)::timestamp AT TIME ZONE spot.home)",
        is_channels=True,
    ),
    Gate(
        "day_off",
        "Days off",
        "hours.is_windowed AND ch.skips_days_off AND spot.local_day = ANY(off.days)",
        "Not on {day_off}.",
        until="hours.opens_at",
        is_by_clock=True,
        is_of_days_off=True,
    ),
    Gate(
        "quiet_hours",
        "Quiet hours",
        "hours.is_quiet AND (spot.minute < night.ends OR spot.minute >= night.begins)",
        "It is night where the person lives. Texts go out from {night_ends} to {night_begins} of their time.",
        until="hours.opens_at",
        is_by_clock=True,
    ),
    Gate(
        "window",
        "Sending window",
        "hours.is_windowed AND NOT (ch.window_weekdays @> to_jsonb(spot.weekday) "
        "AND spot.minute >= ch.window_from AND spot.minute < ch.window_until)",
        "Outside of the sending window of {channel}, {window} in the person's time.",
        until="hours.opens_at",
        is_by_clock=True,
    ),
    Gate(
        "frequency",
        "Messages to one person",
        f"m.priority >= {PRIORITY_CAMPAIGN} AND m.contact_id IS NOT NULL "
        "AND (often.today >= rule.contact_per_day OR often.week >= rule.contact_per_week)",
        "The person got {often}.",
        until="CASE WHEN often.week >= rule.contact_per_week THEN often.next_week_at ELSE often.tomorrow_at END",
        is_counted=True,
    ),
    # The last: only what could go right now is spoken, and paid for.
    Gate(
        "unspoken",
        "Its words",
        "m.is_synthetic AND m.sound_id IS NULL",
        "Its words are not spoken yet{voice}.",
        medium="voicemail",
    ),
)
BY_NAME = {gate.name: gate for gate in GATES}
#: Of one message, also where its channel skips days off; and where it does not.
RESTING_GATES = tuple(gate for gate in GATES if not (gate.is_channels or gate.is_counted))
MESSAGE_GATES = tuple(gate for gate in RESTING_GATES if not gate.is_of_days_off)
COUNTED_GATES = tuple(gate for gate in GATES if gate.is_counted)
CHANNEL_GATES = tuple(gate for gate in GATES if gate.is_channels)
#: What is left to ask of e-mail where no hour of any day is refused.
TIMELESS_GATES = tuple(gate for gate in MESSAGE_GATES if not gate.is_by_clock and not gate.medium)


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
