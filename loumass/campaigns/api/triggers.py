"""How people come into a campaign by themselves."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.models import Campaign
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.triggers import calls, listing, switching
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.campaigns.triggers.switching import Wanted
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, Done, ListOut, listed
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404

ALL = "/campaigns/<uuid:campaign_id>/triggers"
ONE = f"{ALL}/<uuid:trigger_id>"


class TriggerOut(ApiModel):
    """A way in. `address` is where others call, for the kind `called`."""

    id: UUID
    kind: str
    words: str
    settings: dict[str, Any]
    repeats: str
    pause_days: int
    is_on: bool
    problem: str
    problem_at: datetime | None
    address: str | None
    created_at: datetime


class TriggerSettings(ApiModel):
    """Its settings (docs/triggers.md), and how often one person comes in by it."""

    settings: Annotated[dict[str, Any], Field(max_length=30)]
    repeats: Literal["once", "every"] = "once"
    pause_days: Annotated[int, Field(ge=0, le=3_650), WHOLE] = 0


class TriggerBody(TriggerSettings):
    """A new one of a kind."""

    kind: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]+$")]


class SwitchBody(ApiModel):
    """On or off."""

    is_on: bool


@endpoint(api, "GET", ALL, answers=ListOut[TriggerOut])
@requires("campaigns.read")
def list_triggers(campaign_id: UUID) -> ListOut[TriggerOut]:
    """The triggers of a campaign, the oldest first."""
    campaign = get_or_404(Campaign, campaign_id)
    found = listing.triggers_of(campaign.id)
    names = listing.names_in(found)
    return listed(found, lambda one: _told(one, listing.words_of(one, names)))


@endpoint(api, "POST", ALL, takes=TriggerBody, answers=TriggerOut, status=201)
@requires("campaigns.write")
def add_trigger(campaign_id: UUID, body: TriggerBody) -> TriggerOut:
    """Add one; it is on at once."""
    get_or_404(Campaign, campaign_id)
    kind = switching.kind_to_set_up(body.kind)
    wanted = Wanted(kind.name, body.settings, body.repeats, body.pause_days)
    listing.prove(wanted.settings)
    return _one(switching.add(campaign_id, wanted, g.user.id))


@endpoint(api, "PUT", ONE, takes=TriggerSettings, answers=TriggerOut)
@requires("campaigns.write")
def change_trigger(campaign_id: UUID, trigger_id: UUID, body: TriggerSettings) -> TriggerOut:
    """Give it other settings."""
    found = _of(campaign_id, trigger_id)
    listing.prove(body.settings)
    wanted = Wanted(found.kind, body.settings, body.repeats, body.pause_days)
    return _one(switching.change(trigger_id, wanted))


@endpoint(api, "PUT", f"{ONE}/switch", takes=SwitchBody, answers=TriggerOut)
@requires("campaigns.write")
def switch_trigger(campaign_id: UUID, trigger_id: UUID, body: SwitchBody) -> TriggerOut:
    """Switch it on or off."""
    _of(campaign_id, trigger_id)
    return _one(switching.switch(trigger_id, is_on=body.is_on))


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("campaigns.write")
def remove_trigger(campaign_id: UUID, trigger_id: UUID) -> Done:
    """Take it away; who came by it stays."""
    _of(campaign_id, trigger_id)
    switching.remove(trigger_id)
    return Done(done="It is removed. Who came in by it stays.", count=1)


@endpoint(api, "POST", f"{ONE}/address", answers=TriggerOut)
@requires("campaigns.write")
def renew_address(campaign_id: UUID, trigger_id: UUID) -> TriggerOut:
    """Give it another secret address; the old one leads nowhere."""
    _of(campaign_id, trigger_id)
    return _one(switching.give_new_address(trigger_id))


@endpoint(api, "POST", f"{ONE}/calls", answers=Done)
@requires("campaigns.write")
def take_calls_again(campaign_id: UUID, trigger_id: UUID) -> Done:
    """Try again what nobody understood."""
    _of(campaign_id, trigger_id)
    count = calls.try_again(trigger_id)
    return Done(done=f"{count:,} are tried again.", count=count)


@endpoint(api, "POST", f"{ONE}/seen", answers=TriggerOut)
@requires("campaigns.write")
def see_problem(campaign_id: UUID, trigger_id: UUID) -> TriggerOut:
    """Somebody has seen what was wrong."""
    _of(campaign_id, trigger_id)
    return _one(switching.forget_problem(trigger_id))


def _of(campaign_id: UUID, trigger_id: UUID) -> Trigger:
    found = get_or_404(Trigger, trigger_id)
    if found.campaign_id != campaign_id or found.archived_at is not None:
        raise NotFound
    return found


def _one(trigger: Trigger) -> TriggerOut:
    return _told(trigger, listing.words_of(trigger, listing.names_in([trigger])))


def _told(one: Trigger, words: str) -> TriggerOut:
    kind = TRIGGERS.get(one.kind)
    is_called = kind is not None and one.kind == "called"
    return TriggerOut(
        id=one.id,
        kind=one.kind,
        words=words,
        settings=one.config,
        repeats=one.repeats,
        pause_days=one.pause_days,
        is_on=one.is_on,
        problem=one.problem,
        problem_at=one.problem_at,
        address=calls.address_of(g.organization, one) if is_called else None,
        created_at=one.created_at,
    )
