"""The list of channels, one channel, its limits and its state."""

from __future__ import annotations

from datetime import date
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.channels import queries, service
from loumass.channels.brands import change_brand
from loumass.channels.connecting import hook_url, stop_watching
from loumass.channels.forms import LimitsForm, NameForm
from loumass.channels.models import Channel
from loumass.channels.standing import (
    Standing,
    is_all_day,
    pace_words,
    room_words,
    share,
    shown_address,
    shown_name,
    standing,
    window_words,
)
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.deliveries import service as deliveries
from loumass.events.parked import parked
from loumass.providers.base import Capability, Provider
from loumass.providers.registry import provider_class

pages = Blueprint("channels", __name__)
MEDIA = {"email": "E-mail", "sms": "Text", "voicemail": "Voicemail"}


@pages.app_context_processor
def words() -> dict[str, object]:
    """What the templates of channels say."""
    spoken = (window_words, pace_words, room_words, share, is_all_day, shown_address, shown_name)
    return {function.__name__: function for function in spoken}


@pages.get("/channels")
@requires("channels.read")
def index() -> ResponseReturnValue:
    """Every sender with state, use of its cap, health and hours."""
    medium = request.args.get("medium", "")
    cursor = request.args.get("after") or request.args.get("before")
    day = today()
    found = queries.overviews(day, medium if medium in MEDIA else "", cursor)
    return render_template(
        "channels/index.html",
        page=found,
        standings={line.channel.id: _standing(line) for line in found.items},
        labels={line.channel.id: label_of(line.channel) for line in found.items},
        counts=queries.counts(),
        total=queries.today_of_all(day),
        troubled=queries.in_trouble(),
        failed=deliveries.count_failed() + sum(one.count for one in parked()),
        media=MEDIA,
        medium=medium,
    )


@pages.get("/channels/<uuid:id>")
@requires("channels.read")
def show(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One sender."""
    channel = live_or_404(id)
    return _show(channel, LimitsForm.of(channel), 200)


@pages.post("/channels/<uuid:id>/limits")
@requires("channels.write")
def change_limits(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """New caps, pace and hours."""
    channel = live_or_404(id)
    form = LimitsForm()
    if not form.validate_on_submit():
        return _show(channel, form, 422)
    service.change_limits(channel, form.limits(), today())
    if channel.medium == "sms":
        change_brand(channel, (form.brand_name.data or "").strip(), form.brand_segments.data)
    db().commit()
    flash("Limits saved. What waits is looked at again.", "done")
    return redirect(url_for(".show", id=id))


@pages.post("/channels/<uuid:id>/name")
@requires("channels.write")
def rename(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """What it is called, here and on messages."""
    channel = live_or_404(id)
    form = NameForm()
    if not form.validate_on_submit():
        return _show(channel, LimitsForm.of(channel), 422, form)
    service.rename(channel, form.channel_name.data or channel.address, form.sender_name.data or "")
    db().commit()
    flash("Saved.", "done")
    return redirect(url_for(".show", id=id))


@pages.post("/channels/<uuid:id>/pause")
@requires("channels.write")
def pause(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Send nothing more, also nothing that is queued."""
    channel = live_or_404(id, lock=True)
    service.pause(channel, g.user.name)
    db().commit()
    told = {"text": f"{channel.name} is paused. Nothing goes out.", "undo": url_for(".resume", id=id)}
    flash(told, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(url_for(".show", id=id))


@pages.route("/channels/<uuid:id>/disconnection", methods=["GET", "POST"])
@requires("channels.write")
def disconnect(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Ask, then forget the credentials."""
    channel = live_or_404(id)
    if request.method == "GET":
        return _confirm(channel, "disconnect")
    service.disconnect(no_longer_watched(channel), g.user.name)
    db().commit()
    flash(f"{channel.name} is disconnected. Its credentials are forgotten.", "done")
    return redirect(url_for(".show", id=id))


@pages.route("/channels/<uuid:id>/removal", methods=["GET", "POST"])
@requires("channels.write")
def remove(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Ask, then take it out of every list."""
    channel = live_or_404(id)
    if request.method == "GET":
        return _confirm(channel, "remove")
    service.remove(no_longer_watched(channel), g.user.name)
    db().commit()
    flash(f"{channel.name} is removed. Its conversations stay.", "done")
    return redirect(url_for(".index"))


def today() -> date:
    """The organization's day, which caps count by."""
    return clock.now().astimezone(ZoneInfo(g.organization.timezone)).date()


def live_or_404(channel_id: UUID, *, lock: bool = False) -> Channel:
    """The channel unless it was removed. Raises NotFound."""
    channel = get_or_404(Channel, channel_id, lock=lock)
    if channel.archived_at is not None:
        raise NotFound("This channel was removed. Its conversations are still in the inbox.")
    return channel


def no_longer_watched(channel: Channel) -> Channel:
    """The channel, locked, of which its vendor tells us nothing more. Raises NotFound where it was removed meanwhile."""
    db().commit()  # no transaction stays open while the vendor is told
    stop_watching(channel)
    return live_or_404(channel.id, lock=True)


def provider_of(channel: Channel) -> type[Provider] | None:
    """The channel's provider, unless this installation does not know it."""
    try:
        return provider_class(channel.provider, channel.medium)
    except KeyError:
        return None


def label_of(channel: Channel) -> str:
    """What people call the channel's provider."""
    provider = provider_of(channel)
    return provider.label if provider else channel.provider


def _standing(line: queries.Overview) -> Standing:
    return standing(line.channel, line.used, line.queue, line.room, clock.now(), line.segments)


def _show(
    channel: Channel, limits: LimitsForm, status: int, names: NameForm | None = None
) -> ResponseReturnValue:
    line = queries.overview(channel, today())
    provider = provider_of(channel)
    capabilities = provider.capabilities if provider else frozenset()
    signs_in = provider.signs_in if provider else None
    names = names or NameForm(channel_name=channel.name, sender_name=channel.sender_name)
    return render_template(
        "channels/show.html",
        line=line,
        channel=channel,
        standing=_standing(line),
        label=label_of(channel),
        is_polled=Capability.POLLED in capabilities,
        hook_url=hook_url(channel) if channel.sealed_credentials and not signs_in else "",
        hook_hint=provider.hook_hint if provider else "",
        signs_in=signs_in,
        days=queries.days_of(channel.id, today()),
        limits=limits,
        names=names,
    ), status


def _confirm(channel: Channel, act: str) -> str:
    line = queries.overview(channel, today())
    return render_template("channels/confirm.html", channel=channel, waiting=line.queue.waiting, act=act)
