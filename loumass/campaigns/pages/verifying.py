"""The addresses of a campaign's people, verified before it starts."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns import creating
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages
from loumass.campaigns.preflight.quality import people_of
from loumass.contacts.verifying import asking
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404


@pages.get("/campaigns/<uuid:id>/verification")
@requires("campaigns.write")
def ask_to_verify(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """How many are known, and whether the others shall be."""
    campaign = get_or_404(Campaign, id)
    return render_template(
        "campaigns/verify.html", campaign=campaign, counts=asking.counts_of(people_of(campaign))
    )


@pages.post("/campaigns/<uuid:id>/verification")
@requires("campaigns.write")
def verify(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Verify them, and keep whether invalid ones are skipped."""
    campaign = get_or_404(Campaign, id)
    if campaign.state != "cancelled":
        creating.skip_invalid(id, request.form.get("skips_invalid") == "1")
    try:
        begun = asking.begin(people_of(campaign), campaign.name, author_id=g.user.id)
    except Refused as problem:
        db().commit()
        flash(problem.sentence, "done")
        return redirect(url_for(".launch", id=id), 303)
    db().commit()
    return redirect(url_for("verification.show", verification_id=begun.id), 303)
