"""Why a queued message waits, in words: asked of the same gates that the claim asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.channels.naming import called
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.gates import AROUND, BY_NAME, GATES, openings, refusals, zones

_DAYS = ("", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: The queue is counted so far, once for all who are asked about; behind that it only says that it is long.
COUNTED = 10_000
_WAITING = text(f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM message
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'queued'
    ), queue AS MATERIALIZED (
        SELECT q.id, row_number() OVER (PARTITION BY q.channel_id ORDER BY q.priority, q.due_at, q.id) - 1 AS ahead
        FROM (SELECT DISTINCT channel_id FROM asked) one CROSS JOIN LATERAL (
            SELECT m.id, m.channel_id, m.priority, m.due_at FROM message m
            WHERE m.organization_id = :organization_id AND m.channel_id = one.channel_id AND m.is_open AND m.state = 'queued'
              AND m.due_at <= :now
            ORDER BY m.priority, m.due_at, m.id LIMIT :counted) q
    )
    SELECT m.id, m.due_at, m.waiting_for, m.reason, {refusals(GATES)} AS gates, {openings(GATES)} AS opens,
           ch.name AS channel_name, ch.address, ch.daily_cap, ch.state_reason, ch.resting_because,
           ch.window_weekdays, ch.window_from, ch.window_until, spot.zone, queue.ahead,
           (SELECT b.because FROM domain_brake b WHERE b.organization_id = :organization_id
              AND b.domain = split_part(co.email_key, '@', 2)) AS brake_because
    FROM asked m {AROUND} LEFT JOIN queue ON queue.id = m.id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that a message waits for. `until` is None when somebody must change something first.

    `zone` is the contact's timezone: say whose time you show.
    """

    gate: str
    sentence: str
    until: datetime | None
    zone: str


def why_wait(message_ids: Sequence[UUID]) -> dict[UUID, list[Waiting]]:
    """For each queued message of `message_ids` what it waits for, the first thing first. One statement."""
    rows = db().execute(
        _WAITING,
        {
            "organization_id": current_organization_id(),
            "now": clock.now(),
            "zones": zones(),
            "ids": list(message_ids),
            "counted": COUNTED,
        },
    )
    return {row.id: _waiting(row) for row in rows}


def _waiting(row: Row[Any]) -> list[Waiting]:
    found = [
        Waiting(name, BY_NAME[name].sentence.format(**_facts(row)), _moment(row.opens[name]), row.zone)
        for name in row.gates
    ]
    later = row.due_at is not None and row.due_at > clock.now()
    if later and row.waiting_for in ("throttled", "unavailable"):
        found.append(
            Waiting(row.waiting_for, f"It is tried again. {row.reason or ''}".strip(), row.due_at, row.zone)
        )
    elif later and row.waiting_for == "away":
        found.append(
            Waiting("away", "They are out of office, says their automatic answer.", row.due_at, row.zone)
        )
    elif later and not found:
        found.append(Waiting("planned", "Planned for its time.", row.due_at, row.zone))
    return found or [Waiting("turn", _turn(row.ahead), None, row.zone)]


def _turn(ahead: int | None) -> str:
    if ahead is None:
        return f"More than {COUNTED:,} messages go before it."
    if ahead == 0:
        return "It goes next."
    return "One message goes before it." if ahead == 1 else f"{ahead:,} messages go before it."


def _facts(row: Row[Any]) -> dict[str, Any]:
    return {
        "channel": called(row.channel_name, row.address),
        "daily_cap": f"{row.daily_cap:,}" if row.daily_cap is not None else "",
        "state_reason": row.state_reason or "no reason given.",
        "resting_because": row.resting_because or "it keeps its pace.",
        "brake_because": row.brake_because or "",
        "window": _window(row.window_weekdays, row.window_from, row.window_until),
    }


def _window(weekdays: Sequence[int], begins: int, ends: int) -> str:
    days = sorted(weekdays)
    if days == list(range(days[0], days[-1] + 1)) and len(days) > 2 if days else False:
        named = f"{_DAYS[days[0]]} to {_DAYS[days[-1]]}"
    else:
        named = ", ".join(_DAYS[day] for day in days) or "no day"
    return f"{named}, {begins // 60}:{begins % 60:02} to {ends // 60}:{ends % 60:02}"


def _moment(value: str | None) -> datetime | None:
    return datetime.fromisoformat(value) if value else None
