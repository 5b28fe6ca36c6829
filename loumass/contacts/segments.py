"""Saved rules: kept, changed, copied, put away. Who is in one is asked each time (`segment_counting`)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select, text

from loumass.accounts.service import audit
from loumass.contacts.models import Contact
from loumass.contacts.normalising import clean_text
from loumass.contacts.rules.compiling import condition_of
from loumass.contacts.rules.expanding import expanded, segments_in
from loumass.contacts.rules.model import Group
from loumass.contacts.rules.reading import Complaint, RuleRefused, look_for, names_in, read
from loumass.contacts.rules.wording import in_words
from loumass.contacts.segment_models import Segment
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.core.words import plural

LONGEST_NAME, LONGEST_DESCRIPTION, MOST = 80, 300, 500


@dataclass(frozen=True, slots=True)
class Use:
    """Where a segment is asked for: what that is, its name, and its address for a link (endpoint and arguments)."""

    what: str
    name: str
    endpoint: str
    arguments: dict[str, Any]


User = Callable[[UUID], Sequence[Use]]
_users: list[User] = []


def use(users: Iterable[User]) -> None:
    """Take who else asks for segments (`loumass/rules.py`)."""
    _users[:] = list(users)


def segments(
    cursor: str | None, *, words: str = "", is_archived: bool = False, size: int = PAGE_SIZE
) -> Page[Segment]:
    """A page of them by name, of those in use or put away."""
    statement = select(Segment).where(
        Segment.archived_at.is_not(None) if is_archived else Segment.archived_at.is_(None)
    )
    if words:
        start = words.lower()
        statement = statement.where(Segment.name_key >= start, Segment.name_key < start + "\U0010ffff")
    return page(statement, [Segment.name_key, Segment.id], cursor, size=size)


def options() -> list[tuple[UUID, str]]:
    """(id, name) of those in use, by name."""
    named = select(Segment.id, Segment.name).where(Segment.archived_at.is_(None)).order_by(Segment.name_key)
    return [(row.id, row.name) for row in db().execute(named.limit(MOST))]


def live(segment_id: UUID) -> Segment:
    """One in use. Raises NotFound."""
    segment = get_or_404(Segment, segment_id)
    if segment.archived_at is not None:
        raise NotFound("This segment was put away. Bring it back before it is used.")
    return segment


def rule_of(segment: Segment) -> Group:
    """Its rule. Raises RuleRefused where that cannot be read any more."""
    return read(segment.rule)


def words_of(found: Sequence[Segment]) -> dict[UUID, str]:
    """Each one's rule in words, or why it cannot be read; what all of them name is looked up together."""
    said: dict[UUID, str] = {}
    rules: dict[UUID, Group] = {}
    for segment in found:
        try:
            rules[segment.id] = rule_of(segment)
        except RuleRefused as refusal:
            said[segment.id] = refusal.sentence
    names, _ = look_for(Group("all", tuple(rules.values())))
    return said | {segment_id: in_words(rule, names) for segment_id, rule in rules.items()}


def members_of(segment: Segment) -> list[ColumnElement[bool]]:
    """What a contact must fulfil to be in it now; join them with AND. Raises RuleRefused."""
    return conditions_of(rule_of(segment))


def conditions_of(rule: Group) -> list[ColumnElement[bool]]:
    """What a live contact must fulfil. Raises RuleRefused."""
    return [Contact.archived_at.is_(None), condition_of(rule)]


def add(name: str, description: str, rule: Group, author_id: UUID | None) -> Segment:
    """A new one. Raises Refused, RuleRefused."""
    _in_turn()
    segment = Segment(rule=rule.as_json(), created_by_id=author_id)
    _fill(segment, name, description)
    names_in(rule)
    expanded(rule)
    db().add(segment)
    db().flush()
    audit("segment.added", "segment", segment.id)
    return segment


def change(segment: Segment, name: str, description: str, rule: Group) -> None:
    """Give it these. Raises Refused, RuleRefused (also where it would come to ask for itself)."""
    _in_turn()
    _fill(segment, name, description)
    names_in(rule)
    expanded(rule, {segment.id: rule})
    _refuse_itself(segment, rule)
    if segment.rule != rule.as_json():
        segment.rule, segment.people_count, segment.counted_at = rule.as_json(), None, None
    segment.updated_at = clock.now()
    audit("segment.changed", "segment", segment.id)


def copy(segment: Segment, author_id: UUID | None) -> Segment:
    """One more like it, under another name."""
    taken = {name.lower() for _, name in options()}
    names = (
        f"{segment.name[: LONGEST_NAME - 10]} copy{f' {at}' if at else ''}" for at in (0, *range(2, MOST))
    )
    name = next(name for name in names if name.lower() not in taken)
    return add(name, segment.description, rule_of(segment), author_id)


def archive(segment: Segment) -> None:
    """Put it away. Raises Conflict while something asks for it, and says what."""
    _in_turn()
    found = uses_of(segment.id)
    if found:
        told = ", ".join(f"{one.what} {one.name}" for one in found[:3])
        more = f" and {plural(len(found) - 3, 'other')}" if len(found) > 3 else ""
        raise Conflict(
            f"{segment.name} is asked for by {told}{more}. It stays in use: take it out there first."
        )
    segment.archived_at = clock.now()
    audit("segment.archived", "segment", segment.id)


def restore(segment: Segment) -> None:
    """Bring it back. Raises Refused where its name was taken meanwhile."""
    _in_turn()
    segment.archived_at = None
    _refuse_taken(segment, segment.name_key)
    audit("segment.restored", "segment", segment.id)


def uses_of(segment_id: UUID) -> list[Use]:
    """Everything that asks for it."""
    return [one for ask in _users for one in ask(segment_id)]


def other_segments(segment_id: UUID) -> Sequence[Use]:
    """The segments whose rules ask for this one."""
    rows = db().execute(
        text(
            "SELECT id, name FROM segment WHERE organization_id = :organization_id AND archived_at IS NULL"
            " AND strpos(CAST(rule AS text), :asked) > 0 ORDER BY name_key"
        ),
        {"organization_id": current_organization_id(), "asked": str(segment_id)},
    )
    return [Use("the segment", row.name, "segments.show", {"id": row.id}) for row in rows]


def _fill(segment: Segment, name: str, description: str) -> None:
    name = clean_text(name)
    if not name:
        raise Refused("Give the segment a name.")
    if len(name) > LONGEST_NAME:
        raise Refused(f"A name has at most {LONGEST_NAME} letters.")
    segment.name, segment.name_key = name, name.lower()
    segment.description = clean_text(description)[:LONGEST_DESCRIPTION]
    _refuse_taken(segment, segment.name_key)


def _refuse_taken(segment: Segment, name_key: str) -> None:
    with db().no_autoflush:
        same = db().scalars(
            select(Segment.id).where(Segment.name_key == name_key, Segment.archived_at.is_(None))
        )
        if any(one != segment.id for one in same):
            raise Refused(f"There is a segment called {segment.name} already. Choose another name.")


def _refuse_itself(segment: Segment, rule: Group) -> None:
    if segment.id in segments_in(rule):
        raise RuleRefused([Complaint("0", "", "A segment cannot ask for itself.")])


def _in_turn() -> None:
    """One change of segments at a time: two that are saved together could close a circle, or take one name."""
    key = f"segments {current_organization_id()}"
    db().execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
