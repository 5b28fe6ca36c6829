"""How PostgreSQL plans what follows in a transaction, where it cannot know better.

What it believes of a table is from its last ANALYZE: an organization that came since then has nobody, and a table that
grew since then is short. Then every index that begins with the organization is as good as the primary key, and each
look-up by an id may read everybody. `refresh_figures` keeps that time short; statements that cannot wait for it name
their index.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loumass.core.database import db, engine

log = structlog.get_logger("plans")
_refreshing = threading.Lock()

#: For statements over thousands of ids: a plan that is kept for any number expects ten, and joins them row by row.
PLANNED_FOR_MANY = text("SET LOCAL plan_cache_mode = force_custom_plan")
#: For statements that look rows up by key, over and over: planning them anew costs more than it finds.
PLANNED_ONCE = text("SET LOCAL plan_cache_mode = force_generic_plan")

#: For statements whose every lookup names the index it means by its ORDER BY, as in `looked_up_in_order`.
READ_IN_ORDER = text("SET LOCAL enable_sort = off")

#: For what may be lost with the machine's power, since a later commit that waits for the disk takes it along.
WITHOUT_THE_DISK = text("SET LOCAL synchronous_commit = off")


def refresh_beside() -> None:
    """`refresh_figures` in a thread of its own, unless one is at it still: the clock, which calls it each few seconds, rings
    on meanwhile."""
    if _refreshing.acquire(blocking=False):
        threading.Thread(target=_refresh_and_release, name="figures of the planner", daemon=True).start()


def _refresh_and_release() -> None:
    try:
        refresh_figures()
    except DBAPIError as problem:
        log.warning("figures.not_refreshed", problem=type(problem.orig).__name__)
    finally:
        _refreshing.release()


def refresh_figures() -> None:
    """ANALYZE what changed much since it was analyzed last: a tenth of a table, or a thousand rows in a minute."""
    with engine().begin() as connection:
        refreshed = connection.execute(text("SELECT refresh_figures()")).scalar_one()
    if refreshed:
        log.info("figures.refreshed", tables=refreshed)


def plan_for_what_is_asked() -> None:
    """The rest of the transaction's statements are planned for their own values: a week of a small organization and two years
    of a large one are not read alike."""
    db().execute(PLANNED_FOR_MANY)


@contextmanager
def looked_up_in_order() -> Iterator[None]:
    """Statements whose every lookup names the index it means by its ORDER BY (`key BETWEEN x AND x ORDER BY key LIMIT 1`).

    To the planner every index of a table is as good as any other where nobody is expected: it would read everybody for
    each row. What it may not sort, it reads in order.
    """
    db().execute(READ_IN_ORDER)
    yield
    db().execute(text("SET LOCAL enable_sort = on"))
