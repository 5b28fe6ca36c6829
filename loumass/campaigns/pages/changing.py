"""A draft of change: begun, reviewed in people, applied, discarded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.campaigns.changing import choices, drafts
from loumass.campaigns.changing.applying import apply, review_of_draft
from loumass.campaigns.changing.reviewing import Review
from loumass.campaigns.models import Campaign, CampaignChange
from loumass.campaigns.pages.blueprint import pages
from loumass.campaigns.under_way import progress_of
from loumass.core.database import db
from loumass.core.errors import Conflict, Problem, Refused
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.funnels.kinds import KINDS
from loumass.funnels.models import Graph


@pages.post("/campaigns/<uuid:id>/change")
@requires("campaigns.write")
def begin_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """A draft of change: of the funnel as it is, or of a version (`from`) that it shall be brought to."""
    named = request.form.get("from", "")
    graph_id = _version(get_or_404(Campaign, id), named) if named else None
    change = drafts.begin(id, g.user.id, graph_id)
    db().commit()
    if graph_id is not None:
        return redirect(url_for(".change", id=id), 303)
    flash("This is the draft of your change. Nobody notices anything before you apply it.", "done")
    return redirect(url_for("graphs.show", graph_id=change.graph_id), 303)


def _version(campaign: Campaign, named: str) -> UUID:
    """A version of the campaign's own, or of its template: others lead nowhere."""
    try:
        graph = get_or_404(Graph, UUID(named))
    except ValueError:
        raise Refused("Choose a version from the list. Nothing was changed.") from None
    own = select(CampaignChange.before_graph_id).where(CampaignChange.campaign_id == campaign.id)
    is_own = graph.id in set(db().scalars(own))
    is_of_template = graph.published_at is not None and graph.template_id == campaign.template_id
    if not is_own and not (is_of_template and campaign.template_id):
        raise Refused("That version is not one of this campaign or of its template. Nothing was changed.")
    return graph.id


@pages.get("/campaigns/<uuid:id>/change")
@requires("campaigns.read")
def change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The review: what the draft says differently, what that means in people, and what becomes of them."""
    campaign = get_or_404(Campaign, id)
    if drafts.open_change(campaign.id) is None:
        return redirect(url_for(".versions", id=id))
    return _page(campaign, choices.Choices())


@pages.post("/campaigns/<uuid:id>/change/review")
@requires("campaigns.write")
def review_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The review counted again with the choices made so far. Changes nothing."""
    campaign = get_or_404(Campaign, id)
    try:
        chosen = choices.read_choices(request.form)
    except Refused as refusal:
        return _page(campaign, choices.Choices(), refusal.sentence), 422
    return _page(campaign, chosen)


@pages.post("/campaigns/<uuid:id>/change/apply")
@requires("campaigns.launch")
def apply_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Apply it, with what was chosen for the people."""
    campaign = get_or_404(Campaign, id)
    chosen = choices.Choices()
    try:
        chosen = choices.read_choices(request.form)
        done = apply(id, chosen, g.user.id)
    except Problem as problem:
        db().rollback()
        if drafts.open_change(campaign.id) is None:
            raise
        status = 409 if isinstance(problem, Conflict) else 422
        return _page(get_or_404(Campaign, id), chosen, problem.sentence), status
    db().commit()
    if done.work is not None:
        return under_way(id)
    flash(f"Version {done.number} is what people walk now.{told(done)}", "done")
    return redirect(url_for(".versions", id=id), 303)


def under_way(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """So many people are concerned that nobody waits for them: the campaign's page tells how far it is."""
    flash("It has begun. Nobody moves until everybody is carried over. You may leave this page.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.get("/campaigns/<uuid:id>/change/progress")
@requires("campaigns.read")
def change_progress(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """How far a change that is being applied has come; once it is over, its reader's page is loaded anew."""
    campaign = get_or_404(Campaign, id)
    progress = progress_of(campaign)
    if progress is None:
        return "", 200, {"HX-Refresh": "true"}
    return render_template("campaigns/_progress.html", campaign=campaign, under_way=progress)


@pages.post("/campaigns/<uuid:id>/change/base")
@requires("campaigns.write")
def carry_on_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Hold the draft against the campaign as it is now."""
    drafts.go_on(id)
    db().commit()
    flash("The draft is compared with the campaign as it is now.", "done")
    return redirect(url_for(".change", id=id), 303)


@pages.get("/campaigns/<uuid:id>/change/discard")
@requires("campaigns.write")
def ask_discard(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Ask: what was drawn is lost."""
    campaign = get_or_404(Campaign, id)
    draft = drafts.open_change(campaign.id)
    if draft is None:
        return redirect(url_for(".versions", id=id))
    return render_template("campaigns/discard.html", campaign=campaign, draft=draft)


@pages.post("/campaigns/<uuid:id>/change/discard")
@requires("campaigns.write")
def discard_change(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Nothing comes of it."""
    drafts.discard(id)
    db().commit()
    flash("The draft of change is discarded. The campaign goes on as it was.", "done")
    return redirect(url_for(".show", id=id), 303)


_DONE = {
    "finishing": ("person finishes on the old version", "people finish on the old version"),
    "moved": ("person was moved", "people were moved"),
    "ended": ("person left", "people left"),
    "retimed": ("person has another time", "people have another time"),
    "rewritten": ("queued message was written anew", "queued messages were written anew"),
}


def told(done: CampaignChange) -> str:
    """What became of the people, in a sentence with a space before it."""
    parts = [plural(done.people[name], *words) for name, words in _DONE.items() if done.people.get(name)]
    return f" {', '.join(parts)}." if parts else " Nobody had to be moved."


@pages.context_processor
def _drafts() -> dict[str, Any]:
    """Every page of a campaign may say that somebody works on a change of it."""
    return {
        "open_change": drafts.open_change,
        "who": who,
        "changeable": drafts.CHANGEABLE,
        "progress_of": progress_of,
    }


def who(user_id: UUID | None) -> str:
    """Somebody's name; empty for nobody."""
    user = db().get(User, user_id) if user_id else None
    return user.name if user else ""


def _page(campaign: Campaign, chosen: choices.Choices, error: str = "") -> str:
    draft = drafts.open_change(campaign.id)
    if draft is None:
        raise Conflict(f"There is no draft of change for {campaign.name} any more.")
    review = review_of_draft(campaign, draft, chosen)
    return render_template(
        "campaigns/change.html",
        campaign=campaign,
        draft=draft,
        is_outdated=drafts.is_outdated(campaign, draft),
        error=error,
        **shown(review, chosen),
    )


def shown(review: Review, chosen: choices.Choices) -> dict[str, Any]:
    """What the templates of a review need."""
    return {
        "review": review,
        "comparison": review.proposal.comparison,
        "chosen": chosen,
        "targets": review.proposal.graph.nodes,
        "offered": choices,
        "kinds": KINDS,
        "people_at": lambda node_id: url_for(".show", id=review.proposal.campaign.id, at=node_id),
    }
