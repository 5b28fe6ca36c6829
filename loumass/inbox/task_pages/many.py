"""What is done with many tasks at once: given to a colleague, put off, skipped."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.contacts.listing import id_of
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.words import moment, plural
from loumass.inbox import snoozing
from loumass.inbox.task_pages.blueprint import pages
from loumass.inbox.task_pages.deeds import user_asked
from loumass.inbox.task_pages.filters import tasks_where
from loumass.inbox.task_pages.reading import filters_asked, kept_query, timezone
from loumass.tasks import service as tasks
from loumass.tasks.models import Task

_MOST_CHOSEN = 5_000


@pages.post("/tasks/chosen")
@requires("tasks.do")
def change_chosen() -> ResponseReturnValue:
    """`act`: assign (to `user`), snooze until tomorrow morning, or skip, which is asked first."""
    ids, act = _chosen(), request.form.get("act", "")
    if act == "skip" and "is_sure" not in request.form:
        return render_template("tasks/skip.html", ids=ids, tasks=plural(len(ids), "task"), kept=kept_query())
    said = _done(act, ids)
    db().commit()
    flash(said, "done")
    return redirect(url_for(".index", **kept_query()), 303)


def _done(act: str, ids: list[UUID]) -> str:
    if act == "skip":
        return f"{plural(tasks.skip(ids, g.user), 'task is', 'tasks are')} skipped. They go on with their campaigns."
    if act == "snooze":
        until = snoozing.until("tomorrow", clock.now(), timezone())
        return f"{plural(tasks.put_off(ids, until), 'task comes', 'tasks come')} back {moment(until, timezone())}."
    if act == "assign":
        given = tasks.give(ids, user_asked())
        return f"{plural(given, 'task has', 'tasks have')} a new owner."
    raise Refused("Choose what becomes of them. Nothing was changed.")


def _chosen() -> list[UUID]:
    if request.form.get("everything") == "1":
        rows = db().execute(
            tasks_where(filters_asked().conditions()).with_only_columns(Task.id).limit(_MOST_CHOSEN)
        )
        ids = [row.id for row in rows]
    else:
        ids = [one for one in map(id_of, request.form.getlist("ids")) if one][:_MOST_CHOSEN]
    if not ids:
        raise Refused("Choose at least one task first. Nothing was changed.")
    if db().scalar(select(Task.id).where(Task.id.in_(ids)).limit(1)) is None:
        raise NotFound("None of these tasks is here any more. Nothing was changed.")
    return ids
