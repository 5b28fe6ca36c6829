"""Calls to other systems as admins see them: the log, one call with its attempts, and the keys."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.campaigns.models import Campaign
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Problem
from loumass.core.paging import page
from loumass.core.tenancy import get, get_or_404
from loumass.funnels.models import Node
from loumass.outgoing import keys, resending
from loumass.outgoing.models import (
    STATES,
    WebhookAttempt,
    WebhookCall,
    WebhookEndpoint,
    WebhookHost,
    WebhookKey,
)

pages = Blueprint("outgoing", __name__)
STATE_NAMES = {
    "queued": "Waiting",
    "calling": "Being called",
    "delivered": "Answered",
    "failed": "Given up",
    "cancelled": "Cancelled",
}
_OFFERED = 100


@pages.get("/webhooks")
@requires("webhooks.manage")
def index() -> ResponseReturnValue:
    """The calls, the latest first; hosts that rest stand on top."""
    state, host = request.args.get("state", ""), request.args.get("host", "")
    found = (
        select(WebhookCall, Contact, Campaign, WebhookEndpoint)
        .outerjoin(
            Contact,
            (Contact.organization_id == WebhookCall.organization_id) & (Contact.id == WebhookCall.contact_id),
        )
        .outerjoin(
            Campaign,
            (Campaign.organization_id == WebhookCall.organization_id)
            & (Campaign.id == WebhookCall.stream_id),
        )
        .outerjoin(
            WebhookEndpoint,
            (WebhookEndpoint.organization_id == WebhookCall.organization_id)
            & (WebhookEndpoint.id == WebhookCall.endpoint_id),
        )
    )
    if state in STATES:
        found = found.where(WebhookCall.state == state)
    if host:
        found = found.where(WebhookCall.host == host)
    cursor = request.args.get("after") or request.args.get("before")
    hosts = db().scalars(select(WebhookHost).order_by(WebhookHost.host).limit(_OFFERED)).all()
    return render_template(
        "outgoing/index.html",
        page=page(found, [WebhookCall.created_at, WebhookCall.id], cursor, descending=True),
        states=STATE_NAMES,
        hosts=[(one.host, shown_host(one.host)) for one in hosts],
        resting=[one for one in hosts if one.rests_until and one.rests_until > clock.now()],
        shown_host=shown_host,
        is_filtered=bool(state or host),
    )


@pages.get("/webhooks/<uuid:id>")
@requires("webhooks.manage")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One call: what was said, by which key, and every attempt."""
    call = get_or_404(WebhookCall, id)
    attempts = db().scalars(
        select(WebhookAttempt).where(WebhookAttempt.call_id == id).order_by(WebhookAttempt.number.desc())
    ).all()  # fmt: skip
    key = db().scalars(select(WebhookKey).where(WebhookKey.name == call.key_name)).one_or_none()
    return render_template(
        "outgoing/show.html",
        call=call,
        attempts=attempts,
        contact=get(Contact, call.contact_id) if call.contact_id else None,
        campaign=get(Campaign, call.stream_id) if call.stream_id else None,
        step=get(Node, call.node_id) if call.node_id else None,
        endpoint=get(WebhookEndpoint, call.endpoint_id) if call.endpoint_id else None,
        header_names=key.header_names if key else [],
        states=STATE_NAMES,
        shown_host=shown_host,
    )


@pages.post("/webhooks/<uuid:id>/resend")
@requires("webhooks.manage")
def resend(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Call once more, with the same id."""
    resending.resend(id)
    db().commit()
    flash("It is called again now, with the same id.", "done")
    return redirect(url_for(".show", id=id), 303)


@pages.get("/webhooks/keys")
@requires("webhooks.manage")
def show_keys() -> ResponseReturnValue:
    """What calls are signed with."""
    return _keys_page()


@pages.post("/webhooks/keys")
@requires("webhooks.manage")
def add_key() -> ResponseReturnValue:
    """A named key for one host, with headers that go along."""
    typed = {name: request.form.get(name, "") for name in ("name", "host", "secret", "headers")}
    try:
        row = keys.add(typed["name"], typed["host"], typed["secret"], typed["headers"])
    except Problem as problem:
        return _keys_page(problem=problem.sentence, typed=typed), problem.status
    db().commit()
    flash(f"{row.name} can be chosen in steps now.", "done")
    return redirect(url_for(".show_keys"), 303)


@pages.post("/webhooks/keys/own")
@requires("webhooks.manage")
def make_own_key() -> ResponseReturnValue:
    """Your organization's own, before the first call makes it."""
    keys.make_own()
    db().commit()
    return redirect(url_for(".show_keys"), 303)


@pages.post("/webhooks/keys/<uuid:id>/secret")
@requires("webhooks.manage")
def show_secret(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The secret, for whoever sets up the receiver; that is noted."""
    row = get_or_404(WebhookKey, id)
    secret = keys.secret_of(row)
    db().commit()
    return _keys_page(shown={"id": row.id, "secret": secret}), 200, {"Cache-Control": "no-store"}


@pages.post("/webhooks/keys/<uuid:id>/change-over")
@requires("webhooks.manage")
def change_over(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """A new secret; the old one signs as well for a day."""
    keys.change_over(id)
    db().commit()
    flash("It has a new secret. The one before signs as well for 24 hours.", "done")
    return redirect(url_for(".show_keys"), 303)


@pages.post("/webhooks/keys/<uuid:id>/removal")
@requires("webhooks.manage")
def remove_key(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Forget a key."""
    name = keys.remove(id)
    db().commit()
    flash(f"{name} is removed. Steps that name it fail until they name another.", "done")
    return redirect(url_for(".show_keys"), 303)


def _keys_page(**more: Any) -> str:
    rows = keys.keys()
    return render_template(
        "outgoing/keys.html",
        rows=rows,
        has_own=any(row.name == keys.OWN for row in rows),
        shown_host=shown_host,
        **{"problem": "", "typed": {}, "shown": {}, **more},
    )


def shown_host(host: str) -> str:
    """A host as people know it: without a usual port."""
    return host.removesuffix(":443").removesuffix(":80")
