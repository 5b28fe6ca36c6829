"""Reading the brakes for pages: channels against their budgets, and what was braked just now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select, text

from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.deliverability.braking import ALERT
from loumass.deliverability.budgets import BUDGETS, percent
from loumass.deliverability.troubles import window
from loumass.events.models import Event

#: A page asks a moment after it was told.
_NOW = timedelta(minutes=2)
_WATCHED = text("""
    SELECT ch.id, ch.name, ch.address, ch.medium, ch.state, ch.brake_gap_seconds, ch.brake_because, ch.state_reason,
        coalesce(sent.total, 0) AS total, coalesce(t.bounced, 0) AS bounced, coalesce(t.complained, 0) AS complained,
        coalesce(t.rejected, 0) AS rejected
    FROM channel ch
    LEFT JOIN (SELECT channel_id, sum(sent + failed) AS total FROM channel_day
        WHERE organization_id = :organization_id AND day >= :first_day GROUP BY channel_id) sent ON sent.channel_id = ch.id
    LEFT JOIN (SELECT channel_id, sum(bounced) AS bounced, sum(complained) AS complained, sum(rejected) AS rejected
        FROM trouble_hour WHERE organization_id = :organization_id AND hour >= :since GROUP BY channel_id) t
        ON t.channel_id = ch.id
    WHERE ch.organization_id = :organization_id AND ch.archived_at IS NULL
    ORDER BY (ch.brake_because <> '') DESC, coalesce(t.bounced, 0) + coalesce(t.rejected, 0) DESC, ch.address LIMIT :most
""")


@dataclass(frozen=True, slots=True)
class Line:
    """One channel: what it sent since yesterday, and each kind of trouble as (words, count, share, limit, is_past)."""

    channel: Any
    troubles: Sequence[tuple[str, int, str, str, bool]]

    @property
    def is_braked(self) -> bool:
        """Whether its budget slowed or stopped it."""
        return bool(self.channel.brake_because)


@dataclass(frozen=True, slots=True)
class Note:
    """What was braked, in words."""

    text: str
    detail: str


def watched(most: int) -> list[Line]:
    """Channels with what came back since yesterday, the braked ones first. One statement."""
    first_day, since = window()
    values = {"organization_id": current_organization_id(), "first_day": first_day, "since": since}
    return [_line(row) for row in db().execute(_WATCHED, {**values, "most": most})]


def latest() -> list[Note]:
    """What was braked within the last minutes, the latest first, at most three."""
    since = clock.now() - _NOW
    told = select(Event).where(Event.kind == ALERT, Event.happened_at >= since)
    events = db().scalars(told.order_by(Event.happened_at.desc()).limit(3)).all()
    ids = {one.channel_id for one in events if one.channel_id}
    names = {one.id: one.name for one in db().scalars(select(Channel).where(Channel.id.in_(ids)))}
    return [_note(one, names.get(one.channel_id, "A channel") if one.channel_id else "") for one in events]


def _line(row: Any) -> Line:
    troubles = []
    for budget in BUDGETS:
        count, share = getattr(row, budget.kind), getattr(row, budget.kind) / max(row.total, 1)
        is_past = count >= budget.least and share > budget.limit
        troubles.append((budget.words, count, percent(min(share, 1.0)), percent(budget.limit), is_past))
    return Line(row, troubles)


def _note(event: Event, name: str) -> Note:
    facts = event.facts
    words = next((budget.words for budget in BUDGETS if budget.kind == facts.get("kind")), "came back")
    figures = f"{facts.get('count', 0):,} of {facts.get('total', 0):,} messages {words}."
    if facts.get("what") == "domain":
        return Note(f"Nothing goes to {facts.get('domain')} for now", figures)
    return Note(f"{name} {'stopped' if facts.get('what') == 'stopped' else 'sends slower'}", figures)
