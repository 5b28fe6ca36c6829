"""Looking at tasks: the list, and one of them with all that is needed to do it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import permitted, requires
from loumass.accounts.models import User
from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import get, get_or_404
from loumass.funnels.models import Node
from loumass.inbox import pane, snoozing
from loumass.inbox.cards import cards
from loumass.inbox.narrowing import campaigns_offered, kept
from loumass.inbox.person import Person, person_with, surviving
from loumass.inbox.task_pages import queue
from loumass.inbox.task_pages.blueprint import pages
from loumass.inbox.task_pages.filters import QUERY, Filters, counts, task_page
from loumass.messages.models import Message
from loumass.tasks.models import Task
from loumass.tasks.service import able_members, closed_words

KIND_NAMES = {"call": "Call", "linkedin": "LinkedIn", "email": "E-mail by hand", "other": "Something else"}
KIND_ICONS = {"call": "phone", "linkedin": "brand-linkedin", "email": "mail", "other": "checkbox"}
_LATEST = 6


@pages.get("/tasks")
@requires("tasks.read")
def index() -> ResponseReturnValue:
    """What is to be done, the most urgent first."""
    filters = filters_asked()
    found = task_page(filters, request.args.get("after") or request.args.get("before"))
    return render_template(
        "tasks/index.html",
        page=found,
        filters=filters,
        counts=counts(filters),
        kept=kept_query(),
        names=names_of([row[0] for row in found.items]),
        campaigns=campaigns_offered(),
        kinds=list(KIND_NAMES.items()),
        kind_names=KIND_NAMES,
        kind_icons=KIND_ICONS,
        colleagues=able_members(),
        is_filtered=bool(set(kept_query()) - {"whose", "when"}),
    )


@pages.get("/tasks/<uuid:id>")
@requires("tasks.read")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One task beside the person it is about."""
    return task_page_of(get_or_404(Task, id))


def task_page_of(task: Task, *, problem: str = "", typed: dict[str, str] | None = None) -> str:
    """The page of a task. `typed` is what a refused form held."""
    filters = filters_asked()
    contact = surviving(get_or_404(Contact, task.contact_id))
    person = person_with(contact)
    campaign, enrollment = get(Campaign, task.stream_id), get(Enrollment, task.enrollment_id)
    return render_template(
        "tasks/show.html",
        task=task,
        filters=filters,
        kept=kept_query(),
        rows=queue.around(filters, task),
        person=person,
        contact=contact,
        campaign=campaign,
        standing=enrollment.state if enrollment else "ended",
        step=get(Node, task.node_id),
        pane=pane.pane(person),
        latest=_latest(person) if permitted("inbox.read") else (),
        names=names_of([task]),
        closed=closed_words(task, timezone()) if not task.is_open else "",
        colleagues=able_members(),
        snoozes=snoozing.choices(clock.now(), timezone()),
        kind_names=KIND_NAMES,
        kind_icons=KIND_ICONS,
        problem=problem,
        typed=typed or {},
    )


def address_of(task_id: UUID) -> str:
    """The page of a task, with the filters that the reader had."""
    return url_for("tasks.show", id=task_id, **kept_query())


def filters_asked() -> Filters:
    """What the address asks for."""
    return Filters.of(request.args, g.user.id, timezone(), is_doer=permitted("tasks.do"))


def kept_query() -> dict[str, Any]:
    """The filters of this address, for links that must not lose them."""
    return kept(QUERY, request.args)


def timezone() -> str:
    """The reader's own."""
    return g.user.timezone or g.organization.timezone


def names_of(tasks: list[Task]) -> dict[UUID, str]:
    """What the people who do or did them are called."""
    ids = {one for task in tasks for one in (task.assignee_id, task.closed_by_id) if one}
    if not ids:
        return {}
    return {row.id: row.name for row in db().execute(select(User.id, User.name).where(User.id.in_(ids)))}


def _latest(person: Person) -> list[Any]:
    """What was said last with them, the latest first."""
    rows = db().scalars(
        select(Message)
        .where(person.messages(), Message.state != "cancelled")
        .order_by(Message.occurred_at.desc(), Message.id.desc())
        .limit(_LATEST)
    ).all()  # fmt: skip
    return list(cards(rows).values())
