"""What rules can ask of campaigns about anybody: whether they are or were inside, and with which status."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Uuid, all_, any_, bindparam, exists, or_, select
from sqlalchemy.orm import aliased

from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Contact
from loumass.contacts.rules.predicate import Asked, Names, Predicate, Ref, Reference
from loumass.contacts.rules.reading import ids_among
from loumass.core.database import db
from loumass.core.settings_form import LONGEST_TEXT, Settings, Text, setting
from loumass.funnels.statuses import Status

GROUP = "Campaigns"
MOST_OFFERED = 200
ANY = "any"
#: What ends a walk at its end, rather than on the way.
FINISHED = "finished"


class InCampaignSettings(Settings):
    campaign: Text = setting(ANY, "Campaign", chooses="campaign", max_length=LONGEST_TEXT)
    how: Literal["inside", "ever", "finished", "left"] = setting(
        "inside",
        "How",
        choices={
            "inside": "are inside now",
            "ever": "are or were inside",
            "finished": "went through to its end",
            "left": "left before its end",
        },
    )


class InCampaign(Predicate[InCampaignSettings]):
    name = "campaign"
    label = "In a campaign"
    group = GROUP
    yes_no = ("yes", "no")
    Settings = InCampaignSettings

    def words(self, settings: InCampaignSettings, is_not: bool, names: Names) -> str:
        which = names.name_of("campaign", settings.campaign)
        words = {
            "inside": f"inside {which}",
            "ever": f"ever inside {which}",
            "finished": f"through to the end of {which}",
            "left": f"out of {which} before its end",
        }[settings.how]
        return f"not {words}" if is_not else words

    def sql(self, settings: InCampaignSettings, asked: Asked) -> ColumnElement[bool]:
        wanted: dict[str, list[ColumnElement[bool]]] = {
            "inside": [Enrollment.state != "ended"],
            "ever": [],
            "finished": [Enrollment.state == "ended", Enrollment.reason == FINISHED],
            "left": [Enrollment.state == "ended", Enrollment.reason.is_distinct_from(FINISHED)],
        }
        return _is_enrolled(settings.campaign, asked, *wanted[settings.how])

    def refers(self, settings: InCampaignSettings) -> Iterable[Ref]:
        yield "campaign", settings.campaign


class StatusInSettings(Settings):
    campaign: Text = setting(ANY, "Campaign", chooses="campaign", max_length=LONGEST_TEXT)
    status: Status = setting(
        Status.NO_ACTIVITY, "Status", choices={status.value: status.value for status in Status}
    )


class StatusIn(Predicate[StatusInSettings]):
    name = "status"
    label = "Status in a campaign"
    group = GROUP
    yes_no = ("is", "is not")
    woken_by = ("status",)
    Settings = StatusInSettings

    def words(self, settings: StatusInSettings, is_not: bool, names: Names) -> str:
        which = names.name_of("campaign", settings.campaign)
        return f"status in {which} is {'not ' if is_not else ''}{settings.status.value}"

    def sql(self, settings: StatusInSettings, asked: Asked) -> ColumnElement[bool]:
        """Of a walk whose row is behind what a step has just set, the walk itself says it."""
        has_it = Enrollment.status == settings.status.value
        known = _known_better(settings.campaign, asked)
        if not known:
            return _is_enrolled(settings.campaign, asked, has_it)
        have_it = [one for one, status in known.items() if status == settings.status.value]
        by_rows = _is_enrolled(settings.campaign, asked, has_it, Enrollment.id != all_(_ids(known)))
        return or_(Enrollment.id == any_(_ids(have_it)), by_rows)

    def refers(self, settings: StatusInSettings) -> Iterable[Ref]:
        yield "campaign", settings.campaign


class StatusElsewhere(StatusIn):
    """In another walk than the one that is asked about."""

    def sql(self, settings: StatusInSettings, asked: Asked) -> ColumnElement[bool]:
        other = aliased(Enrollment)
        is_there = [
            other.organization_id == asked.organization_id,
            other.contact_id == Contact.id,
            other.id != Enrollment.id,
            other.status == settings.status.value,
        ]
        if settings.campaign != ANY:
            is_there.append(other.campaign_id == asked.names.id_of("campaign", settings.campaign))
        return exists(select(other.id).where(*is_there).correlate(Contact, Enrollment))


def _known_better(campaign: str, asked: Asked) -> Mapping[UUID, str]:
    """The statuses that walks through the campaign (or any) have and their rows do not say yet."""
    if asked.walk is None:
        return {}
    is_of_it = campaign == ANY or asked.names.id_of("campaign", campaign) == asked.walk.campaign_id
    return asked.walk.statuses if is_of_it else {}


def _ids(ids: Collection[UUID]) -> Any:
    return bindparam(None, list(ids), type_=ARRAY(Uuid()), unique=True)


def _is_enrolled(campaign: str, asked: Asked, *wanted: ColumnElement[bool]) -> ColumnElement[bool]:
    """Correlated to the contact alone: where one walk is asked about, this is any other as well."""
    of_campaign = (
        [] if campaign == ANY else [Enrollment.campaign_id == asked.names.id_of("campaign", campaign)]
    )
    found = select(Enrollment.id).where(
        Enrollment.organization_id == asked.organization_id,
        Enrollment.contact_id == Contact.id,
        *of_campaign,
        *wanted,
    )
    return exists(found.correlate(Contact))


def _find(values: Collection[str]) -> dict[str, tuple[UUID | str, str]]:
    found: dict[str, tuple[UUID | str, str]] = {ANY: (ANY, "any campaign")} if ANY in values else {}
    ids = ids_among(values)
    if ids:
        rows = db().execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(list(ids))))
        found |= {ids[row.id]: (row.id, row.name) for row in rows}
    return found


def _offer() -> Sequence[tuple[str, str]]:
    newest = select(Campaign.id, Campaign.name).order_by(Campaign.created_at.desc(), Campaign.id.desc())
    rows: Any = db().execute(newest.limit(MOST_OFFERED))
    return [(ANY, "Any campaign"), *((str(row.id), row.name) for row in rows)]


CAMPAIGNS = Reference("campaign", _find, _offer, "Choose one of your campaigns.")
