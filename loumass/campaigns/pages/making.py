"""A new campaign from a template, its settings, and what it says."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice  # pyright: ignore[reportAttributeAccessIssue]  newer than its stubs

from loumass.accounts.guards import requires
from loumass.accounts.models import Membership, User
from loumass.campaigns import creating
from loumass.campaigns.forms import DetailsForm, NewCampaignForm
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.blueprint import home, pages, tabs_of
from loumass.campaigns.preflight import media_in
from loumass.campaigns.told import how_many_told
from loumass.channels.models import Channel
from loumass.channels.naming import called_in_full
from loumass.contacts import listing
from loumass.content.previewing import counted, values_for
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404, shows_only_own
from loumass.funnels import queries
from loumass.funnels.kinds import KINDS
from loumass.funnels.local_time import zone_names
from loumass.funnels.models import Template
from loumass.funnels.service import graph_of

MOST_TEMPLATES = 200


@pages.get("/campaigns/new")
@requires("campaigns.write")
def new() -> ResponseReturnValue:
    """Choose a template and say what the campaign is about."""
    templates = _templates()
    form = _new_form(templates)
    chosen = request.args.get("template", "")
    form.template.data = chosen if chosen in {str(one.id) for one in templates} else form.template.data
    form.owner.data, form.event_timezone.data = str(g.user.id), home().key
    for field in (form.email_channel, form.sms_channel, form.voicemail_channel):
        field.data = _only(field.choices)
    return _new_page(form, templates)


@pages.post("/campaigns")
@requires("campaigns.write")
def create() -> ResponseReturnValue:
    """Clone the template into a campaign; people are added next."""
    templates = _templates()
    form = _new_form(templates)
    named = listing.id_of(request.form.get("template", ""))
    if named:
        get_or_404(Template, named)
    if not form.validate_on_submit():
        return _new_page(form, templates), 422
    try:
        campaign = creating.create(UUID(form.template.data), form.details(home()), author_id=g.user.id)
    except Refused as refusal:
        form.form_errors.append(refusal.sentence)
        return _new_page(form, templates), 422
    db().commit()
    if shows_only_own() and campaign.owner_id not in (None, g.user.id):
        flash(f"{campaign.name} is ready, and its owner's now.", "done")
        return redirect(url_for(".index"), 303)
    flash(f"{campaign.name} is ready. Add the people it is for.", "done")
    return redirect(url_for(".add", id=campaign.id), 303)


@pages.get("/campaigns/<uuid:id>/settings")
@requires("campaigns.read")
def settings(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The details, to be read and changed."""
    campaign = get_or_404(Campaign, id)
    form = _details_form(DetailsForm())
    form.fill(campaign, home())
    return _settings_page(campaign, form)


@pages.post("/campaigns/<uuid:id>/settings")
@requires("campaigns.write")
def change_settings(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Save the details."""
    campaign = get_or_404(Campaign, id)
    form = _details_form(DetailsForm())
    if not form.validate_on_submit():
        return _settings_page(campaign, form), 422
    before = (campaign.event_at, campaign.event_timezone, campaign.event_place)
    try:
        changed = creating.change(id, form.details(home()))
    except Refused as refusal:
        form.form_errors.append(refusal.sentence)
        return _settings_page(campaign, form), 422
    is_moved = before != (changed.event_at, changed.event_timezone, changed.event_place)
    db().commit()
    told = how_many_told(changed) if is_moved else 0
    if not told:
        flash("Settings saved.", "done")
        return redirect(url_for(".settings", id=id), 303)
    flash("Settings saved. Who waits for the event, and what is queued, goes by the new date.", "done")
    return redirect(url_for(".told_of_event", id=id), 303)


@pages.get("/campaigns/<uuid:id>/content")
@requires("campaigns.read")
def content(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What the campaign says, message by message."""
    campaign = get_or_404(Campaign, id)
    words = queries.written_in(campaign.graph_id)
    nodes = [
        node for node in graph_of(campaign.graph_id).nodes if node.kind in KINDS and KINDS[node.kind].medium
    ]
    texts = {
        node.id: words[node.content_id] for node in nodes if node.content_id and node.content_id in words
    }
    invented = values_for(None, g.organization, g.user)
    return render_template(
        "campaigns/content.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Content"),
        nodes=nodes,
        texts=texts,
        media={node.id: KINDS[node.kind].medium for node in nodes},
        segments={one: counted(draft.text, invented) for one, draft in texts.items() if not draft.subject},
    )


def _templates() -> list[Template]:
    """Published templates that were not put away, by name."""
    usable = Template.published_graph_id.is_not(None) & Template.archived_at.is_(None)
    return list(
        db().scalars(
            select(Template).where(usable).order_by(Template.name, Template.id).limit(MOST_TEMPLATES)
        )
    )


def _new_form(templates: list[Template]) -> NewCampaignForm:
    form = NewCampaignForm()
    form.template.choices = [SelectChoice(str(one.id), one.name) for one in templates]
    if len(templates) == 1 and not form.template.data:
        form.template.data = str(templates[0].id)
    _details_form(form)
    return form


def _details_form(form: DetailsForm) -> DetailsForm:
    owners = db().execute(
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == g.organization.id)
        .order_by(User.name)
    )
    channels = db().scalars(select(Channel).where(Channel.archived_at.is_(None)).order_by(Channel.name)).all()
    by_medium = {
        medium: [(str(one.id), _called(one)) for one in channels if one.medium == medium]
        for medium in ("email", "sms", "voicemail")
    }
    form.offer([(str(one), name) for one, name in owners], *by_medium.values())
    return form


def _called(channel: Channel) -> str:
    name = called_in_full(channel.name, channel.address)
    return name if channel.state == "active" else f"{name} ({channel.state})"


def _only(choices: Any) -> str:
    """The one sender there is, chosen beforehand."""
    senders = [choice.value for choice in choices or () if choice.value]
    return senders[0] if len(senders) == 1 else ""


def _new_page(form: NewCampaignForm, templates: list[Template]) -> str:
    hints = {str(one.id): one.description for one in templates}
    return render_template("campaigns/new.html", form=form, templates=templates, hints=hints, zones=_zones())


def _settings_page(campaign: Campaign, form: DetailsForm) -> str:
    return render_template(
        "campaigns/settings.html",
        campaign=campaign,
        tabs_of=tabs_of(campaign, "Settings"),
        form=form,
        zones=_zones(),
        media=media_in(graph_of(campaign.graph_id)),
    )


def _zones() -> list[str]:
    return [zone for zone in zone_names() if "/" in zone and not zone.startswith("Etc/")]
