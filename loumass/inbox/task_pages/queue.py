"""The tasks around one, and which comes next: so that somebody can walk through a list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select, tuple_

from loumass.core.database import db
from loumass.inbox.task_pages.filters import Filters, tasks_where
from loumass.tasks.models import Task

#: Shown beside the one that is worked on: some before, more after.
_BEFORE, _AFTER = 5, 25


def around(filters: Filters, task: Task) -> Sequence[Row[Any]]:
    """Tasks of the list, `task` among them where it is one of them."""
    keys, here = _order(filters, task)
    if here is None:
        rows = db().execute(tasks_where(filters.conditions()).order_by(*_sorted(filters, keys)).limit(_AFTER))
        return list(rows)
    before = tasks_where([*filters.conditions(), _beyond(filters, keys, here, is_after=False)])
    after = tasks_where([*filters.conditions(), ~_beyond(filters, keys, here, is_after=False)])
    back = [key.asc() if filters.is_done else key.desc() for key in keys]
    earlier = list(db().execute(before.order_by(*back).limit(_BEFORE)))
    return [*reversed(earlier), *db().execute(after.order_by(*_sorted(filters, keys)).limit(_AFTER))]


def next_after(filters: Filters, task: Task) -> UUID | None:
    """Which to do after `task`: the one below it in the list, else the first that is left."""
    keys, here = _order(filters, task)
    wanted = (
        select(Task.id).where(Task.id != task.id, *filters.conditions()).order_by(*_sorted(filters, keys))
    )
    if filters.words:
        wanted = tasks_where([Task.id != task.id, *filters.conditions()]).with_only_columns(Task.id)
        wanted = wanted.order_by(*_sorted(filters, keys))
    if here is not None:
        below = db().scalar(wanted.where(_beyond(filters, keys, here, is_after=True)).limit(1))
        if below is not None:
            return below
    return db().scalar(wanted.limit(1))


def _order(filters: Filters, task: Task) -> tuple[list[Any], tuple[Any, ...] | None]:
    """The list's keys and the task's place among them; None for one that cannot stand in it."""
    keys = filters.keys()
    values = tuple(getattr(task, key.key) for key in keys)
    return keys, None if None in values else values


def _beyond(filters: Filters, keys: list[Any], here: tuple[Any, ...], *, is_after: bool) -> Any:
    bound = tuple_(*keys)
    return bound > here if is_after != filters.is_done else bound < here


def _sorted(filters: Filters, keys: list[Any]) -> list[Any]:
    return [key.desc() if filters.is_done else key.asc() for key in keys]
