"""What triggers look for by themselves: whose day has come, and who entered a segment; and all that is due of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.trigger_models import Trigger, TriggerCall
from loumass.campaigns.triggers.calls import UNDERSTAND
from loumass.campaigns.triggers.dates import look_for_days
from loumass.campaigns.triggers.segments import LOOK_EVERY, REST, look_at_members
from loumass.campaigns.triggers.switching import LOOK_BY_CLOCK
from loumass.contacts.rules.reading import RuleRefused
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get
from loumass.funnels.local_time import moment

_NOBODY = UUID(int=0)
#: A paused campaign takes nobody, and looks all the same: whoever came meanwhile must not come all at once afterwards.
_LOOKING = ("running", "paused")


def look(trigger_id: UUID) -> bool:
    """A slice of what a trigger looks for by the clock; True when more follows. Where a look has come to is kept on the trigger,
    so a crash goes on where it was."""
    trigger = get(Trigger, trigger_id, lock=True)
    if trigger is None or not trigger.is_on or trigger.kind not in _LOOKS or not _is_looking(trigger):
        return False
    next_at = _next_look(trigger)
    if trigger.look_began_at is None and next_at > clock.now():
        wake_all([Wake(LOOK_BY_CLOCK, (str(trigger.id),), next_at)])
        return False
    began = trigger.look_began_at = trigger.look_began_at or clock.now()
    trigger.look_after = _LOOKS[trigger.kind](trigger, began, trigger.look_after or _NOBODY)
    if trigger.look_after is not None:
        return True
    _close(trigger)
    wake_all([Wake(LOOK_BY_CLOCK, (str(trigger.id),), _next_look(trigger))])
    return False


def sweep() -> list[Wake]:
    """Every trigger that looks by the clock, and every address with calls that nobody took in."""
    looking = db().scalars(
        select(Trigger)
        .join(
            Campaign,
            (Campaign.organization_id == Trigger.organization_id) & (Campaign.id == Trigger.campaign_id),
        )
        .where(
            Trigger.organization_id == current_organization_id(),
            Trigger.is_on,
            Trigger.kind.in_(list(_LOOKS)),
            Campaign.state.in_(_LOOKING),
        )
    )
    due = [
        Wake(LOOK_BY_CLOCK, (str(one.id),), clock.now() if one.look_began_at else _next_look(one))
        for one in looking
    ]
    calls = db().execute(
        select(TriggerCall.trigger_id, func.min(TriggerCall.due_at))
        .where(TriggerCall.state == "pending", TriggerCall.due_at.is_not(None))
        .group_by(TriggerCall.trigger_id)
    )
    return due + [Wake(UNDERSTAND, (str(trigger_id),), at) for trigger_id, at in calls if at]


def _look_for_days(trigger: Trigger, began: datetime, after: UUID) -> UUID | None:
    return look_for_days(trigger, began.astimezone(_home()).date(), after)


def _look_at_members(trigger: Trigger, began: datetime, after: UUID) -> UUID | None:
    try:
        return look_at_members(trigger, began, after)
    except RuleRefused as refusal:
        trigger.problem, trigger.problem_at = f"The segment cannot be asked. {refusal.sentence}", clock.now()
        return None


_LOOKS: dict[str, Callable[[Trigger, datetime, UUID], UUID | None]] = {
    "date_field": _look_for_days,
    "segment_entered": _look_at_members,
}


def _close(trigger: Trigger) -> None:
    began, now = trigger.look_began_at or clock.now(), clock.now()
    trigger.look_began_at = None
    if trigger.kind == "date_field":
        trigger.looked_until = began.astimezone(_home()).date()
    else:
        trigger.looked_at = began
        trigger.look_again_at = now + max(LOOK_EVERY, REST * (now - began))


def _next_look(trigger: Trigger) -> datetime:
    """For a date the beginning of the organization's next day; for a segment when it has rested."""
    if trigger.kind == "date_field":
        if trigger.looked_until is None:
            return clock.now()
        return moment(trigger.looked_until + timedelta(days=1), time(), _home())
    return trigger.look_again_at or clock.now()


def _home() -> ZoneInfo:
    return ZoneInfo(db().get_one(Organization, current_organization_id()).timezone)


def _is_looking(trigger: Trigger) -> bool:
    campaign = get(Campaign, trigger.campaign_id)
    return campaign is not None and campaign.state in _LOOKING
