"""How people come in: the triggers of one campaign, made, changed, switched and taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import pages, tabs_of
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers import calls, listing, switching
from loumass.campaigns.triggers.base import TriggerKind
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.campaigns.triggers.switching import SettingsRefused, Wanted
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404
from loumass.funnels.forms import SETTING, typed_settings
from loumass.funnels.kinds.settings import FormField, form_fields


@pages.get("/campaigns/<uuid:id>/triggers")
@requires("campaigns.read")
def triggers(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Every way in, how many came by each, and what did not work."""
    campaign = get_or_404(Campaign, id)
    ways = listing.ways_in(campaign)
    called = [way.trigger for way in ways if way.trigger is not None and way.trigger.kind == "called"]
    said = calls.last_calls([one.id for one in called]) if called else []
    return render_template(
        "campaigns/triggers.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "How people come in"),
        ways=ways,
        addresses={one.id: calls.address_of(g.organization, one) for one in called},
        said={one.id: [call for call in said if call.trigger_id == one.id] for one in called},
    )


@pages.get("/campaigns/<uuid:id>/triggers/new")
@requires("campaigns.write")
def new_trigger(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Choose a kind; with `kind` in the address, its form."""
    campaign = get_or_404(Campaign, id)
    kind = TRIGGERS.get(request.args.get("kind", ""))
    if kind is None or kind.is_given or kind.why_not:
        kinds = [one for one in TRIGGERS.values() if not one.is_given]
        return render_template("campaigns/new_trigger.html", campaign=campaign, kinds=kinds)
    return _form(campaign, kind, Wanted(kind.name, {}))


@pages.post("/campaigns/<uuid:id>/triggers")
@requires("campaigns.write")
def add_trigger(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Save a new trigger. It is on at once."""
    campaign = get_or_404(Campaign, id)
    kind = switching.kind_to_set_up(request.form.get("kind", ""))
    wanted = _wanted(kind)
    listing.prove(wanted.settings)
    try:
        switching.add(id, wanted, g.user.id)
    except SettingsRefused as refusal:
        return _form(campaign, kind, wanted, errors=refusal.complaints), 422
    db().commit()
    flash(
        "People come in by it from now on."
        if campaign.state == "running"
        else "It lets people in once the campaign runs.",
        "done",
    )
    return redirect(url_for(".triggers", id=id), 303)


@pages.get("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>")
@requires("campaigns.read")
def trigger(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The settings of one trigger."""
    campaign, found = get_or_404(Campaign, id), _of(id, trigger_id)
    kept = Wanted(found.kind, found.config, found.repeats, found.pause_days)
    return _form(campaign, _kind(found), kept, trigger=found)


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>")
@requires("campaigns.write")
def change_trigger(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Save other settings."""
    campaign, found = get_or_404(Campaign, id), _of(id, trigger_id)
    wanted = _wanted(_kind(found))
    listing.prove(wanted.settings)
    try:
        switching.change(trigger_id, wanted)
    except SettingsRefused as refusal:
        return _form(campaign, _kind(found), wanted, trigger=found, errors=refusal.complaints), 422
    return _done(id, "Saved.")


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>/switch")
@requires("campaigns.write")
def switch_trigger(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """On or off."""
    _of(id, trigger_id)
    is_on = request.form.get("is_on") == "1"
    switching.switch(trigger_id, is_on=is_on)
    return _done(id, "It is on again." if is_on else "It is off. Nobody comes in by it.")


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>/removal")
@requires("campaigns.write")
def remove_trigger(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Take it away; who came by it stays."""
    _of(id, trigger_id)
    switching.remove(trigger_id)
    return _done(id, "It is removed. Who came in by it stays.")


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>/address")
@requires("campaigns.write")
def renew_address(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Another secret address; the old one leads nowhere."""
    _of(id, trigger_id)
    switching.give_new_address(trigger_id)
    return _done(id, "It has a new address. The old one leads nowhere from now on.")


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>/calls")
@requires("campaigns.write")
def take_calls_again(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What nobody understood is tried again."""
    _of(id, trigger_id)
    count = calls.try_again(trigger_id)
    return _done(id, f"{count:,} are tried again." if count else "There was nothing to try again.")


@pages.post("/campaigns/<uuid:id>/triggers/<uuid:trigger_id>/seen")
@requires("campaigns.write")
def see_problem(id: UUID, trigger_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Somebody has seen what was wrong."""
    _of(id, trigger_id)
    switching.forget_problem(trigger_id)
    return _done(id, "Noted.")


def _done(id: UUID, sentence: str) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    db().commit()
    flash(sentence, "done")
    return redirect(url_for(".triggers", id=id), 303)


def _of(campaign_id: UUID, trigger_id: UUID) -> Trigger:
    """The trigger, if it is the campaign's and was not taken away. Raises NotFound."""
    found = get_or_404(Trigger, trigger_id)
    if found.campaign_id != campaign_id or found.archived_at is not None:
        raise NotFound
    return found


def _kind(found: Trigger) -> TriggerKind[Any]:
    if found.kind not in TRIGGERS:
        raise Refused("This installation does not know this trigger. It can be switched off or removed.")
    return TRIGGERS[found.kind]


def _wanted(kind: TriggerKind[Any]) -> Wanted:
    return Wanted(
        kind.name,
        typed_settings(request.form, kind.Config),
        request.form.get("repeats", "once"),
        request.form.get("pause_days", type=int),
    )


def _form(
    campaign: Campaign,
    kind: TriggerKind[Any],
    wanted: Wanted,
    *,
    trigger: Trigger | None = None,
    errors: Mapping[str, str] | None = None,
) -> str:
    offers = listing.offered(kind, campaign.id)
    return render_template(
        "campaigns/trigger.html",
        campaign=campaign,
        kind=kind,
        trigger=trigger,
        wanted=wanted,
        fields=[_with_choices(field, offers) for field in form_fields(kind.Config, wanted.settings)],
        suggestions={
            name: choices for name, choices in offers.items() if name in ("tags", "fields", "reasons")
        },
        errors={f"{SETTING}{name}": sentence for name, sentence in (errors or {}).items()},
        own_errors=errors or {},
    )


def _with_choices(field: FormField, offers: Mapping[str, list[tuple[str, str]]]) -> FormField:
    """What is chosen stays a choice, also where it is not offered any more."""
    if not field.chooses:
        return field
    choices = tuple(offers.get(field.chooses, ()))
    value = str(field.value or "")
    if value and value not in dict(choices):
        choices = (*choices, (value, "What is chosen now, which is gone"))
    return replace(field, choices=choices, widget="choice")
