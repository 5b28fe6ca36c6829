"""What arrived and could not be understood: shown, tried again, never thrown away."""

from __future__ import annotations

from uuid import UUID

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.jobs import wake_all
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.deliveries import service as deliveries
from loumass.deliveries.models import Delivery
from loumass.events.parked import parked, tell_again
from loumass.webhooks.jobs import receive

pages = Blueprint("deliveries", __name__)


@pages.get("/deliveries")
@requires("channels.read")
def index() -> ResponseReturnValue:
    """Failed deliveries, newest first."""
    cursor = request.args.get("after") or request.args.get("before")
    statement = (
        select(Delivery, Channel)
        .join(
            Channel,
            (Channel.organization_id == Delivery.organization_id) & (Channel.id == Delivery.channel_id),
        )
        .where(Delivery.state == "failed")
    )
    found = page(statement, [Delivery.received_at, Delivery.id], cursor, descending=True)
    return render_template(
        "webhooks/deliveries.html", page=found, total=deliveries.count_failed(), parked=parked()
    )


@pages.get("/deliveries/<uuid:id>")
@requires("channels.write")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The raw item as a file, so that a developer can look at it."""
    return raw_file(get_or_404(Delivery, id))


def raw_file(delivery: Delivery) -> Response:
    """The file; that somebody looked is noted."""
    audit("delivery.downloaded", "delivery", delivery.id)
    db().commit()
    return Response(
        delivery.body,
        mimetype="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="delivery-{delivery.id}.bin"'},
    )


@pages.post("/deliveries/retry")
@requires("channels.write")
def retry() -> ResponseReturnValue:
    """Try the chosen ones again, or all; or tell the news again that a listener could not take in."""
    if request.form.get("news"):
        return _tell_again()
    everything = bool(request.form.get("everything"))
    channels = deliveries.try_again(None if everything else _chosen())
    wake_all([receive.wake(clock.now(), str(channel_id)) for channel_id in channels])
    db().commit()
    if channels:
        flash(f"They are tried again now, on {plural(len(channels), 'channel')}.", "done")
    else:
        flash("Nothing was waiting to be tried again.", "done")
    return redirect(url_for(".index"))


def _tell_again() -> ResponseReturnValue:
    count = tell_again()
    audit("events.told_again", count=count)
    db().commit()
    flash(
        f"{plural(count, 'piece')} of news told again now."
        if count
        else "Nothing was waiting to be told again.",
        "done",
    )
    return redirect(url_for(".index"))


def _chosen() -> list[UUID]:
    try:
        chosen = [UUID(one) for one in request.form.getlist("ids")]
    except ValueError as problem:
        raise Refused("This form is damaged. Load the page again.") from problem
    if not chosen:
        raise Refused("Nothing was chosen. Tick those that should be tried again.")
    if not deliveries.known(chosen):
        raise NotFound
    return chosen
