"""A campaign launched: now, or at a time; never while something would stop it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from loumass.accounts.service import audit
from loumass.campaigns import preflight, states
from loumass.campaigns.goal_times import look_ahead
from loumass.campaigns.models import Campaign
from loumass.campaigns.plan import refuse_beyond_plan
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.jobs import wake_all
from loumass.events.service import publish
from loumass.funnels.service import freeze

START = "campaigns.start"
LONGEST_REASON = 500


def start(campaign_id: UUID) -> Campaign:
    """The campaign runs from now on. Raises NotFound, Conflict unless it is new, Refused while something stops it."""
    campaign = _waiting(campaign_id)
    refuse_beyond_plan(campaign.id)
    _refuse_unready(campaign)
    _run(campaign)
    return campaign


def schedule(campaign_id: UUID, at: datetime) -> Campaign:
    """The campaign starts by itself at `at`. Raises NotFound, Conflict, Refused (also for a time that has passed)."""
    campaign = _waiting(campaign_id)
    if at <= clock.now():
        raise Refused("That time has passed. Choose a later one, or start it now.")
    refuse_beyond_plan(campaign.id)
    _refuse_unready(campaign)
    campaign.state, campaign.starts_at, campaign.problem = "scheduled", at, ""
    wake_all([Wake(START, (str(campaign.id),), at)])
    audit("campaign.scheduled", "campaign", campaign.id, at=at.isoformat())
    announce([campaign.id])
    return campaign


def unschedule(campaign_id: UUID) -> Campaign:
    """It does not start by itself any more. Raises NotFound, Conflict."""
    campaign = states.settled(campaign_id)
    if campaign.state != "scheduled":
        raise Conflict(f"{campaign.name} is {campaign.state}. Nothing was changed.")
    campaign.state, campaign.starts_at = "draft", None
    audit("campaign.unscheduled", "campaign", campaign.id)
    announce([campaign.id])
    return campaign


def override(campaign_id: UUID, reason: str, user_id: UUID) -> Campaign:
    """The campaign may start against the rules for bulk mail. Raises NotFound, Conflict, Refused without a reason."""
    campaign = _waiting(campaign_id)
    reason = " ".join(reason.split())[:LONGEST_REASON]
    if not reason:
        raise Refused("Say why it may start all the same. The reason is kept. Nothing was changed.")
    campaign.override_reason, campaign.override_by_id = reason, user_id
    audit("campaign.overridden", "campaign", campaign.id, reason=reason)
    announce([campaign.id])
    return campaign


def start_as_scheduled(campaign_id: UUID) -> None:
    """Start it if its time has come; what stops it now is kept on the campaign for its owner to read."""
    campaign = states.locked(campaign_id)
    if campaign.state != "scheduled" or campaign.starts_at is None:
        return
    if campaign.starts_at > clock.now():
        wake_all([Wake(START, (str(campaign.id),), campaign.starts_at)])
        return
    stopping = preflight.errors_of(campaign)
    if stopping:
        campaign.state = "draft"
        campaign.problem = (
            f"It did not start as scheduled. {stopping[0].sentence} {stopping[0].remedy}".strip()
        )
        announce([campaign.id])
        return
    _run(campaign)


def _waiting(campaign_id: UUID) -> Campaign:
    campaign = states.settled(campaign_id)
    if campaign.state not in ("draft", "scheduled"):
        raise Conflict(f"{campaign.name} is {campaign.state} already. Nothing was changed.")
    return campaign


def _refuse_unready(campaign: Campaign) -> None:
    stopping = preflight.errors_of(campaign)
    if stopping:
        more = f" And {len(stopping) - 1} more." if len(stopping) > 1 else ""
        raise Refused(
            f"{campaign.name} cannot start. {stopping[0].sentence} {stopping[0].remedy}{more}".strip()
        )


def _run(campaign: Campaign) -> None:
    campaign.state, campaign.started_at, campaign.problem = "running", clock.now(), ""
    freeze(campaign.graph_id)
    db().flush()
    publish("campaign.started", campaign_id=campaign.id)
    audit("campaign.started", "campaign", campaign.id)
    wake_engine([campaign.id])
    look_ahead(campaign)
    announce([campaign.id])
