"""Paused, resumed, cancelled: each with what it does to the people inside."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns import states
from loumass.campaigns.backlog import CHOICES, Backlog, Choice, backlog_of
from loumass.campaigns.counting import figures_of
from loumass.campaigns.forms import ResumeForm
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages
from loumass.campaigns.walked import walked
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.funnels.service import graph_of
from loumass.messages.service import past_due

HINTS = {
    "continue": "Everything that is due goes out as fast as the channels' caps and windows allow.",
    "spread": "Everybody gets a turn, in the order in which they became due.",
    "skip": "They go on to the next step without the message that is past due. What comes after a later wait is sent.",
    "end": "They leave the campaign. Nothing more goes out to them.",
}


@pages.post("/campaigns/<uuid:id>/pause")
@requires("campaigns.launch")
def pause(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Stop it where it is."""
    campaign = states.pause(id, g.user.id)
    waiting = past_due(campaign.id).count
    db().commit()
    queued = f" {plural(waiting, 'message waits', 'messages wait')}, none is lost." if waiting else ""
    flash({"text": f"{campaign.name} is paused.{queued}", "undo": url_for(".resume", id=id)}, "done")  # pyright: ignore[reportArgumentType]  a mapping is what the toast shows
    return redirect(url_for(".show", id=id), 303)


@pages.get("/campaigns/<uuid:id>/resume")
@requires("campaigns.launch")
def ask_resume(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What became due meanwhile, by step, and what may become of it."""
    campaign = get_or_404(Campaign, id)
    return _resume_page(campaign, backlog_of(campaign), ResumeForm())


@pages.post("/campaigns/<uuid:id>/resume")
@requires("campaigns.launch")
def resume(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Let it run again; first ask what becomes of those who are long past due."""
    campaign = get_or_404(Campaign, id)
    backlog, form = backlog_of(campaign), ResumeForm()
    if campaign.state == "paused" and backlog.people and not form.what.data:
        return redirect(url_for(".ask_resume", id=id), 303)
    if backlog.people and not form.validate_on_submit():
        return _resume_page(campaign, backlog, form), 422
    choice = Choice(form.what.data, form.hours.data or 0) if backlog.people else None
    states.resume(id, choice)
    db().commit()
    said = f" {CHOICES[choice.what]}: {plural(backlog.people, 'person', 'people')}." if choice else ""
    flash(f"{campaign.name} is running again.{said}", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.get("/campaigns/<uuid:id>/cancellation")
@requires("campaigns.launch")
def ask_cancel(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Ask, with the numbers."""
    campaign = get_or_404(Campaign, id)
    figures = figures_of([campaign.id])[campaign.id]
    return render_template("campaigns/cancel.html", campaign=campaign, figures=figures)


@pages.post("/campaigns/<uuid:id>/cancellation")
@requires("campaigns.launch")
def cancel(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """End it for everybody."""
    campaign = states.cancel(id)
    db().commit()
    flash(f"{campaign.name} is cancelled. Nothing goes out any more.", "done")
    return redirect(url_for(".show", id=id), 303)


def _resume_page(campaign: Campaign, backlog: Backlog, form: ResumeForm) -> str:
    here = walked(graph_of(campaign.graph_id), [step.node_id for step in backlog.steps])
    names = {node.id: node.name for node in here.graph.nodes}
    return render_template(
        "campaigns/resume.html", campaign=campaign, backlog=backlog, form=form, names=names, hints=HINTS
    )
