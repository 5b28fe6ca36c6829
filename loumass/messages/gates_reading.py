"""Every gate of one message with its present value, whether it lets the message through or not: the answer to "why is this
waiting?"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row

from loumass.channels.naming import called
from loumass.channels.standing import pace_in_words
from loumass.contacts.normalising import shown_phone
from loumass.core import clock
from loumass.messages.gates import GATES
from loumass.messages.gates_facts import (
    facts_of,
    is_warming_up,
    local_time,
    often_words,
    time_of_day,
    window_words,
)
from loumass.messages.gates_waiting import asked_of, moment_of, turn_words
from loumass.messages.models import PRIORITY_CAMPAIGN


@dataclass(frozen=True, slots=True)
class Reading:
    """One gate and what it reads now. `until` is when it opens by itself, if it refuses and somebody knows."""

    gate: str
    label: str
    value: str
    is_open: bool
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Readings:
    """All gates of one message, those that refuse first. `zone` is whose time is shown; `due_at` is when it is looked at."""

    message_id: UUID
    state: str
    to: str
    channel: str
    reason: str
    sent_at: datetime | None
    due_at: datetime | None
    zone: str
    turn: str
    gates: list[Reading]

    @property
    def refusing(self) -> int:
        """How many do not let it through."""
        return sum(not one.is_open for one in self.gates)


def readings_of(message_id: UUID) -> Readings | None:
    """What every gate says of an outgoing message now; None where there is none. One statement."""
    rows = asked_of([message_id], is_any=True)
    return _readings(rows[0]) if rows else None


def _readings(row: Row[Any]) -> Readings:
    facts = facts_of(row)
    gates = [_reading(gate, row, facts) for gate in GATES]
    return Readings(
        message_id=row.id,
        state=row.state,
        to=shown_phone(row.to_address) if row.medium != "email" else row.to_address,
        channel=facts["channel"],
        reason=row.reason or "",
        sent_at=row.sent_at,
        due_at=row.due_at if row.due_at and row.due_at > clock.now() else None,
        zone=row.zone,
        turn=turn_words(row.ahead) if row.state == "queued" else "",
        gates=sorted(gates, key=lambda one: one.is_open),
    )


def _reading(gate: Any, row: Row[Any], facts: Mapping[str, Any]) -> Reading:
    is_open = gate.name not in row.gates
    said = _VALUES[gate.name](row)
    if not is_open and gate.name not in _FIGURES:
        said = gate.sentence.format(**facts)
    return Reading(gate.name, gate.label, said, is_open, None if is_open else moment_of(row.opens[gate.name]))


def _is_campaigns(row: Row[Any]) -> bool:
    return row.priority >= PRIORITY_CAMPAIGN


def _cap(row: Row[Any]) -> str:
    if row.cap is None:
        return f"{row.used:,} used today, no cap."
    said = f"{row.used:,} of {row.cap:,} used today"
    if is_warming_up(row):
        said += f" (warm-up day {row.warmup_day:,})"
    return f"{said}." if _is_campaigns(row) else f"{said}; a person's answer goes all the same."


def _segments(row: Row[Any]) -> str:
    if row.brand is None:
        return "No brand shares its segments."
    used = f"{row.brand} used {row.segments_used:,} of {row.segments_per_day:,} today"
    return f"{used}; this text takes {row.segments:,}."


def _night(row: Row[Any]) -> str:
    if row.medium == "email":
        return "E-mail goes at any hour."
    if not row.is_quiet:
        return "They wrote within a day, so an answer may go at any hour."
    hours = f"{time_of_day(row.night_ends)} to {time_of_day(row.night_begins)}"
    return f"Texts from {hours}, it is {local_time(row)}."


def _window(row: Row[Any]) -> str:
    window = window_words(row.window_weekdays, row.window_from, row.window_until)
    if not row.is_windowed:
        return f"{window}; a person's answer goes at any hour."
    return f"{window}, it is {local_time(row)}."


def _day_off(row: Row[Any]) -> str:
    if not row.skips_days_off:
        return f"{called(row.channel_name, row.address)} works on days off too."
    if not row.is_windowed:
        return "A person's answer goes on any day."
    return f"No day off today, it is {local_time(row)}."


def _often(row: Row[Any]) -> str:
    said = often_words(row)
    if not said:
        return "How often one person is written to is not limited."
    return f"{said}." if _is_campaigns(row) else f"{said}; a person's answer goes all the same."


def _pace(row: Row[Any]) -> str:
    pace = pace_in_words(row.minimum_gap_seconds, row.gap_jitter, row.per_minute)
    return f"Ready for the next message, {pace}."


def _campaign(words: str) -> Callable[[Row[Any]], str]:
    return lambda row: words if row.stream_id else "Not part of a campaign."


def _named(words: str) -> Callable[[Row[Any]], str]:
    return lambda row: words.format(called(row.channel_name, row.address))


#: What a gate reads where it is open; of those in `_FIGURES` also where it refuses: the figure says it.
_VALUES: dict[str, Callable[[Row[Any]], str]] = {
    "suppressed": lambda row: "The address is not on it.",
    "contact_archived": lambda row: "One of your contacts.",
    "no_consent": lambda row: "They did not say no.",
    "no_voice_consent": lambda row: (
        "They agreed to it." if row.is_synthetic else "No synthetic voice speaks."
    ),
    "campaign_closed": _campaign("It goes on."),
    "channel_removed": _named("{} is in use."),
    "topic_refused": _campaign("They did not refuse its topic."),
    "plan_used": lambda row: (
        "E-mails are left, or nobody counts them." if row.medium == "email" else "Only e-mails count."
    ),
    "paused_by_them": lambda row: "They asked for none.",
    "opt_out_proposed": lambda row: "None of their answers waits for a decision.",
    "copy_refused": lambda row: "Nobody who gets a copy said no.",
    "domain_braked": lambda row: "It takes our mail." if row.medium == "email" else "Only e-mail has one.",
    "campaign_paused": _campaign("Not paused."),
    "channel_paused": _named("{} is not paused."),
    "channel_disconnected": _named("{} is connected."),
    "channel_resting": _pace,
    "daily_cap": _cap,
    "segments": _segments,
    "day_off": _day_off,
    "quiet_hours": _night,
    "window": _window,
    "frequency": _often,
    "unspoken": lambda row: "They are spoken." if row.is_synthetic else "Nothing has to be spoken.",
}
_FIGURES = frozenset({"daily_cap", "segments", "quiet_hours", "window", "frequency"})
