"""Who opened and clicked in a campaign: people, machines, and those of whom nobody knows."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from loumass.accounts.guards import requires
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.models import Campaign
from loumass.campaigns.pages.reading import DAYS
from loumass.campaigns.reading import read_by_day, read_by_link, read_by_step
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import RowModel
from loumass.core.tenancy import get_or_404


class SharesOut(RowModel):
    """E-mails by the best that is known of their visitors: a person, perhaps one, machines only."""

    human: int
    unknown: int
    machine: int


class StepReadOut(ApiModel):
    """Opened and clicked e-mails of a step; without one of the whole campaign."""

    step_id: UUID | None
    opened: SharesOut
    clicked: SharesOut


class LinkReadOut(RowModel):
    """A link of a step, and the e-mails in which it was clicked."""

    node_id: UUID | None
    href: str
    clicked: SharesOut


class DayReadOut(RowModel):
    """E-mails that people opened, and links that they clicked, for the first time on a day."""

    day: date
    opened: int
    clicked: int


class ReadingOut(ApiModel):
    """Opens and clicks by step, by link, and by day."""

    steps: list[StepReadOut]
    links: list[LinkReadOut]
    days: list[DayReadOut]


@endpoint(api, "GET", "/campaigns/<uuid:campaign_id>/reading", answers=ReadingOut)
@requires("campaigns.read")
def read_reading(campaign_id: UUID) -> ReadingOut:
    """Who opened and clicked."""
    campaign = get_or_404(Campaign, campaign_id)
    steps = [
        StepReadOut(step_id=step_id, opened=SharesOut.of(one.opened), clicked=SharesOut.of(one.clicked))
        for step_id, one in read_by_step(campaign.id).items()
    ]
    links = [LinkReadOut.of(one) for one in read_by_link(campaign.id)]
    return ReadingOut(
        steps=steps, links=links, days=[DayReadOut.of(one) for one in read_by_day(campaign.id, DAYS)]
    )
