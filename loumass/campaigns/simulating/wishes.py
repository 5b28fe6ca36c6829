"""What somebody asked to simulate, as plain values that travel in addresses, jobs and results."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from loumass.funnels.simulating.carrying import Assumed
from loumass.funnels.simulating.chances import Rates

#: A template has nobody inside: so many are invented, unless somebody says how many.
SAMPLE, MOST_SAMPLE = 1_000, 100_000
MOST_SEED = 2**31 - 1
LONGEST_TASK_HOURS = 24 * 90


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """`graph_id` is whose funnel walks; `source` who would be added beside those inside (`enrolling.SOURCES`).

    Rates are shares from 0 to 1. `task_hours` is how long people take for what only they know, `task_ways` which share
    of it comes to which outcome, by key of the step. `channels`: by medium, the sender of a template, which has none. `begins_at`: None is now.
    """

    graph_id: UUID
    source: Mapping[str, str] = field(default_factory=dict)
    sample: int = SAMPLE
    reply: float = 0.0
    open: float = 0.0
    click: float = 0.0
    bounce: float = 0.0
    seed: int = 1
    task_hours: int = 24
    task_ways: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    channels: Mapping[str, str] = field(default_factory=dict)
    begins_at: datetime | None = None

    @property
    def rates(self) -> Rates:
        """What people do."""
        return Rates(self.reply, self.open, self.click, self.bounce)

    @property
    def assumed(self) -> Assumed:
        """What is taken for what nobody knows."""
        return Assumed(timedelta(hours=self.task_hours), self.task_ways)

    def as_json(self) -> dict[str, Any]:
        """For jobs and results."""
        values = asdict(self)
        return values | {
            "graph_id": str(self.graph_id),
            "begins_at": self.begins_at.isoformat() if self.begins_at else None,
        }

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Wish:
        """As `as_json` told it."""
        begins_at = values.get("begins_at")
        given = {
            "graph_id": UUID(values["graph_id"]),
            "begins_at": datetime.fromisoformat(begins_at) if begins_at else None,
        }
        return cls(**{**values, **given})
