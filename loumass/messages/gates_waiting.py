"""Why a queued message waits, in words: asked of the same gates that the claim asks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.gates import BY_NAME, GATES, openings, refusals, zones
from loumass.messages.gates_facts import AROUND_IT, ASKED, facts_of

#: The queue is counted so far, once for all who are asked about; behind that it only says that it is long.
COUNTED = 10_000
_WAITING = text(f"""
    WITH asked AS MATERIALIZED (
        SELECT * FROM message
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND direction = 'out'
          AND (state = 'queued' OR CAST(:is_any AS boolean))
    ), queue AS MATERIALIZED (
        SELECT q.id, row_number() OVER (PARTITION BY q.channel_id ORDER BY q.priority, q.due_at, q.id) - 1 AS ahead
        FROM (SELECT DISTINCT channel_id FROM asked) one CROSS JOIN LATERAL (
            SELECT m.id, m.channel_id, m.priority, m.due_at FROM message m
            WHERE m.organization_id = :organization_id AND m.channel_id = one.channel_id AND m.is_open AND m.state = 'queued'
              AND m.due_at <= :now
            ORDER BY m.priority, m.due_at, m.id LIMIT :counted) q
    )
    SELECT m.id, m.due_at, m.waiting_for, m.reason, {refusals(GATES)} AS gates, {openings(GATES)} AS opens,
           {ASKED}, queue.ahead
    FROM asked m {AROUND_IT} LEFT JOIN queue ON queue.id = m.id
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
    return {row.id: _waiting(row) for row in asked_of(message_ids)}


def asked_of(message_ids: Sequence[UUID], *, is_any: bool = False) -> Sequence[Row[Any]]:
    """What all gates say of each queued message, or with `is_any` of each that goes out or went: their names, when they
    open, and `gates_facts.ASKED`."""
    if not message_ids:
        return ()
    return db().execute(
        _WAITING,
        {
            "organization_id": current_organization_id(),
            "now": clock.now(),
            "zones": zones(),
            "ids": list(message_ids),
            "is_any": is_any,
            "counted": COUNTED,
        },
    ).all()  # fmt: skip


def _waiting(row: Row[Any]) -> list[Waiting]:
    facts = facts_of(row)
    found = [
        Waiting(name, BY_NAME[name].sentence.format(**facts), moment_of(row.opens[name]), row.zone)
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
    return found or [Waiting("turn", turn_words(row.ahead), None, row.zone)]


def turn_words(ahead: int | None) -> str:
    """How many messages go before it."""
    if ahead is None:
        return f"More than {COUNTED:,} messages go before it."
    if ahead == 0:
        return "It goes next."
    return "One message goes before it." if ahead == 1 else f"{ahead:,} messages go before it."


def moment_of(value: str | None) -> datetime | None:
    """A moment as the statement tells it."""
    return datetime.fromisoformat(value) if value else None
