"""What a person does with tasks: done with an outcome, skipped, put off, given to somebody else."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.accounts.models import User
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.core.words import moment
from loumass.events.service import publish_all
from loumass.tasks.assigning import able_members
from loumass.tasks.models import Task, label_of
from loumass.tasks.planning import TOPIC

_LOCKED = """
    WITH chosen AS MATERIALIZED (
        SELECT id FROM task
        WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[])) AND state = 'open'
        ORDER BY id FOR UPDATE
    )
"""
_CLOSE = text(f"""
    {_LOCKED}
    UPDATE task SET state = :state, outcome = :outcome, note = :note, closed_at = :now, closed_by_id = :user_id
    FROM chosen WHERE task.organization_id = :organization_id AND task.id = chosen.id
    RETURNING task.id, task.kind, task.outcomes, task.outcome, task.contact_id, task.stream_id, task.enrollment_id, task.node_id
""")
_GIVE = text(f"""
    {_LOCKED}
    UPDATE task SET assignee_id = :user_id
    FROM chosen WHERE task.organization_id = :organization_id AND task.id = chosen.id
    RETURNING task.id
""")
_PUT_OFF = text(f"""
    {_LOCKED}
    UPDATE task SET due_at = :until
    FROM chosen WHERE task.organization_id = :organization_id AND task.id = chosen.id
    RETURNING task.id
""")
_STATES = {
    "done": "did this",
    "skipped": "skipped this",
    "expired": "Nobody did this in time",
    "cancelled": "This was cancelled",
}


def complete(task_id: UUID, branch: str, note: str, user: User, timezone: str) -> Task:
    """Done, with the outcome that leaves by `branch`; the enrollment goes on once.

    Raises NotFound; Refused for an outcome that is not its own; Conflict, naming who was quicker, when it is closed.
    """
    task = get_or_404(Task, task_id)
    if not label_of(task.outcomes, branch):
        raise Refused("Choose what came of it first. Nothing was saved.")
    closed = _closed([task_id], user, "done", branch, note)
    db().refresh(task)
    if not closed:
        raise Conflict(closed_words(task, timezone))
    return task


def skip(task_ids: Sequence[UUID], user: User) -> int:
    """They go on by the step's `next`; returns how many were still open."""
    return len(_closed(task_ids, user, "skipped", None, ""))


def give(task_ids: Sequence[UUID], user_id: UUID | None) -> int:
    """Make them somebody's, or nobody's; returns how many. Raises Refused for who may not do tasks here."""
    if user_id is not None and user_id not in {one.id for one in able_members()}:
        raise Refused("Choose somebody of your organization who does tasks. Nothing was changed.")
    return _changed(_GIVE, task_ids, user_id=user_id)


def put_off(task_ids: Sequence[UUID], until: datetime) -> int:
    """Due again at `until`; returns how many."""
    return _changed(_PUT_OFF, task_ids, until=until)


def closed_words(task: Task, timezone: str) -> str:
    """Who closed it, when and how, as a sentence."""
    who = db().get(User, task.closed_by_id) if task.closed_by_id else None
    words = f"{who.name} {_STATES[task.state]}" if who else _STATES[task.state]
    outcome = f": {task.outcome_label}" if task.outcome_label else ""
    return f"{words} {moment(task.closed_at, timezone)}{outcome}."


def _closed(
    task_ids: Sequence[UUID], user: User, state: str, outcome: str | None, note: str
) -> Sequence[Row[Any]]:
    bound = _bound(task_ids, state=state, outcome=outcome, note=note, now=clock.now(), user_id=user.id)
    rows = db().execute(_CLOSE, bound).all()
    publish_all(f"task.{state}", [_fact(row, user.id) for row in rows])
    if rows:
        live.announce(TOPIC)
    return rows


def _changed(statement: Any, task_ids: Sequence[UUID], **more: Any) -> int:
    rows = db().execute(statement, _bound(task_ids, **more)).all()
    if rows:
        live.announce(TOPIC)
    return len(rows)


def _fact(row: Row[Any], user_id: UUID) -> dict[str, Any]:
    """The outcome is the step's own word, and nothing personal."""
    return {
        "contact_id": row.contact_id,
        "campaign_id": row.stream_id,
        "enrollment_id": row.enrollment_id,
        "node_id": row.node_id,
        "user_id": user_id,
        "facts": {"task": row.id, "kind": row.kind, "outcome": label_of(row.outcomes, row.outcome)},
    }


def _bound(task_ids: Sequence[UUID], **more: Any) -> dict[str, Any]:
    return {"organization_id": current_organization_id(), "ids": list(task_ids), **more}
