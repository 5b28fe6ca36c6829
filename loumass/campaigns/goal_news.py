"""News about a person that may let them reach a goal: wherever they wait, the engine asks the goals of their campaigns again.

What happens inside a campaign (a reply, a status, a click there) wakes who waits there by itself (`listeners.py`). This is for
what a goal asks of the person: tags and fields, and what they did elsewhere. Nobody is told where no goal of a running
campaign asks for it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress

from pydantic import ValidationError
from sqlalchemy import text

from loumass.campaigns.waking import EVERYWHERE, HAS_GOALS, wake_those_waiting
from loumass.contacts.rules.expanding import expanded
from loumass.contacts.rules.holding import needs_of
from loumass.contacts.rules.model import Rule, questions
from loumass.contacts.rules.reading import RuleRefused
from loumass.contacts.telling import OWNER, TAG_LESS
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears, only_where
from loumass.funnels.asked_rule import rule_of
from loumass.funnels.kinds.goal import GoalConfig

#: Questions about what is no field -> how its change is told as one.
_NO_FIELDS = {"owner": OWNER, "tag": TAG_LESS}
# Whoever finishes on an older version goes by the goals that it had.
_GOALS = text("""
    SELECT DISTINCT n.config FROM campaign c
    JOIN node n ON n.organization_id = :organization_id AND n.kind = ANY(CAST(:everywhere AS text[])) AND n.graph_id IN (
        SELECT c.graph_id UNION ALL
        SELECT x.before_graph_id FROM campaign_change x
        WHERE x.organization_id = :organization_id AND x.campaign_id = c.id AND x.before_graph_id IS NOT NULL)
    WHERE c.organization_id = :organization_id AND c.state = 'running'
""")
_WAIT = text(f"""
    SELECT e.id FROM enrollment e
    WHERE e.organization_id = :organization_id AND e.contact_id = ANY(CAST(:contacts AS uuid[])) AND e.state = 'waiting'
      AND {HAS_GOALS.format(e="e")}
    ORDER BY e.id FOR UPDATE OF e
""")


def _tags() -> Collection[str]:
    goals, rules = _asked()
    return {one.tag.lower() for one in goals if one.test == "tag"} | {
        question.settings.tag.lower()  # pyright: ignore[reportAttributeAccessIssue]  the predicate's own
        for rule in rules
        for question in questions(rule)
        if question.predicate.name == "tag"
    }


def _fields() -> Collection[str]:
    goals, rules = _asked()
    asked = {one.field for one in goals if one.test == "field"}
    named = {one.predicate.name for rule in rules for one in questions(rule)}
    others = {field for question, field in _NO_FIELDS.items() if question in named}
    return asked.union(others, *(needs_of(rule).fields for rule in rules))


def _what_they_do_elsewhere() -> Collection[str]:
    return {
        question.predicate.name
        for rule in _asked()[1]
        for question in questions(rule)
        if question.predicate.scope == "contact" and not question.predicate.is_pure(question.settings)
    }


@only_where(_tags)
@hears("contact_id")
def on_goal_tagged(events: Sequence[Event]) -> None:
    """contact.tagged: it may be the tag of a goal."""
    _ask_again(events)


@only_where(_fields)
@hears("contact_id")
def on_goal_changed(events: Sequence[Event]) -> None:
    """contact.changed: a goal may ask for the field, whose they are, or a tag that they have no more."""
    _ask_again(events)


@only_where(_what_they_do_elsewhere)
@hears("contact_id")
def on_goal_elsewhere(events: Sequence[Event]) -> None:
    """What they did, or what became of them, anywhere."""
    _ask_again(events)


def _ask_again(events: Sequence[Event]) -> None:
    """Locked before they are looked at: who is being decided on just now waits a moment later."""
    contacts = uuid_array({event.contact_id for event in events if event.contact_id})
    bound = {"organization_id": current_organization_id(), "contacts": contacts, "everywhere": EVERYWHERE}
    wake_those_waiting(db().scalars(_WAIT, bound).all())


def _asked() -> tuple[list[GoalConfig], list[Rule]]:
    """The goals of running campaigns, read once, and the rules that some of them are."""
    bound = {"organization_id": current_organization_id(), "everywhere": EVERYWHERE}
    goals, rules = [], []
    for config in db().scalars(_GOALS, bound).all():
        with suppress(ValidationError):
            goals.append(GoalConfig.model_validate(config))
    for one in goals:
        if one.test == "rule":
            with suppress(RuleRefused):
                rules.append(expanded(rule_of(one.rule)))
    return goals, rules
