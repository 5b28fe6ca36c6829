"""Who was told another date or place than what is true now."""

from __future__ import annotations

from uuid import UUID

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns import told
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.enrolling import enroll
from loumass.campaigns.models import Campaign
from loumass.contacts import bulk
from loumass.contacts.api.models import TagsBody
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Id, PageOut, PageQuery, paged
from loumass.core.tenancy import get_or_404

ONE = "/campaigns/<uuid:campaign_id>/told"


class ToldOut(ApiModel):
    """Somebody who was told otherwise."""

    contact_id: UUID
    name: str
    day: str | None
    hour: str | None
    place: str | None


class OtherBody(ApiModel):
    """Another campaign."""

    campaign_id: Id


@endpoint(api, "GET", ONE, asks=PageQuery, answers=PageOut[ToldOut])
@requires("campaigns.read")
def list_told(campaign_id: UUID, query: PageQuery) -> PageOut[ToldOut]:
    """Those whose last message tells of another day, hour or place."""
    found = told.told_page(get_or_404(Campaign, campaign_id), query.cursor, size=query.limit)
    return paged(
        found,
        lambda row: ToldOut(
            contact_id=row[0].id, name=row[0].label, day=row.day, hour=row.hour, place=row.place
        ),
    )


@endpoint(api, "POST", f"{ONE}/tag", takes=TagsBody, answers=Done)
@requires("contacts.write")
def tag_told(campaign_id: UUID, body: TagsBody) -> Done:
    """Give all of them tags."""
    campaign = get_or_404(Campaign, campaign_id)
    count, names = bulk.tag(told.told_people(campaign), ",".join(body.tags))
    audit("campaign.told_tagged", "campaign", campaign.id, people=count)
    return Done(done=f"{count:,} are tagged {', '.join(names)} now.", count=count)


@endpoint(api, "POST", f"{ONE}/campaign", takes=OtherBody, answers=Done)
@requires("campaigns.write")
def add_told(campaign_id: UUID, body: OtherBody) -> Done:
    """Put all of them into another campaign, which tells them."""
    campaign, other = get_or_404(Campaign, campaign_id), get_or_404(Campaign, body.campaign_id)
    result = enroll(other.id, told.told_people(campaign))
    audit("campaign.people_added", "campaign", other.id, people=result.added, source="told")
    return Done(done=f"{result.added:,} entered {other.name}.", count=result.added)
