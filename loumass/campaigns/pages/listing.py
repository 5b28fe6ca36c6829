"""All campaigns, with how far each is."""

from __future__ import annotations

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from loumass.accounts.guards import requires
from loumass.accounts.models import User
from loumass.campaigns.counting import figures_of
from loumass.campaigns.models import CAMPAIGN_STATES, Campaign
from loumass.campaigns.pages.blueprint import pages
from loumass.core.database import db
from loumass.core.paging import page


@pages.get("/campaigns")
@requires("campaigns.read")
def index() -> ResponseReturnValue:
    """Newest first; by name and state."""
    words, state = request.args.get("q", "").strip()[:200], request.args.get("state", "")
    statement = select(Campaign)
    if words:
        statement = statement.where(Campaign.name.icontains(words, autoescape=True))
    if state in CAMPAIGN_STATES:
        statement = statement.where(Campaign.state == state)
    cursor = request.args.get("after") or request.args.get("before")
    found = page(statement, (Campaign.created_at, Campaign.id), cursor, descending=True)
    owner_ids = {campaign.owner_id for campaign in found.items if campaign.owner_id}
    return render_template(
        "campaigns/index.html",
        found=found,
        figures=figures_of([campaign.id for campaign in found.items]),
        owners={user.id: user for user in db().scalars(select(User).where(User.id.in_(owner_ids)))},
        states=_states(),
        is_filtered=bool(words or state),
    )


def _states() -> list[tuple[str, str, int]]:
    """The states that occur: (value, label, campaigns)."""
    rows = db().execute(select(Campaign.state, func.count()).group_by(Campaign.state))
    counts = {state: count for state, count in rows}  # noqa: C416  Row is no pair to the type checker
    return [(state, state.capitalize(), counts[state]) for state in CAMPAIGN_STATES if state in counts]
