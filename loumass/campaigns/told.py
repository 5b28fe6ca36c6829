"""Who was told of the event what is not true any more, and has not been told better since."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, func, or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.words import campaign_values
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id
from loumass.funnels.walking.ground import UTC, zone_or
from loumass.messages.models import Message

DATE, TIME, PLACE = "campaign.event_date", "campaign.event_time", "campaign.event_place"
_TOLD = (DATE, TIME, PLACE)
#: What left, or may have.
_LEFT = ("sending", "sent", "in_doubt")


def told_otherwise(campaign: Campaign) -> Subquery:
    """The rows (contact_id, day, hour, place, told_at) of those whose last message that tells of the event tells
    something else than what is true now."""
    said = [Message.merge_values[name].astext for name in _TOLD]
    tells = or_(*(Message.merge_values.has_key(name) for name in _TOLD))
    last = (
        select(
            Message.contact_id.label("contact_id"),
            said[0].label("day"),
            said[1].label("hour"),
            said[2].label("place"),
            Message.merge_values.label("told"),
            func.coalesce(Message.sent_at, Message.occurred_at).label("told_at"),
        )
        .join(Enrollment, _is_of_enrollment())
        .where(
            Enrollment.organization_id == current_organization_id(),
            Message.organization_id == current_organization_id(),
            Enrollment.campaign_id == campaign.id,
            Message.direction == "out",
            Message.state.in_(_LEFT),
            Message.contact_id.is_not(None),
            tells,
        )
        .ext(distinct_on(Message.contact_id))
        .order_by(Message.contact_id, Message.occurred_at.desc(), Message.id.desc())
        .subquery()
    )
    now = values_now(campaign)
    is_wrong = or_(
        *(
            and_(last.c.told.has_key(name), last.c.told[name].astext.is_distinct_from(now[name]))
            for name in _TOLD
        )
    )
    found = select(last.c.contact_id, last.c.day, last.c.hour, last.c.place, last.c.told_at)
    return found.where(is_wrong).subquery()


def values_now(campaign: Campaign) -> dict[str, str | None]:
    """What the campaign's merge tags stand for now."""
    organization = db().get_one(Organization, current_organization_id())
    return campaign_values(campaign, zone_or(organization.timezone, UTC))


def told_page(campaign: Campaign, cursor: str | None, size: int = PAGE_SIZE) -> Page[Any]:
    """A page of rows (Contact, day, hour, place, told_at), by when they came to us."""
    told = told_otherwise(campaign)
    statement = select(Contact, told.c.day, told.c.hour, told.c.place, told.c.told_at).join(
        told, _is_contact(told.c.contact_id)
    )
    return page(statement.where(Contact.archived_at.is_(None)), (Contact.id,), cursor, size=size)


def told_people(campaign: Campaign) -> Select[UUID]:
    """The select of their ids, for acts on all of them."""
    told = told_otherwise(campaign)
    return (
        select(Contact.id)
        .join(told, _is_contact(told.c.contact_id))
        .where(Contact.organization_id == current_organization_id(), Contact.archived_at.is_(None))
    )


def how_many_told(campaign: Campaign) -> int:
    """How many they are."""
    return db().scalar(select(func.count()).select_from(told_people(campaign).subquery())) or 0


def _is_of_enrollment() -> ColumnElement[bool]:
    return and_(Message.organization_id == Enrollment.organization_id, Message.enrollment_id == Enrollment.id)


def _is_contact(contact_id: ColumnElement[UUID]) -> ColumnElement[bool]:
    return Contact.id == contact_id
