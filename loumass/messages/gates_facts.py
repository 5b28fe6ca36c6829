"""What the gates' sentences name: figures, hours and places of one message, read from the row of the asking statement."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from loumass.channels.naming import called
from loumass.core.words import plural
from loumass.messages.gates_around import OF_ALL

_DAYS = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Columns that `facts_of` reads, and where they come from, behind a FROM that calls the message `m`.
ASKED = """
    ch.name AS channel_name, ch.address, ch.state_reason, ch.resting_because,
    ch.window_weekdays, ch.window_from, ch.window_until, ch.skips_days_off,
    (SELECT d.name FROM day_off d WHERE d.organization_id = :organization_id AND d.day = spot.local_day
       AND NOT d.is_struck ORDER BY d.source DESC LIMIT 1) AS day_off,
    spot.zone, spot.local, spot.minute, spot.weekday, night.ends AS night_ends, night.begins AS night_begins,
    hours.is_quiet, hours.is_windowed, coalesce(day.used, 0) AS used, room.cap, room.ramp, room.warmup_day,
    brand.name AS brand, brand.used AS segments_used, brand.segments_per_day, coalesce(m.segments, 1) AS segments,
    often.today AS often_today, often.week AS often_week, rule.contact_per_day, rule.contact_per_week,
    m.medium, m.to_address, m.priority, co.timezone_source, co.timezone AS own_zone,
    m.state, m.reason, m.sent_at, m.stream_id, ch.per_minute, ch.minimum_gap_seconds, ch.gap_jitter,
    m.is_synthetic, m.sound_id,
    (SELECT b.because FROM domain_brake b WHERE b.organization_id = :organization_id
       AND b.domain = split_part(co.email_key, '@', 2)) AS brake_because,
    (SELECT CASE WHEN va.state = 'disconnected' THEN va.state_reason ELSE va.resting_because END FROM voice_account va
     WHERE va.organization_id = :organization_id AND (va.state = 'disconnected' OR va.resting_until > :now) LIMIT 1) AS voice
"""
AROUND_IT = OF_ALL


def facts_of(row: Row[Any]) -> dict[str, Any]:
    """By the names that sentences use."""
    return {
        "channel": called(row.channel_name, row.address),
        "cap": _number(row.cap),
        "warmup": f", day {row.warmup_day:,} of its warm-up" if is_warming_up(row) else "",
        "state_reason": row.state_reason or "no reason given.",
        "resting_because": row.resting_because or "it keeps its pace.",
        "brake_because": row.brake_because or "",
        "voice": f": {row.voice.rstrip('.')}" if row.voice else "",
        "window": window_words(row.window_weekdays, row.window_from, row.window_until),
        "day_off": row.day_off or "a day off",
        "night_ends": time_of_day(row.night_ends),
        "night_begins": time_of_day(row.night_begins),
        "brand": row.brand or "",
        "segments": _number(row.segments),
        "segments_used": _number(row.segments_used),
        "segments_per_day": _number(row.segments_per_day),
        "often": often_words(row),
    }


def is_warming_up(row: Row[Any]) -> bool:
    """Whether the warm-up, and not the cap, says how much goes today."""
    return row.ramp is not None and row.cap == row.ramp


def often_words(row: Row[Any]) -> str:
    """`1 of 2 messages today, 3 of 5 this week`; empty where nothing is counted."""
    said: list[str] = []
    if row.contact_per_day is not None:
        said.append(f"{row.often_today:,} of {plural(row.contact_per_day, 'message')} today")
    if row.contact_per_week is not None:
        said.append(f"{row.often_week:,} of {plural(row.contact_per_week, 'message')} this week")
    return ", ".join(said)


def local_time(row: Row[Any]) -> str:
    """The hour where the person lives, and how that is known: `Tue 14:03 in Denver, by their number`."""
    local: datetime = row.local
    place = row.zone.rpartition("/")[2].replace("_", " ")
    if row.own_zone != row.zone:
        known = ", your organization's time"
    else:
        known = ", by their number" if row.timezone_source == "phone" else ""
    return f"{_DAYS[row.weekday]} {local.hour}:{local.minute:02} in {place}{known}"


def window_words(weekdays: Sequence[int], begins: int, ends: int) -> str:
    """`Mon to Fri, 9:00 to 17:00`."""
    days = sorted(weekdays)
    if days == list(range(days[0], days[-1] + 1)) and len(days) > 2 if days else False:
        named = f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    else:
        named = ", ".join(_DAYS[day] for day in days) or "no day"
    return f"{named}, {time_of_day(begins)} to {time_of_day(ends)}"


def time_of_day(minutes: int) -> str:
    """480 as `8:00`."""
    return f"{minutes // 60}:{minutes % 60:02}"


def _number(value: int | None) -> str:
    return f"{value:,}" if value is not None else ""
