"""What is to be done by hand."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Id, Ids, Moment, PageOut, PageQuery, RowModel, paged
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.inbox import replying
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.conversations import AssignBody
from loumass.inbox.person import person_with, surviving
from loumass.tasks import service as tasks
from loumass.tasks.models import Task

ONE = "/tasks/<uuid:task_id>"


class TaskQuery(PageQuery):
    """Open or closed ones; of a colleague or of nobody, of a campaign, about a person, due before some time."""

    state: Literal["open", "done", "skipped", "expired", "cancelled"] = "open"
    assignee: Id | Literal["nobody"] | None = None
    campaign: Id | None = None
    contact: Id | None = None
    due_before: Moment | None = None


class TaskOut(RowModel):
    """A to-do about a person in a campaign. `outcomes` are what it may come to: name of the way and words."""

    id: UUID
    kind: str
    title: str
    script: str
    outcomes: list[Any]
    contact_id: UUID
    stream_id: UUID
    assignee_id: UUID | None
    priority: int
    due_at: datetime
    expires_at: datetime | None
    state: str
    outcome: str | None
    note: str
    closed_at: datetime | None


class DoneBody(ApiModel):
    """What came of it, and perhaps a note, which stands in the person's timeline as well."""

    outcome: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[^\x00]+$")]
    note: Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")] = ""


class LaterBody(ApiModel):
    """When it is due again."""

    until: Moment


class ManyBody(Ids):
    """What becomes of many: given to `user_id` (null: nobody), put off `until`, or skipped."""

    act: Literal["assign", "snooze", "skip"]
    user_id: Id | None = None
    until: Moment | None = None


@endpoint(api, "GET", "/tasks", asks=TaskQuery, answers=PageOut[TaskOut])
@requires("tasks.read")
def list_tasks(query: TaskQuery) -> PageOut[TaskOut]:
    """Tasks, the most urgent first."""
    statement = select(Task).where(Task.state == query.state)
    if query.assignee:
        whose = (
            Task.assignee_id.is_(None) if query.assignee == "nobody" else Task.assignee_id == query.assignee
        )
        statement = statement.where(whose)
    if query.contact:
        statement = statement.where(Task.contact_id == query.contact)
    if query.due_before:
        statement = statement.where(Task.due_at < query.due_before)
    if query.campaign:
        statement = statement.where(Task.stream_id == query.campaign)
    keys = [Task.priority, Task.due_at, Task.id]
    return paged(page(statement, keys, query.cursor, size=query.limit), TaskOut.of)


@endpoint(api, "POST", "/tasks/chosen", takes=ManyBody, answers=Done)
@requires("tasks.do")
def change_tasks(body: ManyBody) -> Done:
    """The same for many tasks; those that are closed already stay as they are."""
    if db().scalar(select(Task.id).where(Task.id.in_(body.ids)).limit(1)) is None:
        raise NotFound("None of these tasks is here any more. Nothing was changed.")
    if body.act == "skip":
        count = tasks.skip(body.ids, g.user)
    elif body.act == "assign":
        count = tasks.give(body.ids, body.user_id)
    elif body.until is None:
        raise Refused("Say `until` when. Nothing was changed.")
    else:
        count = tasks.put_off(body.ids, body.until)
    return Done(done=f"{plural(count, 'task is', 'tasks are')} changed.", count=count)


@endpoint(api, "GET", ONE, answers=TaskOut)
@requires("tasks.read")
def read_task(task_id: UUID) -> TaskOut:
    """One task."""
    return TaskOut.of(get_or_404(Task, task_id))


@endpoint(api, "POST", f"{ONE}/complete", takes=DoneBody, answers=TaskOut)
@requires("tasks.do")
def complete_task(task_id: UUID, body: DoneBody) -> TaskOut:
    """Done: the person goes on by what came of it."""
    note = body.note.strip()
    task = tasks.complete(task_id, body.outcome, note[: replying.MOST_NOTE], g.user, _timezone())
    if note:
        replying.add_note(person_with(surviving(get_or_404(Contact, task.contact_id))), note, g.user)
    return TaskOut.of(task)


@endpoint(api, "POST", f"{ONE}/skip", answers=TaskOut)
@requires("tasks.do")
def skip_task(task_id: UUID) -> TaskOut:
    """Not done; the person goes on all the same."""
    return _unless_closed(task_id, tasks.skip([get_or_404(Task, task_id).id], g.user))


@endpoint(api, "POST", f"{ONE}/snooze", takes=LaterBody, answers=TaskOut)
@requires("tasks.do")
def snooze_task(task_id: UUID, body: LaterBody) -> TaskOut:
    """Due again at another time."""
    return _unless_closed(task_id, tasks.put_off([get_or_404(Task, task_id).id], body.until))


@endpoint(api, "PUT", f"{ONE}/assignee", takes=AssignBody, answers=TaskOut)
@requires("tasks.do")
def assign_task(task_id: UUID, body: AssignBody) -> TaskOut:
    """Make it somebody's, or nobody's."""
    return _unless_closed(task_id, tasks.give([get_or_404(Task, task_id).id], body.user_id))


def _unless_closed(task_id: UUID, count: int) -> TaskOut:
    task = get_or_404(Task, task_id)
    if not count:
        raise Conflict(tasks.closed_words(task, _timezone()))
    db().refresh(task)
    return TaskOut.of(task)


def _timezone() -> str:
    return g.user.timezone or g.organization.timezone
