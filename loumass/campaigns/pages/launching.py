"""Looking everything over, and starting: now, or at a time."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns import starting
from loumass.campaigns.counting import figures_of
from loumass.campaigns.forms import ScheduleForm
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import city, home, pages
from loumass.campaigns.preflight import findings_of
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404, seeing_everything
from loumass.core.words import moment


@pages.get("/campaigns/<uuid:id>/launch")
@requires("campaigns.read")
def launch(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everything that would stop it, with its remedies, and the two ways to start."""
    campaign = get_or_404(Campaign, id)
    if campaign.state not in ("draft", "scheduled"):
        return redirect(url_for(".show", id=id))
    return _page(campaign, ScheduleForm())


@pages.post("/campaigns/<uuid:id>/start")
@requires("campaigns.launch")
def start(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Start it now."""
    get_or_404(Campaign, id)
    try:
        # What would stop it concerns everybody inside, whoever's people they are.
        with seeing_everything():
            campaign = starting.start(id)
    except Refused as refusal:
        flash(refusal.sentence, "error")
        return redirect(url_for(".launch", id=id), 303)
    db().commit()
    flash(f"{campaign.name} is running. The first messages go out as soon as their channels allow.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.post("/campaigns/<uuid:id>/schedule")
@requires("campaigns.launch")
def schedule(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Start it by itself at a time."""
    form = ScheduleForm()
    campaign = get_or_404(Campaign, id)
    if not form.validate_on_submit():
        return _page(campaign, form), 422
    at = form.moment(home())
    try:
        with seeing_everything():
            starting.schedule(id, at)
    except Refused as refusal:
        form.at.errors = [refusal.sentence]
        return _page(campaign, form), 422
    db().commit()
    flash(f"{campaign.name} starts {moment(at, home().key)}, {city(home().key)} time.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.post("/campaigns/<uuid:id>/unschedule")
@requires("campaigns.launch")
def unschedule(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """It does not start by itself any more."""
    campaign = starting.unschedule(id)
    db().commit()
    flash(f"{campaign.name} is a draft again.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.post("/campaigns/<uuid:id>/override")
@requires("campaigns.override")
def override(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Let it start against the rules for bulk mail; the reason is kept."""
    campaign = starting.override(id, request.form.get("reason", ""), g.user.id)
    db().commit()
    flash(f"{campaign.name} may start. Your reason is kept with it.", "done")
    return redirect(url_for(".launch", id=id), 303)


def _page(campaign: Campaign, form: ScheduleForm) -> str:
    with seeing_everything():
        findings = findings_of(campaign)
    return render_template(
        "campaigns/launch.html",
        campaign=campaign,
        findings=findings,
        links={finding: url_for(finding.link[1], **finding.link[2]) for finding in findings if finding.link},
        errors=sum(finding.severity == "error" for finding in findings),
        warnings=sum(finding.severity == "warning" for finding in findings),
        figures=figures_of([campaign.id])[campaign.id],
        form=form,
        city=city(home().key),
        may_override=any(finding.code == "bulk" for finding in findings),
    )
