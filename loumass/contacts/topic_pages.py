"""The list of topics: added to, archived, and how many people do not want each."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.contacts import topics
from loumass.contacts.models import Topic
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404

pages = Blueprint("topics", __name__)


@pages.get("/topics")
@requires("contacts.read")
def index() -> ResponseReturnValue:
    """Every topic in use."""
    return _page()


@pages.post("/topics")
@requires("campaigns.write")
def add() -> ResponseReturnValue:
    """One more; an archived one of the same name comes back."""
    name, description = request.form.get("name", ""), request.form.get("description", "")
    try:
        topic = topics.add(name, description)
    except Refused as refusal:
        return _page(refusal.sentence, name, description), 422
    db().commit()
    flash(f"{topic.name} is a topic now. Choose it in a campaign's settings.", "done")
    return redirect(url_for(".index"), 303)


@pages.post("/topics/<uuid:id>/archival")
@requires("campaigns.write")
def archive(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Nobody is asked about it any more."""
    topic = get_or_404(Topic, id, lock=True)
    if topic.archived_at is not None:
        raise NotFound("This topic was archived already.")
    topics.archive(topic)
    db().commit()
    flash(f"{topic.name} is archived. Who did not want it is still not written to about it.", "done")
    return redirect(url_for(".index"), 303)


def _page(problem: str = "", name: str = "", description: str = "") -> str:
    return render_template(
        "contacts/topics.html",
        topics=topics.topics(),
        refusals=topics.refusals_by_topic(),
        problem=problem,
        name=name,
        description=description,
    )
