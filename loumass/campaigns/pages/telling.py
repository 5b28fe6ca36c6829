"""Who was told of the event what is not true any more: listed, tagged, added to a campaign that tells them."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns import told
from loumass.campaigns.enrolling import enroll
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.adding import told as told_of_adding
from loumass.campaigns.pages.blueprint import pages, tabs_of
from loumass.contacts import bulk
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural

_MOST_CAMPAIGNS = 100


@pages.get("/campaigns/<uuid:id>/told")
@requires("campaigns.read")
def told_of_event(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Them, what they were told and when; and two ways to write to them."""
    campaign = get_or_404(Campaign, id)
    return render_template(
        "campaigns/told.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Settings"),
        found=told.told_page(campaign, request.args.get("after") or request.args.get("before")),
        count=told.how_many_told(campaign),
        now=told.values_now(campaign),
        others=_others(campaign),
    )


@pages.post("/campaigns/<uuid:id>/told/tag")
@requires("contacts.write")
def tag_told(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """All of them get a tag."""
    campaign = get_or_404(Campaign, id)
    count, names = bulk.tag(told.told_people(campaign), request.form.get("tags", ""))
    audit("campaign.told_tagged", "campaign", campaign.id, people=count)
    db().commit()
    flash(f"{plural(count, 'person has', 'people have')} the tag {', '.join(names)} now.", "done")
    return redirect(url_for(".told_of_event", id=id), 303)


@pages.post("/campaigns/<uuid:id>/told/campaign")
@requires("campaigns.write")
def add_told(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """All of them enter another campaign, which tells them."""
    campaign = get_or_404(Campaign, id)
    try:
        other = get_or_404(Campaign, UUID(request.form.get("campaign", "")))
    except ValueError:
        raise Refused("Choose a campaign first. Nobody was added.") from None
    result = enroll(other.id, told.told_people(campaign))
    audit("campaign.people_added", "campaign", other.id, people=result.added, source="told")
    db().commit()
    flash(told_of_adding(result, other.name), "done")
    return redirect(url_for(".show", id=other.id), 303)


def _others(campaign: Campaign) -> list[Campaign]:
    usable = Campaign.state.in_(("draft", "scheduled", "running", "paused")) & (Campaign.id != campaign.id)
    newest = select(Campaign).where(usable).order_by(Campaign.created_at.desc(), Campaign.id)
    return list(db().scalars(newest.limit(_MOST_CAMPAIGNS)))
