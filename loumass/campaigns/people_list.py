"""The list of contacts with what campaigns know of them: filters by campaign, status and activity; status per row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.dialects.postgresql import distinct_on

from loumass.campaigns.models import STATUSES, Campaign, Enrollment
from loumass.campaigns.people_doing import Doing, doing_of
from loumass.contacts.listing import ContactFilter, contact_conditions, id_of
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id

ACTIVITIES = {"enrolled": "Enrolled", "messaged": "Messaged", "replied": "Replied", "bounced": "Bounced"}
_ALWAYS = datetime(1970, 1, 1, tzinfo=UTC)
_OFFERED_CAMPAIGNS = 200


@dataclass(frozen=True, slots=True)
class PeopleFilter:
    """What a reader of the list asked for. `since` bounds the activity."""

    contacts: ContactFilter
    campaign: UUID | None = None
    status: str = ""
    activity: str = ""
    since: datetime = _ALWAYS
    #: Who is behind a figure; the campaign is part of it then.
    doing: Doing | None = None

    @classmethod
    def of(cls, query: Mapping[str, str]) -> PeopleFilter:
        """Returns the filter of a page's query; nonsense is dropped."""
        status, activity = query.get("status", ""), query.get("activity", "")
        return cls(
            contacts=ContactFilter.of(query),
            campaign=id_of(query.get("campaign", "")),
            status=status if status in STATUSES else "",
            activity=activity if activity in ACTIVITIES else "",
            since=_since(query.get("since", "")),
            doing=doing_of(query),
        )

    def conditions(self) -> list[ColumnElement[bool]]:
        """Returns what a contact must fulfil; join them with AND."""
        found = contact_conditions(self.contacts)
        campaign = None if self.doing else self.campaign
        if campaign or self.status:
            of_campaign = [Enrollment.campaign_id == campaign] if campaign else []
            of_status = [Enrollment.status == self.status] if self.status else []
            found.append(_is_enrolled(*of_campaign, *of_status))
        if self.activity:
            found.append(self._activity())
        if self.doing:
            found.append(self.doing.condition())
        return found

    def _activity(self) -> ColumnElement[bool]:
        """As the dashboard counts: by what happened inside campaigns."""
        column = {
            "enrolled": Enrollment.enrolled_at,
            "messaged": Enrollment.last_sent_at,
            "replied": Enrollment.replied_at,
            "bounced": Enrollment.bounced_at,
        }[self.activity]
        return _is_enrolled(column >= self.since)


def statuses_of(contact_ids: Sequence[UUID], campaign: UUID | None) -> dict[UUID, str]:
    """Returns contact id -> status in that campaign, else in the one they entered last; one statement."""
    statement = (
        select(Enrollment.contact_id, Enrollment.status)
        .where(Enrollment.contact_id.in_(contact_ids))
        .ext(distinct_on(Enrollment.contact_id))
        .order_by(Enrollment.contact_id, Enrollment.enrolled_at.desc(), Enrollment.id.desc())
    )
    if campaign:
        statement = statement.where(Enrollment.campaign_id == campaign)
    return {row.contact_id: row.status for row in db().execute(statement)}


def campaign_options(*, is_open: bool = False) -> list[tuple[UUID, str]]:
    """Returns (id, name) of the newest campaigns; with `is_open` only those that still take people."""
    statement = select(Campaign.id, Campaign.name).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    if is_open:
        statement = statement.where(Campaign.state != "cancelled")
    return [(one, name) for one, name in db().execute(statement.limit(_OFFERED_CAMPAIGNS))]


def _is_enrolled(*conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    return exists(
        select(Enrollment.id)
        .where(
            Enrollment.organization_id == current_organization_id(),
            Enrollment.contact_id == Contact.id,
            *conditions,
        )
        .correlate(Contact)
    )


def _since(text: str) -> datetime:
    """A date (`2026-03-01`), or a number of days (`30`)."""
    if text.isdecimal() and len(text) < 5:
        return clock.now() - timedelta(days=int(text))
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return _ALWAYS
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
