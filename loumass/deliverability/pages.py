"""Whether our mail is welcome: the domains that we send from, what came back, and who is spared for a while."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.jobs import wake_all
from loumass.core.tenancy import get_or_404
from loumass.deliverability import braking, domains, watching
from loumass.deliverability.models import SendingDomain

pages = Blueprint("deliverability", __name__)
CHECK = "deliverability.check"
MOST = 100


@pages.get("/deliverability")
@requires("channels.read")
def index() -> ResponseReturnValue:
    """Every domain with its state, every channel against its budgets, every domain of recipients that rests."""
    return render_template(
        "deliverability/index.html",
        domains=db().scalars(select(SendingDomain).order_by(SendingDomain.name).limit(MOST)).all(),
        channels=watching.watched(MOST),
        braked=braking.braked_domains(),
    )


@pages.get("/deliverability/domains/<uuid:id>")
@requires("channels.read")
def domain(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What DNS says of one domain, and what to publish."""
    return _domain_page(get_or_404(SendingDomain, id))


@pages.post("/deliverability/domains/<uuid:id>/check")
@requires("channels.write")
def check(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Look it up again, after this request."""
    found = get_or_404(SendingDomain, id)
    wake_all([Wake(CHECK, (str(id),), clock.now())], is_urgent=True)
    db().commit()
    flash(f"{found.name} is being looked up. This page shows the answer in a moment.", "done")
    return redirect(url_for(".domain", id=id), 303)


@pages.post("/deliverability/domains/<uuid:id>/selectors")
@requires("channels.write")
def selectors(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Where the keys of signatures stand; looked up at once."""
    found = get_or_404(SendingDomain, id, lock=True)
    typed = request.form.get("selectors", "")
    try:
        domains.change_selectors(found, typed)
    except Refused as refusal:
        return _domain_page(found, typed, refusal.sentence), 422
    wake_all([Wake(CHECK, (str(id),), clock.now())], is_urgent=True)
    db().commit()
    flash("Saved. The domain is being looked up.", "done")
    return redirect(url_for(".domain", id=id), 303)


@pages.post("/deliverability/channels/<uuid:id>/release")
@requires("channels.write")
def release(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """A person has looked: the channel sends at its own pace again."""
    channel = get_or_404(Channel, id, lock=True)
    if not channel.brake_gap_seconds or channel.state != "active":
        raise Conflict(f"{channel.name} is not slowed any more. Nothing was changed.")
    braking.forgive(channel)
    db().commit()
    flash(f"{channel.name} sends at its own pace again.", "done")
    return redirect(url_for(".index"), 303)


@pages.post("/deliverability/recipients/release")
@requires("channels.write")
def release_domain() -> ResponseReturnValue:
    """Write to a domain of recipients again before it has cooled down."""
    name = request.form.get("domain", "")
    braking.release_domain(name)
    db().commit()
    flash(f"Campaigns write to {name} again.", "done")
    return redirect(url_for(".index"), 303)


@pages.get("/deliverability/alerts")
@requires("dashboard.read")
def alerts() -> ResponseReturnValue:
    """What was braked in the last minutes, as notes for the page that asks because it heard of it."""
    return render_template("deliverability/_notes.html", notes=watching.latest())


def _domain_page(found: SendingDomain, typed: str | None = None, problem: str = "") -> str:
    values: dict[str, Any] = {"typed": " ".join(found.selectors) if typed is None else typed}
    return render_template(
        "deliverability/domain.html",
        domain=found,
        senders=domains.senders_of(found),
        problem=problem,
        **values,
    )
