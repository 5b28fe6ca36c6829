"""Tasks made for many at once, and closed with the enrollments that they were made for.

A step makes at most one task (`uq_task_organization_id_step_id`): making it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.content.freezing import frozen_contact
from loumass.content.merge import MergeText, compile_header, compile_text
from loumass.core import clock, live
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.tasks.assigning import Assignment, assignees
from loumass.tasks.models import PRIORITIES

TOPIC = "tasks"
_PEOPLE = """
    SELECT contact.id, contact.owner_id, {values} AS said FROM contact
    WHERE contact.organization_id = :organization_id AND contact.id = ANY(CAST(:contacts AS uuid[]))
"""
_PLAN = text("""
    INSERT INTO task (organization_id, id, kind, title, script, outcomes, contact_id, stream_id, enrollment_id, step_id,
        node_id, assignee_id, priority, due_at, expires_at, created_at)
    SELECT :organization_id, uuidv7(), :kind, one.title, one.script, CAST(:outcomes AS jsonb), one.contact_id, :stream_id,
        one.enrollment_id, one.step_id, :node_id, one.assignee_id, :priority, one.due_at, one.expires_at,
        CAST(:now AS timestamptz)
    FROM unnest(CAST(:titles AS text[]), CAST(:scripts AS text[]), CAST(:contacts AS uuid[]), CAST(:enrollments AS uuid[]),
            CAST(:steps AS uuid[]), CAST(:assignees AS uuid[]), CAST(:due AS timestamptz[]), CAST(:expire AS timestamptz[]))
        AS one(title, script, contact_id, enrollment_id, step_id, assignee_id, due_at, expires_at)
    ON CONFLICT (organization_id, step_id) DO NOTHING
    RETURNING step_id
""")
# Locked in id order: two that close the same tasks never wait for each other in a circle.
_OUTCOMES = text("""
    SELECT step_id, state, outcome FROM task
    WHERE organization_id = :organization_id AND step_id = ANY(CAST(:steps AS uuid[]))
    ORDER BY id FOR UPDATE
""")
_CLOSE = """
    WITH closing AS MATERIALIZED (
        SELECT id FROM task
        WHERE organization_id = :organization_id AND {which} AND state = 'open'
        ORDER BY id FOR UPDATE
    )
    UPDATE task SET state = :state, closed_at = :now, reason = :reason
    FROM closing WHERE task.organization_id = :organization_id AND task.id = closing.id
    RETURNING task.id
"""
_EXPIRE = text(_CLOSE.format(which="step_id = ANY(CAST(:ids AS uuid[]))"))
_CANCEL = text(_CLOSE.format(which="enrollment_id = ANY(CAST(:ids AS uuid[]))"))


@dataclass(frozen=True, slots=True)
class Errand:
    """What a step wants done. `title` and `script` may hold merge tags; `values` are those that all share."""

    kind: str
    title: str
    script: str
    outcomes: tuple[tuple[str, str], ...]
    priority: str
    assignment: Assignment
    stream_id: UUID
    node_id: UUID
    campaign_owner: UUID | None = None
    values: Mapping[str, str | None] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Doer:
    """For whom, at which step, and by when."""

    step_id: UUID
    enrollment_id: UUID
    contact_id: UUID
    due_at: datetime
    expires_at: datetime | None


def plan_tasks(errand: Errand, people: Sequence[Doer]) -> None:
    """Make the task for everybody who has none at this step, in a fixed number of statements. Raises MergeTagsRefused."""
    if not people:
        return
    title, script = compiled(errand.title, errand.script)
    known = _known(title.names | script.names, people)
    values = [{**errand.values, **known[one.contact_id].said} for one in people]
    given = assignees(
        errand.assignment, [known[one.contact_id].owner_id for one in people], errand.campaign_owner
    )
    db().execute(
        _PLAN,
        {
            "organization_id": current_organization_id(),
            "now": clock.now(),
            "kind": errand.kind,
            "outcomes": json.dumps([{"branch": branch, "label": label} for branch, label in errand.outcomes]),
            "stream_id": errand.stream_id,
            "node_id": errand.node_id,
            "priority": PRIORITIES[errand.priority],
            "titles": [title.render(one) for one in values],
            "scripts": [script.render(one) for one in values],
            "contacts": uuid_array(one.contact_id for one in people),
            "enrollments": uuid_array(one.enrollment_id for one in people),
            "steps": uuid_array(one.step_id for one in people),
            "assignees": uuid_array(given),
            "due": [one.due_at for one in people],
            "expire": [one.expires_at for one in people],
        },
    )
    live.announce(TOPIC)


@lru_cache(512)
def compiled(title: str, script: str) -> tuple[MergeText, MergeText]:
    """Both, ready to be filled. Raises MergeTagsRefused."""
    return compile_header(title), compile_text(script)


def outcomes_at(step_ids: Sequence[UUID]) -> dict[UUID, tuple[str, str | None]]:
    """Step -> state and outcome of its task. The tasks stay locked: who does one meanwhile waits for what is decided."""
    if not step_ids:
        return {}
    bound = {"organization_id": current_organization_id(), "steps": uuid_array(step_ids)}
    return {row.step_id: (row.state, row.outcome) for row in db().execute(_OUTCOMES, bound)}


def expire_tasks(step_ids: Sequence[UUID]) -> int:
    """Nobody did them in time; returns how many were still open."""
    return _close(_EXPIRE, step_ids, "expired", "")


def cancel_tasks(enrollment_ids: Sequence[UUID], reason: str = "They left the campaign.") -> int:
    """Close what was still to be done for the enrollments: they ended, or were moved elsewhere. Returns how many."""
    return _close(_CANCEL, enrollment_ids, "cancelled", reason)


def _close(statement: Any, ids: Sequence[UUID], state: str, reason: str) -> int:
    if not ids:
        return 0
    bound = {
        "organization_id": current_organization_id(),
        "ids": uuid_array(ids),
        "state": state,
        "reason": reason,
        "now": clock.now(),
    }
    closed = db().execute(statement, bound).all()
    if closed:
        live.announce(TOPIC)
    return len(closed)


def _known(names: frozenset[str], people: Sequence[Doer]) -> dict[UUID, Row[Any]]:
    frozen = frozen_contact(names)
    bound = {
        "organization_id": current_organization_id(),
        "contacts": uuid_array({one.contact_id for one in people}),
        **frozen.parameters,
    }
    return {row.id: row for row in db().execute(text(_PEOPLE.format(values=frozen.sql)), bound)}
