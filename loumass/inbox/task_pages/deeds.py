"""What is done with one task: its outcome, a skip, a later day, another colleague."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get_or_404
from loumass.core.words import moment
from loumass.inbox import replying, snoozing
from loumass.inbox.person import person_with, surviving
from loumass.inbox.task_pages import queue
from loumass.inbox.task_pages.blueprint import pages
from loumass.inbox.task_pages.reading import address_of, filters_asked, kept_query, task_page_of, timezone
from loumass.tasks import service as tasks
from loumass.tasks.models import Task


@pages.post("/tasks/<uuid:id>/outcome")
@requires("tasks.do")
def complete(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Done: what came of it, and perhaps a note, which stands in the person's timeline as well."""
    outcome, note = request.form.get("outcome", ""), request.form.get("note", "").strip()
    following = queue.next_after(filters_asked(), get_or_404(Task, id))
    try:
        task = tasks.complete(id, outcome, note[: replying.MOST_NOTE], g.user, timezone())
        if note:
            replying.add_note(person_with(surviving(get_or_404(Contact, task.contact_id))), note, g.user)
    except (Conflict, Refused) as problem:
        db().rollback()
        typed = {"outcome": outcome, "note": note}
        page = task_page_of(get_or_404(Task, id), problem=problem.sentence, typed=typed)
        return page, problem.status
    db().commit()
    flash(f"{task.title}: {task.outcome_label}.", "done")
    return _onwards(following)


@pages.post("/tasks/<uuid:id>/skip")
@requires("tasks.do")
def skip(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Not done; they go on all the same."""
    task = get_or_404(Task, id)
    following = queue.next_after(filters_asked(), task)
    if not tasks.skip([id], g.user):
        raise Conflict(tasks.closed_words(task, timezone()))
    db().commit()
    flash(f"{task.title} is skipped. They go on with the campaign.", "done")
    return _onwards(following)


@pages.post("/tasks/<uuid:id>/snooze")
@requires("tasks.do")
def snooze(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Due again at the chosen time."""
    task = get_or_404(Task, id)
    following = queue.next_after(filters_asked(), task)
    value = request.form.get("until", "") or request.form.get("at", "")
    until = snoozing.until(value, clock.now(), timezone())
    if not tasks.put_off([id], until):
        raise Conflict(tasks.closed_words(task, timezone()))
    db().commit()
    flash(f"{task.title} comes back {moment(until, timezone())}.", "done")
    return _onwards(following)


@pages.post("/tasks/<uuid:id>/assignee")
@requires("tasks.do")
def assign(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Make it somebody's, or nobody's."""
    task = get_or_404(Task, id)
    if not tasks.give([id], user_asked()):
        raise Conflict(tasks.closed_words(task, timezone()))
    db().commit()
    return redirect(address_of(id), 303)


def user_asked() -> UUID | None:
    """Whom the form names; None for nobody."""
    value = request.form.get("user", "")
    try:
        return UUID(value) if value else None
    except ValueError as problem:
        raise Refused("There is no such person in your organization.") from problem


def _onwards(following: UUID | None) -> ResponseReturnValue:
    """To the next one, where that was asked for and there is one; else to the list."""
    if following is not None and request.form.get("then", "next") == "next":
        return redirect(address_of(following), 303)
    return redirect(url_for("tasks.index", **kept_query()), 303)
