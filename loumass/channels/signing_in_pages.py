"""The pages around signing in to a mailbox: the organization's application, the way to the vendor and back."""

from __future__ import annotations

import secrets as random
from dataclasses import asdict
from uuid import UUID

from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.channels import connecting, service, signing_in
from loumass.channels.connecting_pages import pages, tell
from loumass.channels.models import Channel
from loumass.channels.pages import live_or_404
from loumass.channels.signing_in import Ticket
from loumass.channels.signing_in_forms import FORMS, ClientForm
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.links import absolute
from loumass.providers.base import Provider
from loumass.providers.errors import ProviderError
from loumass.providers.oauth import SignedIn, SignIn, Tokens, verifier
from loumass.providers.registry import all_providers

__all__ = ["pages"]
#: A person who is away longer begins anew.
_PATIENCE_SECONDS = 15 * 60
#: Google ends sign-ins of an application in Testing after a week: whatever ends so soon is told.
_SHORT_SECONDS = 30 * 24 * 3600


@pages.route("/channels/sign-in/<kind>", methods=["GET", "POST"])
@requires("channels.write")
def sign_in(kind: str) -> ResponseReturnValue:
    """How to get an application, what it needs, and the button that leads to the vendor."""
    provider, way = _provider_or_404(kind)
    form = FORMS[way.vendor]()
    if form.validate_on_submit():
        return _saved(form, provider, way)
    if not form.is_submitted():
        form.show(signing_in.own_client(way.vendor))
    return _page(form, provider, way), 422 if form.is_submitted() else 200


@pages.post("/channels/sign-in/<kind>/application/removal")
@requires("channels.write")
def forget_application(kind: str) -> ResponseReturnValue:
    """Take the organization's own application away."""
    _, way = _provider_or_404(kind)
    signing_in.forget_client(way.vendor)
    db().commit()
    flash("The application is forgotten. Mailboxes that signed in by it go on.", "done")
    return redirect(url_for(".sign_in", kind=kind))


@pages.get("/channels/sign-in/<kind>/start")
@requires("channels.write")
def start_signing_in(kind: str) -> ResponseReturnValue:
    """To the vendor. Nothing is changed here: whoever comes back with our state did ask."""
    provider, way = _provider_or_404(kind)
    client_of = request.args.get("by", signing_in.ORGANIZATION)
    client = signing_in.clients(way.vendor).get(client_of)
    if client is None:
        raise Conflict(f"There is no application to sign in to {way.label} by. Enter one first.")
    channel = _reconnected(provider)
    ticket = Ticket(
        random.token_urlsafe(24), verifier(), kind, client_of, str(channel.id) if channel is not None else ""
    )
    session["sign_in"] = {**asdict(ticket), "at": clock.now().timestamp()}
    return redirect(signing_in.begin(way, client, ticket, channel.address if channel is not None else ""))


@pages.get("/channels/sign-in/return")
@requires("channels.write")
def finish_signing_in() -> ResponseReturnValue:
    """Back from the vendor, with a code or a refusal."""
    ticket, problem = _ticket()
    if ticket is None:
        flash(problem, "error")
        return redirect(url_for(".choose"))
    provider, way = _provider_or_404(ticket.kind)
    if request.args.get("error"):
        said = request.args.get("error_description") or request.args["error"]
        return _not_signed_in(ticket, f"{way.label} did not sign you in: {said[:200]}")
    client = signing_in.clients(way.vendor).get(ticket.client_of)
    if client is None:
        return _not_signed_in(ticket, "The application was taken away meanwhile. Enter it again.")
    db().commit()  # gives the connection back: no transaction stays open while the vendor answers
    try:
        credentials, tokens = signing_in.finish(provider, client, ticket, request.args.get("code", ""))
    except ProviderError as problem:
        return _not_signed_in(ticket, problem.reason)
    return _connected(ticket, provider, credentials, tokens)


def _connected(
    ticket: Ticket, provider: type[Provider], credentials: SignedIn, tokens: Tokens
) -> ResponseReturnValue:
    checked = connecting.check(provider, credentials)
    same = service.find_same(provider, credentials)
    try:
        if ticket.channel_id or (same is not None and same.archived_at is None):
            channel = live_or_404(UUID(ticket.channel_id) if ticket.channel_id else same.id, lock=True)  # pyright: ignore[reportOptionalMemberAccess]  one of both
            service.reconnect(channel, provider, credentials, checked)
        else:
            channel = service.connect(
                provider,
                credentials,
                checked,
                name=credentials.address,
                sender_name=g.user.name,
                owner_id=g.user.id,
            )
    except (Conflict, Refused) as problem:
        db().rollback()
        return _not_signed_in(ticket, problem.sentence)
    db().commit()
    tell(channel, checked)
    if tokens.refresh_ends_in is not None and tokens.refresh_ends_in < _SHORT_SECONDS:
        days = max(tokens.refresh_ends_in // 86_400, 1)
        flash(
            f"This sign-in ends in {days} days: the application is in Testing. Publish it, then sign in again.",
            "error",
        )
    return redirect(url_for(".show", id=channel.id))


def _saved(form: ClientForm, provider: type[Provider], way: SignIn) -> ResponseReturnValue:
    try:
        signing_in.save_client(way.vendor, form.client())
    except Refused as problem:
        db().rollback()
        form.client_secret.errors = [*form.client_secret.errors, problem.sentence]
        return _page(form, provider, way), 422
    saved = signing_in.clients(way.vendor)[signing_in.ORGANIZATION]
    db().commit()  # also gives the connection back: no transaction stays open while the vendor answers
    problem = signing_in.try_client(way, saved)
    if problem:
        flash(f"{problem} What you entered is kept.", "error")
    else:
        flash(f"{way.label} knows this application. Now sign in.", "done")
    return redirect(url_for(".sign_in", kind=provider.kind))


def _page(form: ClientForm, provider: type[Provider], way: SignIn) -> str:
    return render_template(
        "channels/sign_in.html",
        form=form,
        provider=provider,
        way=way,
        clients=signing_in.clients(way.vendor),
        own=signing_in.own_client(way.vendor),
        channel=_reconnected(provider),
        return_address=signing_in.return_address(),
        push_address=absolute(f"/hooks/{provider.kind}"),
    )


def _ticket() -> tuple[Ticket | None, str]:
    """What was remembered, once; or why it does not count: the person did not begin here, or long ago."""
    kept = session.pop("sign_in", None)
    given = request.args.get("state", "")
    if not isinstance(kept, dict) or not random.compare_digest(str(kept.get("state")), given):
        return None, "This sign-in was not begun here, or used already. Begin it again."
    if clock.now().timestamp() - float(kept.pop("at")) > _PATIENCE_SECONDS:
        return None, "This sign-in took too long. Begin it again."
    return Ticket(**kept), ""


def _not_signed_in(ticket: Ticket, sentence: str) -> ResponseReturnValue:
    flash(sentence, "error")
    return redirect(url_for(".sign_in", kind=ticket.kind, channel=ticket.channel_id or None))


def _reconnected(provider: type[Provider]) -> Channel | None:
    """The channel whose sign-in is to be renewed, if one is named."""
    named = request.args.get("channel", "")
    if not named:
        return None
    try:
        channel = live_or_404(UUID(named))
    except ValueError as problem:
        raise NotFound from problem
    if channel.provider != provider.kind:
        raise NotFound
    return channel


def _provider_or_404(kind: str) -> tuple[type[Provider], SignIn]:
    for provider in all_providers():
        if provider.kind == kind and provider.signs_in is not None:
            return provider, provider.signs_in
    raise NotFound("This installation knows no such provider.")


def vendor_or_404(kind: str) -> str:
    """At whom people sign in for that kind of mailbox. Raises NotFound."""
    return _provider_or_404(kind)[1].vendor
