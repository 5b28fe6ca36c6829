"""What rows say to a rule: of whom of many walks it holds, and the answers that pure questions cannot give.

For people at rest: `fulfilling(rule, ids, walk)`. For people who are walked just now, whose rows are behind what they did in
this very slice: `answers_beyond(rule, ids, walk)` asks only what did not come with the claim, `holds` says the rest
(`funnels/walking/ruling.py`). A simulation reads the facts that `holding.needs_of(rule)` names, and `answers_about` or
`answers_of` for `holding.asked_of_rows(rule)`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select

from loumass.contacts.models import Contact
from loumass.contacts.rules.compiling import asked_of, condition
from loumass.contacts.rules.expanding import expanded
from loumass.contacts.rules.holding import asked_beyond
from loumass.contacts.rules.model import Group, Question, Rule
from loumass.contacts.rules.predicate import Walk
from loumass.contacts.rules.registry import walks
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


def fulfilling(rule: Rule, enrollment_ids: Collection[UUID], walk: Walk) -> set[UUID]:
    """Those of the enrollments, all of `walk`'s campaign, for which the rule holds now. One statement, beside what finding
    its names and segments takes. Raises RuleRefused."""
    if not enrollment_ids:
        return set()
    whole = expanded(rule)
    statement, walk_id = walks()
    wanted = statement.where(walk_id == any_(_ids(enrollment_ids)), condition(whole, asked_of(whole, walk)))
    return set(db().scalars(wanted))


def answers_beyond(rule: Rule, enrollment_ids: Collection[UUID], walk: Walk) -> dict[UUID, dict[str, bool]]:
    """Enrollment -> key of question -> answer, for every question of the rule that looks further than what is known of
    whoever walks (status, times, timezone, event). One statement, none where there is no such question. Raises RuleRefused."""
    return answers_of(asked_beyond(rule), enrollment_ids, walk)


def answers_of(
    questions: Sequence[Question], enrollment_ids: Collection[UUID], walk: Walk
) -> dict[UUID, dict[str, bool]]:
    """Enrollment -> key of question -> answer, for `facts.answers`; one statement for all. Raises RuleRefused."""
    if not questions or not enrollment_ids:
        return {}
    statement, walk_id = walks()
    columns = _columns(questions, walk)
    return _answered(questions, statement.add_columns(*columns).where(walk_id == any_(_ids(enrollment_ids))))


def answers_about(
    questions: Sequence[Question], contact_ids: Collection[UUID]
) -> dict[UUID, dict[str, bool]]:
    """Contact -> key of question -> answer, for questions of scope `contact`; one statement. Raises RuleRefused."""
    if not questions or not contact_ids:
        return {}
    wanted = select(Contact.id, *_columns(questions, None)).where(
        Contact.organization_id == current_organization_id(), Contact.id == any_(_ids(contact_ids))
    )
    return _answered(questions, wanted)


def _columns(questions: Sequence[Question], walk: Walk | None) -> list[Any]:
    plain = [expanded(Question(one.predicate, one.settings)) for one in questions]
    asked = asked_of(Group("all", tuple(plain)), walk)
    return [func.coalesce(condition(one, asked), False).label(f"answer_{at}") for at, one in enumerate(plain)]


def _answered(questions: Sequence[Question], wanted: Any) -> dict[UUID, dict[str, bool]]:
    keys = [one.key for one in questions]
    return {row[0]: dict(zip(keys, row[1:], strict=True)) for row in db().execute(wanted)}


def _ids(ids: Collection[UUID]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True)
