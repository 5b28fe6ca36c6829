"""The time machine's pages: what to simulate, how far it is, what comes of it. For campaigns and for templates."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.campaigns.preflight import media_in
from loumass.campaigns.simulating import kept
from loumass.campaigns.simulating.forms import SENDERS, SimulationForm, form_for
from loumass.campaigns.simulating.habits import habits_now
from loumass.campaigns.simulating.kept import Kept
from loumass.campaigns.simulating.outcomes import outcomes_of
from loumass.campaigns.simulating.running import begin
from loumass.campaigns.simulating.showing import Shown
from loumass.campaigns.simulating.subjects import Subject, subject_of
from loumass.campaigns.simulating.words import skipped_words
from loumass.channels.models import Channel
from loumass.channels.naming import called_in_full
from loumass.contacts import listing
from loumass.contacts.models import Contact, ContactImport
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.exports import csv_lines
from loumass.core.words import moment
from loumass.funnels.csv_format import file_name

pages = Blueprint("simulations", __name__)
MOST_IMPORTS = 50
GONE = (
    "This simulation was kept for a day, which is over. Simulate again: the same seed gives the same result."
)


@pages.get("/funnels/<uuid:graph_id>/simulate")
@requires("campaigns.read")
def new(graph_id: UUID) -> ResponseReturnValue:
    """Who walks, and what they do."""
    subject = subject_of(graph_id)
    form = _form(subject)
    form.fill(habits_now())
    return _ask(subject, form)


@pages.post("/funnels/<uuid:graph_id>/simulations")
@requires("campaigns.write")
def simulate(graph_id: UUID) -> ResponseReturnValue:
    """Simulate: at once, or as a job when there are many."""
    subject = subject_of(graph_id)
    form = _form(subject)
    if not form.validate_on_submit():
        return _ask(subject, form), 422
    run_id = begin(form.wish(graph_id), subject)
    db().commit()
    return redirect(url_for(".show", graph_id=graph_id, run_id=run_id), 303)


@pages.get("/funnels/<uuid:graph_id>/simulations/<uuid:run_id>")
@requires("campaigns.read")
def show(graph_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """What comes of it; or how far it is."""
    subject, found = subject_of(graph_id), run_or_404(graph_id, run_id)
    if found.report is None:
        return render_template("simulations/progress.html", **_of(subject), run_id=run_id, found=found)
    form = _form(subject)
    form.fill_again(found.wish)
    place = request.args.get("sender", type=int)
    senders = found.report["senders"]
    place = place if place is not None and 0 <= place < len(senders) else None
    shown, on = Shown(found.report, place), _day(request.args.get("day", ""))
    return render_template(
        "simulations/show.html",
        **_of(subject),
        run_id=run_id,
        form=form,
        habits=habits_now(),
        shown=shown,
        wish=found.wish,
        senders=senders,
        place=place,
        on=on,
        rows=shown.hours(on) if on else shown.days(),
    )


@pages.get("/funnels/<uuid:graph_id>/simulations/<uuid:run_id>/progress")
@requires("campaigns.read")
def progress(graph_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """The part that moves; one that is over sends its reader to the result."""
    found = run_or_404(graph_id, run_id)
    if found.is_over or found.is_lost:
        return "", 200, {"HX-Redirect": url_for(".show", graph_id=graph_id, run_id=run_id)}
    return render_template("simulations/_progress.html", graph_id=graph_id, run_id=run_id, found=found)


@pages.post("/funnels/<uuid:graph_id>/simulations/<uuid:run_id>/cancellation")
@requires("campaigns.write")
def cancel(graph_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """Nobody wants it any more."""
    run_or_404(graph_id, run_id)
    kept.ask_to_stop(run_id)
    return redirect(url_for(".new", graph_id=graph_id), 303)


@pages.get("/funnels/<uuid:graph_id>/simulations/<uuid:run_id>/messages.csv")
@requires("campaigns.read")
def download(graph_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """Messages per hour and sender."""
    return simulation_file(graph_id, run_id)


def simulation_file(graph_id: UUID, run_id: UUID) -> Response:
    """Messages per hour and sender. Raises NotFound once its day is over."""
    report = run_or_404(graph_id, run_id).report
    if report is None:
        raise NotFound(GONE)
    # Figures without anybody's name, made already: no session is kept until the last line was fetched.
    lines = "".join(csv_lines(("Hour", "Sender", "Messages"), Shown(report).cells()))
    name = file_name(f"simulation of {report['name']}")
    return Response(
        lines, mimetype="text/csv", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@pages.get("/funnels/<uuid:graph_id>/simulations/<uuid:run_id>/people")
@requires("contacts.read")
def people(graph_id: UUID, run_id: UUID) -> ResponseReturnValue:
    """Who gets no message at a step, for one reason."""
    subject, report = subject_of(graph_id), run_or_404(graph_id, run_id).report
    if report is None:
        raise NotFound(GONE)
    reason, node_id = request.args.get("reason", ""), request.args.get("step", "")
    count, ids = Shown(report).skipped_people(reason, node_id)
    found = db().scalars(
        select(Contact).where(Contact.id.in_([UUID(one) for one in ids])).order_by(Contact.name_key)
    )
    names = {one["id"]: one["name"] for one in report["steps"]}
    return render_template(
        "simulations/people.html",
        **_of(subject),
        run_id=run_id,
        why=skipped_words(reason),
        step=names.get(node_id, ""),
        count=count,
        contacts=found.all(),
    )


def run_or_404(graph_id: UUID, run_id: UUID) -> Kept:
    """The simulation of that funnel. Raises NotFound once its day is over."""
    found = kept.find(run_id, graph_id)
    if found is None:
        raise NotFound(GONE)
    return found


def _of(subject: Subject) -> dict[str, Any]:
    g.within = "campaigns" if subject.campaign is not None else "funnels"
    return {
        "subject": subject,
        "graph_id": subject.graph_id,
        "words_of": lambda at: moment(at, g.organization.timezone),
    }


def _ask(subject: Subject, form: SimulationForm) -> str:
    return render_template("simulations/new.html", **_of(subject), form=form, habits=habits_now())


def _form(subject: Subject) -> SimulationForm:
    form = form_for(outcomes_of(subject))
    if subject.campaign is not None:
        form.offer_sources(_sources())
    else:
        form.offer_senders(senders_of(subject))
    return form


def _sources() -> list[tuple[str, str]]:
    """Where people could be added from, as adding them offers it."""
    finished = ContactImport.state.in_(("done", "cancelled", "running"))
    newest = (
        select(ContactImport)
        .where(finished)
        .order_by(ContactImport.created_at.desc(), ContactImport.id.desc())
    )
    imports = [
        (f"import:{one.id}", f"And the import {one.file_name}")
        for one in db().scalars(newest.limit(MOST_IMPORTS))
    ]
    tags = [(f"tag:{tag_id}", f"And everybody tagged {name}") for tag_id, name in listing.tag_options()]
    return [*imports, *tags, ("everyone:", "And all other contacts")]


def senders_of(subject: Subject) -> dict[str, list[tuple[str, str]]]:
    """By medium that the template writes on, who could send; the first is chosen beforehand."""
    channels = (
        db()
        .scalars(select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name, Channel.id))
        .all()
    )
    return {
        medium: [
            (str(one.id), called_in_full(one.name, one.address)) for one in channels if one.medium == medium
        ]
        for medium in media_in(subject.graph)
        if medium in SENDERS
    }


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None
