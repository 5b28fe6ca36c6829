"""Saved views: filters with a name, one's own or everybody's, and how many stand in each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, func, literal, or_, select, union_all

from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.inbox.desk.models import SavedView
from loumass.inbox.filters import KEPT, Filters
from loumass.messages.models import Conversation

LONGEST = 40
#: So many views a person has and sees.
MOST = 30
#: Each count reads so many conversations at most.
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Shown:
    """A view as the list draws it; `count` is in lines, and `MOST_COUNTED` stands for more."""

    id: UUID
    name: str
    is_shared: bool
    is_own: bool
    query: Mapping[str, str]
    count: int

    @property
    def said(self) -> str:
        """`12`, or `99+`."""
        return str(self.count) if self.count < MOST_COUNTED else f"{MOST_COUNTED - 1}+"


def save(user_id: UUID, name: str, query: Mapping[str, str], *, is_shared: bool) -> SavedView:
    """Keep the filters of an address. Raises Refused for a name that is empty or too long, for no filter, one too many."""
    name = " ".join(name.split())
    kept = {key: value for key, value in query.items() if key in KEPT and value}
    if not name or len(name) > LONGEST:
        raise Refused(f"A view's name has between 1 and {LONGEST} letters. Nothing was kept.")
    if not kept:
        raise Refused("Choose a filter first; then it can be kept as a view.")
    own = select(SavedView.id).where(SavedView.user_id == user_id).limit(MOST)
    if len(db().scalars(own).all()) == MOST:
        raise Refused(f"{MOST} views are the most. Remove one first; nothing was kept.")
    view = SavedView(user_id=user_id, name=name, is_shared=is_shared, query=kept)
    db().add(view)
    db().flush()
    return view


def remove(view_id: UUID, user_id: UUID) -> SavedView:
    """Take one of one's own views away. Raises NotFound, also for a colleague's."""
    view = get_or_404(SavedView, view_id)
    if view.user_id != user_id:
        raise NotFound
    db().execute(delete(SavedView).where(SavedView.id == view.id))
    return view


def views(user_id: UUID) -> Sequence[Shown]:
    """The user's own and everybody's, by name, counted in one statement."""
    rows = (
        db()
        .scalars(
            select(SavedView)
            .where(or_(SavedView.user_id == user_id, SavedView.is_shared))
            .order_by(func.lower(SavedView.name), SavedView.id)
            .limit(MOST)
        )
        .all()
    )
    counted = _counts(rows, user_id)
    return [
        Shown(one.id, one.name, one.is_shared, one.user_id == user_id, one.query, counted.get(at, 0))
        for at, one in enumerate(rows)
    ]


def _counts(rows: Sequence[SavedView], user_id: UUID) -> Mapping[int, int]:
    if not rows:
        return {}
    line = func.coalesce(Conversation.stands_with_id, Conversation.contact_id, Conversation.id)
    each = []
    for at, one in enumerate(rows):
        some = (
            select(line.label("line"))
            .where(
                Conversation.organization_id == current_organization_id(),
                Filters.of(one.query, user_id).conditions(),
            )
            .limit(MOST_COUNTED)
            .subquery()
        )
        each.append(select(literal(at).label("at"), func.count(some.c.line.distinct()).label("many")))
    return {row.at: row.many for row in db().execute(union_all(*each))}
