"""The versions of a campaign: listed, compared, taken back; and which version of a template each campaign runs."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns.changing.applying import review_of_undoing, undo
from loumass.campaigns.changing.choices import Choices
from loumass.campaigns.changing.history import compared, running_template, versions_of
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages, tabs_of
from loumass.campaigns.pages.changing import shown, told, under_way, who
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.funnels import queries
from loumass.funnels.graph_view import template_tabs
from loumass.funnels.kinds import KINDS
from loumass.funnels.models import Template


@pages.get("/campaigns/<uuid:id>/versions")
@requires("campaigns.read")
def versions(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Every version: when, by whom, what changed, who still finishes on it."""
    campaign = get_or_404(Campaign, id)
    found = versions_of(campaign)
    return render_template(
        "campaigns/versions.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Versions"),
        versions=found,
        names={one.by_id: who(one.by_id) for one in found},
    )


@pages.get("/campaigns/<uuid:id>/versions/compare")
@requires("campaigns.read")
def compare_versions(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Two versions side by side."""
    campaign = get_or_404(Campaign, id)
    other = request.args.get("to", campaign.version, type=int)
    one = request.args.get("from", max(1, other - 1), type=int)
    return render_template(
        "campaigns/compare.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Versions"),
        numbers=range(1, campaign.version + 1),
        one=one,
        other=other,
        comparison=compared(campaign, one, other),
        kinds=KINDS,
    )


@pages.get("/campaigns/<uuid:id>/versions/undo")
@requires("campaigns.read")
def ask_undo(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What taking the latest change back does to people."""
    campaign = get_or_404(Campaign, id)
    if campaign.version == 1:
        raise NotFound
    last, review = review_of_undoing(campaign)
    return render_template("campaigns/undo.html", campaign=campaign, last=last, **shown(review, Choices()))


@pages.post("/campaigns/<uuid:id>/versions/undo")
@requires("campaigns.launch")
def undo_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Take the latest change back."""
    number = request.form.get("number", 0, type=int)
    done = undo(id, number, g.user.id)
    db().commit()
    if done.work is not None:
        return under_way(id)
    flash(
        f"Version {number} is taken back. Version {done.number} is what people walk now.{told(done)}", "done"
    )
    return redirect(url_for(".versions", id=id), 303)


@pages.get("/templates/<uuid:template_id>/campaigns")
@requires("campaigns.read")
def of_template(template_id: UUID) -> ResponseReturnValue:
    """The campaigns of a template, and which version each runs."""
    template = get_or_404(Template, template_id)
    g.within = "funnels"
    return render_template(
        "campaigns/of_template.html",
        template=template,
        publishing=queries.publishing_of([template])[template.id],
        found=running_template(template, request.args.get("after") or request.args.get("before")),
        template_tabs=template_tabs,
    )
