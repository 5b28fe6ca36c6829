"""Whose a task becomes: the contact's owner, the campaign's, a named member, or whoever has least to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heapreplace
from typing import Literal
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.models import Membership, User
from loumass.accounts.permissions import may
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

DO = "tasks.do"
Whose = Literal["owner", "campaign", "member", "turn"]
_OPEN = text("""
    SELECT assignee_id, count(*) AS many FROM task
    WHERE organization_id = :organization_id AND state = 'open' AND assignee_id = ANY(CAST(:members AS uuid[]))
    GROUP BY assignee_id
""")


@dataclass(frozen=True, slots=True)
class Assignment:
    """What a step says: `whose`, and the addresses of the members it names."""

    whose: Whose
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Able:
    """A member who may do tasks."""

    id: UUID
    address: str
    role: str
    name: str


def able_members() -> list[Able]:
    """Whoever may do tasks, by name."""
    rows = db().execute(
        select(User.id, User.email_key, Membership.role, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id())
        .order_by(User.name, User.id)
    )
    return [Able(row.id, row.email_key, row.role, row.name) for row in rows if may(row.role, DO)]


def assignees(
    assignment: Assignment, owners: Sequence[UUID | None], campaign_owner: UUID | None
) -> list[UUID | None]:
    """One for each of `owners` (the contacts' own). Nobody, where whoever is meant is no member any more."""
    able = able_members()
    ids = {one.id for one in able}
    fallback = campaign_owner if campaign_owner in ids else None
    if assignment.whose == "owner":
        return [owner if owner in ids else fallback for owner in owners]
    named = [one.id for one in able if one.address in assignment.addresses]
    if assignment.whose == "member":
        return [named[0] if named else fallback] * len(owners)
    if assignment.whose == "turn":
        return in_turn(named if assignment.addresses else _everybody(able), len(owners)) or [fallback] * len(
            owners
        )
    return [fallback] * len(owners)


def in_turn(members: Sequence[UUID], many: int) -> list[UUID | None]:
    """`many` tasks dealt out, each to whoever has the fewest open ones then; empty without members."""
    if not members:
        return []
    bound = {"organization_id": current_organization_id(), "members": list(members)}
    open_now = {row.assignee_id: row.many for row in db().execute(_OPEN, bound)}
    heap = [(open_now.get(member, 0), place, member) for place, member in enumerate(members)]
    heapify(heap)
    dealt: list[UUID | None] = []
    for _ in range(many):
        count, place, member = heap[0]
        dealt.append(member)
        heapreplace(heap, (count + 1, place, member))
    return dealt


def _everybody(able: Sequence[Able]) -> list[UUID]:
    """Those whose work it is; admins only where there is nobody else."""
    return [one.id for one in able if one.role == "member"] or [one.id for one in able]
