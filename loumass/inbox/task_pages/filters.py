"""Which tasks a list shows, in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Select, func, or_, select

from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.listing import ContactFilter, contact_conditions, id_of
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.paging import Page, page
from loumass.tasks.models import KINDS, Task

WHOSE = ("mine", "all", "nobody")
#: What is to be done by the end of the day; parts of it; what comes later; what is closed.
WHEN = ("now", "overdue", "today", "later", "done")
QUERY = ("whose", "when", "campaign", "kind", "q")
_MOST_COUNTED = 1000


@dataclass(frozen=True, slots=True)
class Filters:
    """What a reader asked for. The reader's day begins at `today` and ends at `tomorrow`."""

    user_id: UUID
    today: datetime
    tomorrow: datetime
    whose: str = "mine"
    when: str = "now"
    campaign: UUID | None = None
    kind: str = ""
    words: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str], user_id: UUID, timezone: str, *, is_doer: bool) -> Filters:
        """The filters of an address; nonsense is dropped. Who does no tasks sees everybody's first."""
        now = clock.now()
        whose, when, kind = (query.get(name, "") for name in ("whose", "when", "kind"))
        return cls(
            user_id=user_id,
            today=end_of_day(now, timezone, days=0),
            tomorrow=end_of_day(now, timezone),
            whose=whose if whose in WHOSE else "mine" if is_doer else "all",
            when=when if when in WHEN else "now",
            campaign=id_of(query.get("campaign", "")),
            kind=kind if kind in KINDS else "",
            words=" ".join(query.get("q", "").split())[:200],
        )

    @property
    def is_done(self) -> bool:
        """Whether closed tasks are asked for: the latest come first."""
        return self.when == "done"

    def keys(self) -> list[Any]:
        """What the list is ordered by."""
        return [Task.closed_at, Task.id] if self.is_done else [Task.priority, Task.due_at, Task.id]

    def conditions(self, when: str | None = None) -> list[ColumnElement[bool]]:
        """What a task must fulfil; join them with AND."""
        found = [*self._when(when or self.when), *self._whose()]
        if self.campaign:
            found.append(Task.stream_id == self.campaign)
        if self.kind:
            found.append(Task.kind == self.kind)
        if self.words:
            found += contact_conditions(ContactFilter(words=self.words))
        return found

    def _when(self, when: str) -> list[ColumnElement[bool]]:
        if when == "done":
            return [Task.closed_at.is_not(None)]
        due = {
            "now": [Task.due_at < self.tomorrow],
            "overdue": [Task.due_at < self.today],
            "today": [Task.due_at >= self.today, Task.due_at < self.tomorrow],
            "later": [Task.due_at >= self.tomorrow],
        }
        return [Task.state == "open", *due[when]]

    def _whose(self) -> list[ColumnElement[bool]]:
        if self.whose == "all":
            return []
        if self.whose == "nobody":
            return [Task.assignee_id.is_(None)]
        mine = Task.assignee_id == self.user_id
        return [or_(mine, Task.closed_by_id == self.user_id) if self.is_done else mine]


def end_of_day(now: datetime, timezone: str, *, days: int = 1) -> datetime:
    """When the day ends where the reader is; with 0 `days`, when it began."""
    local = now.astimezone(ZoneInfo(timezone))
    return datetime.combine(local.date() + timedelta(days=days), time(), local.tzinfo)


def tasks_where(conditions: list[ColumnElement[bool]]) -> Select[*tuple[Any, ...]]:
    """Tasks with their person, campaign and how the enrollment stands."""
    return (
        select(Task, Contact, Campaign, Enrollment.state.label("standing"))
        .join(Contact, Contact.id == Task.contact_id)
        .join(Campaign, Campaign.id == Task.stream_id)
        .join(Enrollment, Enrollment.id == Task.enrollment_id)
        .where(*conditions)
    )


def task_page(filters: Filters, cursor: str | None) -> Page[Any]:
    """One page of the list."""
    return page(tasks_where(filters.conditions()), filters.keys(), cursor, descending=filters.is_done)


def counts(filters: Filters) -> dict[str, int]:
    """How many are overdue and how many due today, under the other filters; one statement, up to a thousand."""
    some = (
        select(Task.due_at)
        .join(Contact, Contact.id == Task.contact_id)
        .where(*filters.conditions("now"))
        .limit(_MOST_COUNTED)
        .subquery()
    )
    late = func.count().filter(some.c.due_at < filters.today)
    row = db().execute(select(late, func.count()).select_from(some)).one()
    return {"overdue": row[0], "today": row[1] - row[0]}
