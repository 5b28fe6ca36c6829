"""Triggers made, changed, switched on and off, taken away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.campaigns import states
from loumass.campaigns.models import Campaign
from loumass.campaigns.trigger_models import REPEATS, Trigger
from loumass.campaigns.triggers.base import TriggerKind
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.jobs import wake_all
from loumass.core.tenancy import get_or_404
from loumass.funnels.kinds.settings import Settings, complaints

MOST = 50
LONGEST_PAUSE = 3_650
LOOK_BY_CLOCK = "campaigns.look_by_clock"


class SettingsRefused(Refused):
    """What was set makes no sense; `complaints` says why, by setting (`pause_days` is the trigger's own)."""

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(" ".join(found.values()))
        self.complaints = dict(found)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A trigger as a person wants it. `settings` are raw values of those in effect."""

    kind: str
    settings: Mapping[str, Any]
    repeats: str = "once"
    pause_days: int | None = 0


def add(campaign_id: UUID, wanted: Wanted, author_id: UUID | None) -> Trigger:
    """A new trigger, switched on. Raises NotFound, Conflict for a campaign that was cancelled, SettingsRefused."""
    campaign = _open(campaign_id)
    if len(db().scalars(select(Trigger.id).where(*_of(campaign_id))).all()) >= MOST:
        raise Refused(f"A campaign has at most {MOST} triggers. Nothing was saved.")
    kind = kind_to_set_up(wanted.kind)
    trigger = Trigger(
        campaign_id=campaign_id, kind=kind.name, config={}, created_by_id=author_id, created_at=clock.now()
    )
    _fill(trigger, kind, wanted)
    db().add(trigger)
    db().flush()
    audit("trigger.added", "campaign", campaign_id, trigger=str(trigger.id), kind=kind.name)
    _look(campaign, trigger)
    return trigger


def change(trigger_id: UUID, wanted: Wanted) -> Trigger:
    """The trigger with other settings. Whom it let in already is not let in again for the same. Raises as `add`."""
    trigger = current(trigger_id)
    campaign = _open(trigger.campaign_id)
    before = (trigger.config, trigger.repeats, trigger.pause_days)
    _fill(trigger, kind_to_set_up(trigger.kind), wanted)
    db().flush()
    if (trigger.config, trigger.repeats, trigger.pause_days) != before:
        if trigger.config != before[0]:
            _begin_anew(trigger)
        audit("trigger.changed", "campaign", campaign.id, trigger=str(trigger.id), kind=trigger.kind)
        _look(campaign, trigger)
    return trigger


def switch(trigger_id: UUID, *, is_on: bool) -> Trigger:
    """On or off. Switched on it begins anew: what happened meanwhile lets nobody in. Raises NotFound, Conflict."""
    trigger = current(trigger_id)
    campaign = _open(trigger.campaign_id)
    if trigger.is_on == is_on:
        return trigger
    if is_on:
        _begin_anew(trigger)
    trigger.is_on, trigger.problem = is_on, ""
    db().flush()
    audit(f"trigger.switched_{'on' if is_on else 'off'}", "campaign", campaign.id, trigger=str(trigger.id))
    _look(campaign, trigger)
    return trigger


def remove(trigger_id: UUID) -> Trigger:
    """It lets nobody in any more. Who came by it stays. Raises NotFound, Conflict."""
    trigger = current(trigger_id)
    campaign = _open(trigger.campaign_id)
    trigger.is_on, trigger.archived_at = False, clock.now()
    db().flush()
    audit("trigger.removed", "campaign", campaign.id, trigger=str(trigger.id), kind=trigger.kind)
    _look(campaign, trigger)
    return trigger


def give_new_address(trigger_id: UUID) -> Trigger:
    """The address that it had leads nowhere from now on. Raises NotFound, Conflict."""
    trigger = current(trigger_id)
    _open(trigger.campaign_id)
    trigger.address_number += 1
    audit("trigger.new_address", "campaign", trigger.campaign_id, trigger=str(trigger.id))
    return trigger


def forget_problem(trigger_id: UUID) -> Trigger:
    """Somebody has seen what was wrong. Raises NotFound."""
    trigger = current(trigger_id)
    trigger.problem = ""
    return trigger


def current(trigger_id: UUID) -> Trigger:
    """The trigger, its row locked. Raises NotFound, also for one that was taken away."""
    trigger = get_or_404(Trigger, trigger_id, lock=True)
    if trigger.archived_at is not None:
        raise NotFound
    return trigger


def kind_to_set_up(name: str) -> TriggerKind[Any]:
    """A kind that a person can set up. Raises Refused for any other, with the reason."""
    kind = TRIGGERS.get(name)
    if kind is None or kind.is_given:
        raise Refused("Choose what brings people in. Nothing was saved.")
    if kind.why_not:
        raise Refused(f"{kind.label} cannot be chosen yet. {kind.why_not} Nothing was saved.")
    return kind


def read_settings(kind: TriggerKind[Any], settings: Mapping[str, Any], campaign_id: UUID) -> Settings:
    """The settings, read. Raises SettingsRefused."""
    try:
        config = kind.Config.model_validate(dict(settings))
    except ValidationError as refusal:
        raise SettingsRefused(complaints(kind.Config, refusal)) from refusal
    if flaws := kind.flaws(config, str(campaign_id)):
        raise SettingsRefused(flaws)
    return config


def _fill(trigger: Trigger, kind: TriggerKind[Any], wanted: Wanted) -> None:
    config = read_settings(kind, wanted.settings, trigger.campaign_id)
    if wanted.repeats not in REPEATS:
        raise SettingsRefused({"repeats": "Choose how often a person comes in by it."})
    if (
        wanted.repeats == "every"
        and not 0 <= (-1 if wanted.pause_days is None else wanted.pause_days) <= LONGEST_PAUSE
    ):
        raise SettingsRefused({"pause_days": f"From 0 to {LONGEST_PAUSE:,} days."})
    trigger.config = config.model_dump(mode="json", include=set(wanted.settings))
    trigger.repeats = wanted.repeats
    trigger.pause_days = (wanted.pause_days or 0) if wanted.repeats == "every" else 0


def _begin_anew(trigger: Trigger) -> None:
    trigger.looked_until = trigger.looked_at = trigger.look_again_at = None
    trigger.look_began_at = trigger.look_after = None


def _open(campaign_id: UUID) -> Campaign:
    campaign = states.locked(campaign_id)
    if campaign.state == "cancelled":
        raise Conflict(f"{campaign.name} was cancelled and takes nobody any more. Nothing was saved.")
    return campaign


def _look(campaign: Campaign, trigger: Trigger) -> None:
    """A finished campaign runs again for whoever comes; one whose last trigger is off may come to its end."""
    if trigger.is_on and campaign.state == "finished":
        states.reopen(campaign)
    if trigger.is_on:
        wake_all([Wake(LOOK_BY_CLOCK, (str(trigger.id),), clock.now())])
    wake_engine([campaign.id])
    announce([campaign.id])


def _of(campaign_id: UUID) -> tuple[Any, ...]:
    return Trigger.campaign_id == campaign_id, Trigger.archived_at.is_(None)
