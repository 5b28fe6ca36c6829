"""How many people a rule finds: at once where that is quick, else by a worker, and never kept waiting for."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TypeVar
from uuid import UUID

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy.exc import OperationalError

from loumass.contacts.listing import PLANNED_FOR_LISTS
from loumass.contacts.models import Contact
from loumass.contacts.rules.model import Group, is_lasting
from loumass.contacts.rules.reading import RuleRefused
from loumass.contacts.segment_models import Segment
from loumass.contacts.segments import conditions_of, rule_of
from loumass.core import clock, jobs
from loumass.core.database import db, set_for_transaction
from loumass.core.tenancy import current_organization_id, get, shows_only_own

Found = TypeVar("Found")

#: What counts in a worker, by name: `jobs` needs what lies here.
COUNT = "contacts.count_segment"
#: So long a page counts for one answer, over all its segments; and so long a worker counts one.
PAGE_MILLISECONDS, WORKER_MILLISECONDS = 1_500, 240_000
FIRST_PEOPLE = 8


@dataclass(frozen=True, slots=True)
class Counted:
    """`people` is None while it is still being counted; then `before` says what it was, at `at`. `problem`: it cannot be."""

    people: int | None = None
    before: int | None = None
    at: datetime | None = None
    problem: str = ""


def count(rule: Group, milliseconds: int = PAGE_MILLISECONDS) -> int | None:
    """How many a rule finds, exactly; None where that takes longer. Raises RuleRefused."""
    # To put a statement together takes as long as an index that finds its people: it is kept where it stays the same.
    counting = _kept(current_organization_id(), rule) if is_lasting(rule) else _counting(conditions_of(rule))
    return _counted(counting, milliseconds)


def count_where(
    conditions: Sequence[ColumnElement[bool]], milliseconds: int = PAGE_MILLISECONDS
) -> int | None:
    """How many match, exactly; None where that takes longer."""
    return _counted(_counting(conditions), milliseconds)


def first_people(conditions: Sequence[ColumnElement[bool]]) -> list[Contact] | None:
    """A few of those who match, by name; None where finding them takes too long."""
    first = select(Contact).where(*conditions).order_by(Contact.name_key, Contact.id).limit(FIRST_PEOPLE)
    return _within(PAGE_MILLISECONDS, lambda: list(db().scalars(first)))


def look(rule: Group) -> tuple[int | None, list[Contact] | None]:
    """How many a rule finds and the first of them; each None where it takes too long. Raises RuleRefused."""
    conditions = conditions_of(rule)
    return count_where(conditions), first_people(conditions)


def counts_of(found: Sequence[Segment]) -> dict[UUID, Counted]:
    """The number of people in each, as far as PAGE_MILLISECONDS allow; for the others workers are rung."""
    ends_at = time.monotonic() + PAGE_MILLISECONDS / 1000
    return {one.id: _of_segment(one, int((ends_at - time.monotonic()) * 1000)) for one in found}


def count_in_worker(segment_id: UUID) -> None:
    """Count one with a worker's patience, and keep the number with its moment."""
    segment = get(Segment, segment_id)
    if segment is None:
        return
    try:
        people = count(rule_of(segment), WORKER_MILLISECONDS)
    except RuleRefused:
        return  # its page says what is wrong
    if people is not None:
        kept = {"people_count": people, "counted_at": clock.now()}
        db().execute(update(Segment).where(Segment.id == segment_id).values(**kept))


def _of_segment(segment: Segment, milliseconds: int) -> Counted:
    try:
        rule = rule_of(segment)
        people = count(rule, milliseconds) if milliseconds > 0 else None
    except RuleRefused as refusal:
        return Counted(problem=refusal.sentence)
    if shows_only_own():
        # A worker would count everybody; and what was counted before was.
        return Counted(people, problem="" if people is not None else "This takes too long to count just now.")
    if people is None:
        # No row of the agenda: whoever looks again rings again.
        jobs.ring(jobs.Ring(COUNT, current_organization_id(), f'["{segment.id}"]'))
    return Counted(people, segment.people_count, segment.counted_at)


@lru_cache(maxsize=256)
def _kept(organization_id: UUID, rule: Group) -> Select[int]:
    return _counting(conditions_of(rule))


def _counting(conditions: Sequence[ColumnElement[bool]]) -> Select[int]:
    return select(func.count()).where(Contact.organization_id == current_organization_id(), *conditions)


def _counted(counting: Select[int], milliseconds: int) -> int | None:
    # A number needs nothing of the ORM, which takes as long again.
    return _within(milliseconds, lambda: db().connection().scalar(counting) or 0)


def _within(milliseconds: int, work: Callable[[], Found]) -> Found | None:
    """What `work` returns, None where the database needs longer. The transaction goes on either way."""
    set_for_transaction(
        *PLANNED_FOR_LISTS, "SAVEPOINT counting", f"SET LOCAL statement_timeout = {int(milliseconds)}"
    )
    try:
        found = work()
    except OperationalError as problem:
        if not isinstance(problem.orig, QueryCanceled):
            raise
        set_for_transaction("ROLLBACK TO SAVEPOINT counting")
        return None
    set_for_transaction("SET LOCAL statement_timeout TO DEFAULT", "RELEASE SAVEPOINT counting")
    return found
