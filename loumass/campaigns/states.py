"""A campaign paused, resumed, cancelled, finished. Each locks the campaign's row and its stream in one transaction:
a slice that runs is waited for, and nothing that is queued leaves afterwards."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.service import audit
from loumass.campaigns import backlog
from loumass.campaigns.ending import end
from loumass.campaigns.goal_times import look_ahead
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.trigger_models import Trigger
from loumass.campaigns.under_way import refuse_while_changing
from loumass.campaigns.waking import announce, wake_engine
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.events.service import publish
from loumass.messages.models import Stream
from loumass.messages.planned import release_stream

WIND_UP = "campaigns.wind_up"
SLICE = 5_000
ENDED = ("finished", "cancelled")


def pause(campaign_id: UUID, user_id: UUID | None) -> Campaign:
    """Stop the campaign where it is; what is queued stays queued. Raises NotFound, Conflict unless it runs."""
    campaign = locked(campaign_id)
    if campaign.state != "running":
        raise Conflict(
            f"{campaign.name} is {campaign.state}, so there is nothing to pause. Nothing was changed."
        )
    campaign.state, campaign.paused_at, campaign.paused_by_id = "paused", clock.now(), user_id
    _stream(campaign).paused_at = campaign.paused_at
    _tell("paused", campaign)
    return campaign


def resume(campaign_id: UUID, choice: backlog.Choice | None = None) -> Campaign:
    """Let it run again. Raises NotFound, Conflict unless it is paused; Conflict as well while people are long past
    due and `choice` does not say what becomes of them: nothing is flooded by a mere click."""
    campaign = settled(campaign_id)
    if campaign.state != "paused":
        raise Conflict(
            f"{campaign.name} is {campaign.state}, so there is nothing to resume. Nothing was changed."
        )
    found = backlog.backlog_of(campaign)
    if found.people and choice is None:
        raise Conflict(
            f"{found.people:,} people became due while {campaign.name} was paused. Say first what becomes of them."
        )
    rested_since = campaign.paused_at
    campaign.state, campaign.paused_at, campaign.paused_by_id = "running", None, None
    _stream(campaign).paused_at = None
    db().flush()
    spread = backlog.settle(campaign, choice) if choice else timedelta()
    release_stream(campaign.id, spread)
    wake_engine([campaign.id])
    look_ahead(campaign, rested_since)
    _tell("resumed", campaign, choice=choice.what if choice else None, people=found.people)
    return campaign


def cancel(campaign_id: UUID) -> Campaign:
    """End it for everybody. Nothing leaves from now on; people are taken out in slices. Raises NotFound, Conflict."""
    campaign = settled(campaign_id)
    if campaign.state in ENDED:
        raise Conflict(f"{campaign.name} has ended already. Nothing was changed.")
    moment = clock.now()
    campaign.state, campaign.ended_at, campaign.problem = "cancelled", moment, ""
    _stream(campaign).closed_at = moment
    wake_all([Wake(WIND_UP, (str(campaign.id),), moment)])
    _tell("cancelled", campaign)
    return campaign


def wind_up_slice(campaign_id: UUID) -> bool:
    """Take out a slice of those who are still inside a cancelled campaign; True when more are."""
    ids = db().scalars(
        select(Enrollment.id)
        .where(Enrollment.campaign_id == campaign_id, Enrollment.state != "ended")
        .order_by(Enrollment.id)
        .limit(SLICE)
    ).all()  # fmt: skip
    end(dict.fromkeys(ids, "cancelled"))
    announce([campaign_id])
    return len(ids) == SLICE


_ANYBODY = text("""
    SELECT count(*) FILTER (WHERE state <> 'ended') AS live, count(*) AS everybody FROM (
        SELECT state FROM enrollment WHERE organization_id = :organization_id AND campaign_id = :campaign_id
        ORDER BY state = 'ended' LIMIT 1) one
""")


def finish_when_done(campaign_id: UUID) -> None:
    """A running campaign whose people have all left is finished. One that nobody entered yet goes on waiting, and so does one
    with a trigger that is on: the next person may come at any time."""
    campaign = locked(campaign_id)
    ids = {"organization_id": current_organization_id(), "campaign_id": campaign_id}
    found = db().execute(_ANYBODY, ids).one()
    is_over = campaign.state == "running" and found.everybody and not found.live
    if is_over and not takes_people(campaign_id):
        campaign.state, campaign.ended_at = "finished", clock.now()
        _tell("finished", campaign)


def takes_people(campaign_id: UUID) -> bool:
    """Whether people may come in by themselves: a trigger is on."""
    is_on = select(Trigger.id).where(Trigger.campaign_id == campaign_id, Trigger.is_on).limit(1)
    return db().scalar(is_on) is not None


def reopen(campaign: Campaign) -> None:
    """A finished campaign runs again because people were added. The caller has locked it."""
    campaign.state, campaign.ended_at = "running", None
    look_ahead(campaign)
    _tell("resumed", campaign)


def locked(campaign_id: UUID) -> Campaign:
    """The campaign, its row locked and read afresh. Raises NotFound."""
    campaign = get_or_404(Campaign, campaign_id, lock=True)
    db().refresh(campaign, with_for_update=True)
    return campaign


def settled(campaign_id: UUID) -> Campaign:
    """The same, for what has to wait while a change of many people is being applied. Raises NotFound, Conflict."""
    campaign = locked(campaign_id)
    refuse_while_changing(campaign)
    return campaign


def _stream(campaign: Campaign) -> Stream:
    return get_or_404(Stream, campaign.id, lock=True)


def _tell(verb: str, campaign: Campaign, **facts: object) -> None:
    publish(f"campaign.{verb}", campaign_id=campaign.id)
    audit(f"campaign.{verb}", "campaign", campaign.id, **facts)
    announce([campaign.id])
