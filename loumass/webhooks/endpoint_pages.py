"""Addresses that are told of events: added, changed, tried, switched, and told again what they missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Problem, Refused
from loumass.core.paging import page
from loumass.core.words import plural
from loumass.outgoing import endpoints, keys
from loumass.outgoing.models import WebhookCall, WebhookEndpoint
from loumass.outgoing.trying import call_once, key_for
from loumass.webhooks.outgoing_pages import STATE_NAMES, pages, shown_host

#: Kind of what happened -> its events, as the form groups them.
GROUPS = (
    ("Messages", "message."),
    ("People", "contact."),
    ("Campaigns", "enrollment."),
    ("Lists and tasks", ("import.", "task.")),
)


@pages.get("/webhooks/endpoints")
@requires("webhooks.manage")
def show_endpoints() -> ResponseReturnValue:
    """All of them, and a form for one more."""
    return _list_page()


@pages.post("/webhooks/endpoints")
@requires("webhooks.manage")
def add_endpoint() -> ResponseReturnValue:
    """One more; it is told from now on."""
    typed = _typed()
    try:
        row = endpoints.add(typed["name"], typed["url"], typed["key_name"], typed["events"], g.user.id)
    except Problem as problem:
        return _list_page(problem=problem.sentence, typed=typed), problem.status
    db().commit()
    flash(f"{row.name} is told from now on. Try it before you rely on it.", "done")
    return redirect(url_for(".show_endpoint", id=row.id), 303)


@pages.get("/webhooks/endpoints/<uuid:id>")
@requires("webhooks.manage")
def show_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One: what it is told, and every call of the last seven days."""
    return _page(endpoints.endpoint_or_404(id))


@pages.post("/webhooks/endpoints/<uuid:id>")
@requires("webhooks.manage")
def change_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Keep what was changed."""
    typed = _typed()
    try:
        row = endpoints.endpoint_or_404(id, lock=True)
        endpoints.change(row, typed["name"], typed["url"], typed["key_name"], typed["events"])
    except Refused as problem:
        db().rollback()
        return _page(endpoints.endpoint_or_404(id), problem=problem.sentence, typed=typed), 422
    db().commit()
    flash("Saved.", "done")
    return redirect(url_for(".show_endpoint", id=id), 303)


@pages.post("/webhooks/endpoints/<uuid:id>/test")
@requires("webhooks.manage")
def test_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Call it once, with nothing in it; no transaction is open meanwhile."""
    url, key_name, body = endpoints.try_of(endpoints.endpoint_or_404(id))
    key = key_for(url, key_name)
    db().commit()
    answer = call_once(url, key, body)
    if answer.is_success:
        flash(f"It answered {answer.status}. That is how it should be.", "done")
    else:
        flash(f"{answer.problem} Nothing was kept of this try.", "error")
    return redirect(url_for(".show_endpoint", id=id), 303)


@pages.post("/webhooks/endpoints/<uuid:id>/switch")
@requires("webhooks.manage")
def switch_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """On or off."""
    row = endpoints.endpoint_or_404(id, lock=True)
    if request.form.get("is_on") == "1":
        endpoints.switch_on(row)
        flash(f"{row.name} is told again. What it missed can be told as well, below.", "done")
    else:
        endpoints.switch_off(row)
        flash(f"{row.name} is off. What is under way waits.", "done")
    db().commit()
    return redirect(url_for(".show_endpoint", id=id), 303)


@pages.post("/webhooks/endpoints/<uuid:id>/replay")
@requires("webhooks.manage")
def replay_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Tell it again what failed, and what it was never told, of so many days."""
    days = request.form.get("days", 7, type=int)
    since = clock.now() - timedelta(days=min(max(days, 1), 7))
    count = endpoints.replay(endpoints.endpoint_or_404(id, lock=True), since)
    db().commit()
    flash(f"{plural(count, 'call')} on the way again." if count else "It has been told everything.", "done")
    return redirect(url_for(".show_endpoint", id=id), 303)


@pages.post("/webhooks/endpoints/<uuid:id>/removal")
@requires("webhooks.manage")
def remove_endpoint(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Tell it nothing any more."""
    row = endpoints.endpoint_or_404(id, lock=True)
    endpoints.remove(row)
    db().commit()
    flash(f"{row.name} is removed. What waited for it is taken back.", "done")
    return redirect(url_for(".show_endpoints"), 303)


def _typed() -> dict[str, Any]:
    plain = {name: request.form.get(name, "") for name in ("name", "url", "key_name")}
    return {**plain, "events": request.form.getlist("events")}


def _form() -> dict[str, Any]:
    grouped = [
        (title, [(kind, words) for kind, words in endpoints.EVENTS.items() if kind.startswith(start)])
        for title, start in GROUPS
    ]
    return {"groups": grouped, "key_names": keys.names(), "shown_host": shown_host, "words": endpoints.EVENTS}


def _list_page(problem: str = "", typed: dict[str, Any] | None = None) -> str:
    return render_template(
        "outgoing/endpoints.html", rows=endpoints.endpoints(), problem=problem, typed=typed or {}, **_form()
    )


def _page(row: WebhookEndpoint, problem: str = "", typed: dict[str, Any] | None = None) -> str:
    cursor = request.args.get("after") or request.args.get("before")
    keys_ = [WebhookCall.created_at, WebhookCall.id]
    kept = {"name": row.name, "url": row.url, "key_name": row.key_name, "events": row.events}
    return render_template(
        "outgoing/endpoint.html",
        row=row,
        page=page(endpoints.calls_of(row.id), keys_, cursor, descending=True),
        states=STATE_NAMES,
        problem=problem,
        typed=typed or kept,
        **_form(),
    )
