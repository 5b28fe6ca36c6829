"""Connecting a channel, testing it, and entering its credentials anew.

A vendor is asked between two transactions, never inside one.
"""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.channels import connecting, service
from loumass.channels.connecting import Checked
from loumass.channels.forms import CredentialsForm, NameForm, credentials_form
from loumass.channels.models import Channel
from loumass.channels.pages import live_or_404, pages
from loumass.channels.past_due import past_due
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.providers.base import Provider
from loumass.providers.credentials import Credentials, fields_of
from loumass.providers.errors import Disconnected
from loumass.providers.registry import all_providers, provider_class

MEDIUM_ICONS = {"email": "mail", "sms": "message-2", "voicemail": "microphone"}


@pages.get("/channels/connect")
@requires("channels.write")
def choose() -> ResponseReturnValue:
    """What there is to connect."""
    return render_template("channels/choose.html", providers=all_providers(), icons=MEDIUM_ICONS)


@pages.route("/channels/connect/<kind>/<medium>", methods=["GET", "POST"])
@requires("channels.write")
def connect(kind: str, medium: str) -> ResponseReturnValue:
    """Ask for credentials, try them, keep them."""
    provider = _provider_or_404(kind, medium)
    if provider.signs_in is not None:
        return redirect(url_for(".sign_in", kind=kind))
    form = credentials_form(provider)
    credentials = form.credentials() if form.validate_on_submit() else None
    if credentials is None or _is_taken(provider, credentials, form):
        return _ask("channels/connect.html", form, provider)
    checked = _tried(provider, credentials)
    channel = service.connect(
        provider,
        credentials,
        checked,
        name=_entered(form, "channel_name") or credentials.address,
        sender_name=_entered(form, "sender_name"),
        owner_id=g.user.id,
    )
    db().commit()
    tell(channel, checked)
    return redirect(url_for(".show", id=channel.id))


@pages.route("/channels/<uuid:id>/credentials", methods=["GET", "POST"])
@requires("channels.write")
def credentials(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Enter them anew; empty secrets keep what is stored."""
    channel = live_or_404(id)
    provider = _provider_or_404(channel.provider, channel.medium)
    if provider.signs_in is not None:
        return redirect(url_for(".sign_in", kind=provider.kind, channel=id))
    form = credentials_form(provider, _stored(channel))
    entered = form.credentials() if form.validate_on_submit() else None
    if entered is None:
        return _ask("channels/credentials.html", form, provider, channel)
    checked = _tried(provider, entered)
    try:
        service.reconnect(live_or_404(id, lock=True), provider, entered, checked)
    except Refused as problem:
        db().rollback()
        form.form_errors.append(problem.sentence)
        return _ask("channels/credentials.html", form, provider, live_or_404(id))
    db().commit()
    tell(channel, checked)
    return _back(live_or_404(id))


@pages.post("/channels/<uuid:id>/test")
@requires("channels.write")
def test_connection(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Log in and send nothing."""
    channel = live_or_404(id)
    provider = _provider_or_404(channel.provider, channel.medium)
    stored = _stored(channel)
    if stored is None:
        raise Conflict("There are no credentials to test. Enter them first.")
    checked = _tried(provider, stored)
    service.note_check(live_or_404(id, lock=True), checked)
    db().commit()
    flash(checked.sentence, "done" if checked.is_well else "error")
    return _back(live_or_404(id))


def _back(channel: Channel) -> ResponseReturnValue:
    """To its page, or to what it asks before it sends again."""
    asks = channel.state == "paused" and past_due(channel).count
    return redirect(url_for(".ask_resume" if asks else ".show", id=channel.id))


def _tried(provider: type[Provider], credentials: Credentials) -> Checked:
    db().commit()  # gives the connection back: no transaction stays open while the vendor answers
    return connecting.check(provider, credentials)


def tell(channel: Channel, checked: Checked) -> None:
    """Say how connecting went, and where to mend it."""
    if checked.is_well:
        flash(f"{channel.name} is connected. {checked.sentence}", "done")
    else:
        text = f"{checked.sentence} What you entered is kept; nothing is sent until this is mended."
        told = {"text": text, "href": url_for(".credentials", id=channel.id), "label": "Mend it"}
        flash(told, "error")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings


def _is_taken(provider: type[Provider], credentials: Credentials, form: CredentialsForm) -> bool:
    same = service.find_same(provider, credentials)
    if same is None or same.archived_at is not None:
        return False
    first = form[fields_of(provider.Credentials)[0].name]
    first.errors = [*first.errors, f"{credentials.address} is connected already, as {same.name}."]
    return True


def _stored(channel: Channel) -> Credentials | None:
    try:
        return connecting.credentials_of(channel)
    except Disconnected:
        return None


def _ask(
    template: str, form: CredentialsForm, provider: type[Provider], channel: Channel | None = None
) -> ResponseReturnValue:
    groups: dict[str, list[str]] = {}
    for asked in fields_of(provider.Credentials):
        groups.setdefault(asked.group, []).append(asked.name)
    shown = render_template(
        template,
        form=form,
        provider=provider,
        groups=groups,
        folded=provider.Credentials.folded,
        channel=channel,
        has_names=isinstance(form, NameForm),
    )
    return shown, 422 if form.is_submitted() else 200


def _entered(form: CredentialsForm, name: str) -> str:
    return (form[name].data or "").strip()


def _provider_or_404(kind: str, medium: str) -> type[Provider]:
    try:
        return provider_class(kind, medium)
    except KeyError as problem:
        raise NotFound("This installation knows no such provider.") from problem
