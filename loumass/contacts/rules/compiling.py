"""A rule as one SQL condition: every value a bound parameter, the organization named at every level."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Exists, and_, false, func, or_, true

from loumass.accounts.models import Organization
from loumass.contacts.rules.expanding import expanded
from loumass.contacts.rules.model import Question, Rule
from loumass.contacts.rules.predicate import Asked, Walk
from loumass.contacts.rules.reading import names_in
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id


def condition_of(rule: Rule, walk: Walk | None = None) -> ColumnElement[bool]:
    """What a contact (with `walk`: and its enrollment) must fulfil now. Segments inside are asked by their own rules.

    Raises RuleRefused for what is named and not here, or segments that ask for each other in a circle.
    """
    whole = expanded(rule)
    return condition(whole, asked_of(whole, walk))


def asked_of(rule: Rule, walk: Walk | None = None) -> Asked:
    """What an expanded rule is compiled for, at this moment. Raises RuleRefused."""
    organization = db().get_one(Organization, current_organization_id())
    return Asked(
        organization_id=organization.id,
        now=clock.now(),
        home=ZoneInfo(organization.timezone),
        names=names_in(rule),
        walk=walk,
    )


def condition(rule: Rule, asked: Asked) -> ColumnElement[bool]:
    """The same for an expanded rule and a moment of the caller's."""
    found = _plain(rule, asked)
    return turned_round(found) if rule.is_not else found


def turned_round(found: ColumnElement[bool]) -> ColumnElement[bool]:
    """The opposite. NULL is a no, and so becomes a yes; what is never NULL is left as it is, since NOT EXISTS joins quicker."""
    return ~found if isinstance(found, Exists) else ~func.coalesce(found, False)


def _plain(rule: Rule, asked: Asked) -> ColumnElement[bool]:
    if isinstance(rule, Question):
        return rule.predicate.sql(rule.settings, asked)
    inner = [condition(one, asked) for one in rule.rules]
    return and_(true(), *inner) if rule.match == "all" else or_(false(), *inner)
