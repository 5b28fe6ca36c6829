"""Figures read from their days: what a page costs grows with its days, and with what is told apart, never with what happened."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.analytics.kinds import NOTHING
from loumass.analytics.period import Period
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, shows_only_own


@dataclass(frozen=True, slots=True)
class Sum:
    """How often, and how long together, in a period and in the one before."""

    now: int = 0
    before: int = 0
    seconds: int = 0
    seconds_before: int = 0

    @property
    def change(self) -> str:
        """ "+12%" against the period before; empty where nothing was."""
        return f"{100 * (self.now - self.before) / self.before:+.0f}%" if self.before else ""

    @property
    def each(self) -> float | None:
        """Seconds that each took; None of none."""
        return self.seconds / self.now if self.now else None

    @property
    def each_before(self) -> float | None:
        """The same in the period before."""
        return self.seconds_before / self.before if self.before else None


NEVER = Sum()


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums by kind of fact; what never happened is there as zero."""

    by_kind: Mapping[str, Sum] = field(default_factory=dict)

    def __getitem__(self, kind: str) -> Sum:
        return self.by_kind.get(kind, NEVER)

    def share(self, kind: str, whole: str = "message.sent") -> float | None:
        """What part of `whole` `kind` is, in percent; None of nothing."""
        return 100 * self[kind].now / self[whole].now if self[whole].now else None

    def share_before(self, kind: str, whole: str = "message.sent") -> float | None:
        """The same in the period before."""
        return 100 * self[kind].before / self[whole].before if self[whole].before else None


# The one place that says which days are read. Whoever sees only their own adds their campaigns up (migrations/own.py):
# the rows of everything together are not theirs.
_READ = """
    FROM daily_part
    WHERE organization_id = :organization_id AND slice = :slice AND (campaign_id = :campaign_id OR :adds_up)
      AND day BETWEEN :first_before AND :last
"""
_SUMMED = """
    coalesce(sum(count) FILTER (WHERE day >= :first), 0) AS now, coalesce(sum(count) FILTER (WHERE day < :first), 0) AS before,
    coalesce(sum(seconds) FILTER (WHERE day >= :first), 0) AS seconds,
    coalesce(sum(seconds) FILTER (WHERE day < :first), 0) AS seconds_before
"""
_BY_PART = text(f"SELECT part, kind, {_SUMMED} {_READ} GROUP BY part, kind")
_BY_DAY = text(f"SELECT day, kind, sum(count) AS number {_READ} AND kind = ANY(:kinds) GROUP BY day, kind")
_BY_HOUR = text(f"""
    SELECT CAST(extract(isodow FROM day) AS integer) AS weekday, CAST(part AS integer) AS hour, sum(count) AS number
    {_READ} AND kind = :kind AND day >= :first GROUP BY weekday, part
""")
_BY_CAMPAIGN = text(f"""
    SELECT daily_count.campaign_id, campaign.name, daily_count.kind,
        {_SUMMED.replace("sum(seconds)", "sum(0)")}
    FROM daily_count
    JOIN campaign ON campaign.organization_id = :organization_id AND campaign.id = daily_count.campaign_id
    WHERE daily_count.organization_id = :organization_id AND day BETWEEN :first_before AND :last
    GROUP BY daily_count.campaign_id, campaign.name, daily_count.kind
""")
_ENDS = text(f"""
    SELECT campaign_id, {_SUMMED} FROM daily_part
    WHERE organization_id = :organization_id AND slice = 'class' AND campaign_id = ANY(CAST(:campaigns AS uuid[]))
      AND day BETWEEN :first_before AND :last AND kind = 'enrollment.ended' AND part = 'finished'
    GROUP BY campaign_id
""")


def sums_of(period: Period, campaign_id: UUID = NOTHING) -> Sums:
    """Everything that happened in the period and before, of a campaign or of all together."""
    return sums_by("all", period, campaign_id).get("", Sums())


def sums_by(slice_name: str, period: Period, campaign_id: UUID = NOTHING) -> dict[str, Sums]:
    """The same for each part of one slice (`counting.SLICES`)."""
    found: dict[str, dict[str, Sum]] = defaultdict(dict)
    for row in db().execute(_BY_PART, _of(campaign_id, period, slice=slice_name)):
        found[row.part][row.kind] = _sum(row)
    return {part: Sums(kinds) for part, kinds in found.items()}


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar of a chart: a day, or a week of a long period."""

    day: date
    numbers: Sequence[int]
    is_week: bool

    @property
    def label(self) -> str:
        """ "2 Feb"; of a week its first day."""
        return f"{self.day.day} {self.day:%b}"


def bars_of(period: Period, kinds: Sequence[str], campaign_id: UUID = NOTHING) -> list[Bar]:
    """How often each of `kinds` happened, day by day, the quiet ones too, the oldest first."""
    bound = _of(campaign_id, period, slice="all", kinds=list(kinds)) | {"first_before": period.first}
    counted = {(row.day, row.kind): row.number for row in db().execute(_BY_DAY, bound)}
    return [
        Bar(days[0], [sum(counted.get((day, kind), 0) for day in days) for kind in kinds], len(days) > 1)
        for days in period.bars()
    ]


def hours_of(period: Period, kind: str, campaign_id: UUID = NOTHING) -> list[list[int]]:
    """How often `kind` happened by weekday (Monday first) and hour of the organization's day."""
    week = [[0] * 24 for _ in range(7)]
    for row in db().execute(_BY_HOUR, _of(campaign_id, period, slice="hour", kind=kind)):
        week[row.weekday - 1][row.hour] = row.number
    return week


@dataclass(frozen=True, slots=True)
class CampaignSums:
    """One campaign in a period; `finished` took as long as people took from their first step to the last."""

    id: UUID
    name: str
    sums: Sums
    finished: Sum


def campaigns_in(period: Period, most: int | None = None) -> list[CampaignSums]:
    """Campaigns in which anything happened, those that sent most first."""
    names: dict[UUID, str] = {}
    found: dict[UUID, dict[str, Sum]] = defaultdict(dict)
    for row in db().execute(_BY_CAMPAIGN, _bound(period)):
        names[row.campaign_id] = row.name
        found[row.campaign_id][row.kind] = _sum(row)
    finished = {
        row.campaign_id: _sum(row) for row in db().execute(_ENDS, _bound(period, campaigns=list(found)))
    }
    rows = [
        CampaignSums(one, names[one], Sums(kinds), finished.get(one, NEVER)) for one, kinds in found.items()
    ]
    rows.sort(key=lambda row: (-row.sums["message.sent"].now, row.name, row.id))
    return rows[:most]


def _sum(row: Any) -> Sum:
    return Sum(int(row.now), int(row.before), int(row.seconds), int(row.seconds_before))


def _of(campaign_id: UUID, period: Period, **more: Any) -> dict[str, Any]:
    adds_up = campaign_id == NOTHING and shows_only_own()
    return _bound(period, campaign_id=campaign_id, adds_up=adds_up, **more)


def _bound(period: Period, **more: Any) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "first_before": period.first_before,
        "first": period.first,
        "last": period.last,
        **more,
    }
