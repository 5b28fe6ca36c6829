"""The people of a campaign: listed, added, marked, held, let go on, ended."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import Response, g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.campaigns import deciding, people
from loumass.campaigns.api.blueprint import api
from loumass.campaigns.api.models import StatusName
from loumass.campaigns.enrolling import EnrollResult, enroll, enroll_from
from loumass.campaigns.exporting import COLUMNS, exported
from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.people import PeopleWanted
from loumass.campaigns.standing import standings
from loumass.campaigns.statuses import set_status
from loumass.contacts.downloads import csv_download
from loumass.contacts.models import Contact
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import MOST_AT_ONCE, Done, Id, Ids, Line, PageOut, PageQuery, paged
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.core.tenancy import get_or_404

ONE = "/campaigns/<uuid:campaign_id>"


class InsideQuery(PageQuery):
    """By name, step, status, place (`inside`, `held`, ...) or the reason why they left."""

    q: Line | None = None
    at: Id | None = None
    status: StatusName | None = None
    where: Literal["inside", "held", "past_due", "not_sent", "left", "outside"] | None = None
    reason: Line | None = None

    def wanted(self) -> PeopleWanted:
        return PeopleWanted(
            words=" ".join((self.q or "").split()),
            node=self.at,
            status=self.status or "",
            where=self.where or "",
            reason=self.reason or "",
        )


class EnrollmentOut(ApiModel):
    """A person inside a campaign: where they stand, what comes next and why they wait."""

    id: UUID
    contact_id: UUID
    name: str
    email: str | None
    phone: str | None
    status: str
    state: str
    stage: str
    step: str
    next_step: str
    why: str
    due_at: datetime | None
    enrolled_at: datetime
    last_sent_at: datetime | None
    replied_at: datetime | None
    ended_at: datetime | None


class AddPeopleBody(ApiModel):
    """Whom to add: by ids, or everybody of a segment, an import, a tag, or of the organization."""

    contact_ids: Annotated[list[Id], Field(max_length=MOST_AT_ONCE)] | None = None
    segment_id: Id | None = None
    import_id: Id | None = None
    tag_id: Id | None = None
    everyone: bool = False


class AddedOut(ApiModel):
    """How many were added, or left out and why. Where `is_following`, the rest of a long list comes in a moment."""

    added: int
    already_inside: int
    deleted: int
    unreachable: int
    is_following: bool


class StatusBody(Ids):
    """Enrollments, and their status from now on."""

    status: StatusName


@endpoint(api, "GET", f"{ONE}/people", asks=InsideQuery, answers=PageOut[EnrollmentOut])
@requires("campaigns.read")
def list_people(campaign_id: UUID, query: InsideQuery) -> PageOut[EnrollmentOut]:
    """The people inside: on hold first, then who needs a BDR, then by when they are due."""
    campaign = get_or_404(Campaign, campaign_id)
    found = people.people_page(campaign.id, query.wanted(), query.cursor, size=query.limit)
    standing = standings([row[0] for row in found.items])

    def told(row: tuple[Enrollment, Contact]) -> EnrollmentOut:
        one, contact = row[0], row[1]
        here = standing[one.id]
        return EnrollmentOut(
            id=one.id,
            contact_id=contact.id,
            name=contact.name,
            email=contact.email,
            phone=contact.phone,
            status=one.status,
            state=one.state,
            stage=one.stage,
            step=here.step,
            next_step=here.next_step,
            why=here.why.sentence,
            due_at=here.due_at,
            enrolled_at=one.enrolled_at,
            last_sent_at=one.last_sent_at,
            replied_at=one.replied_at,
            ended_at=one.ended_at,
        )

    return paged(found, told)


@endpoint(api, "POST", f"{ONE}/people", takes=AddPeopleBody, answers=AddedOut)
@requires("campaigns.write")
def add_people(campaign_id: UUID, body: AddPeopleBody) -> AddedOut:
    """Add people; says who was left out and why."""
    campaign = get_or_404(Campaign, campaign_id)
    named = {"segment": body.segment_id, "import": body.import_id, "tag": body.tag_id}
    source = {kind: str(value) for kind, value in named.items() if value}
    source |= {"everyone": ""} if body.everyone else {}
    if len(source) + bool(body.contact_ids) != 1:
        raise Refused("Name people, or one segment, import or tag, or everyone. Nobody was added.")
    result = (
        enroll_from(campaign.id, source) if source else enroll(campaign.id, _here(body.contact_ids or []))
    )
    how = next(iter(source), "by hand")
    audit("campaign.people_added", "campaign", campaign.id, people=result.added, source=how)
    return _added(result)


@endpoint(api, "POST", f"{ONE}/people/status", takes=StatusBody, answers=Done)
@requires("campaigns.write")
def mark_people(campaign_id: UUID, body: StatusBody) -> Done:
    """Give people a status."""
    count = set_status(_chosen(campaign_id, body.ids), body.status)
    return Done(done=f"{count:,} are {body.status} now.", count=count)


@endpoint(api, "POST", f"{ONE}/people/hold", takes=Ids, answers=Done)
@requires("campaigns.write")
def hold_people(campaign_id: UUID, body: Ids) -> Done:
    """They stay where they are until somebody lets them go on."""
    count = deciding.hold_people(_chosen(campaign_id, body.ids), g.user.id)
    return Done(done=f"{count:,} are on hold.", count=count)


@endpoint(api, "POST", f"{ONE}/people/release", takes=Ids, answers=Done)
@requires("campaigns.write")
def release_people(campaign_id: UUID, body: Ids) -> Done:
    """Those on hold go on."""
    return _act(campaign_id, body.ids, deciding.release_people, "go on")


@endpoint(api, "POST", f"{ONE}/people/end", takes=Ids, answers=Done)
@requires("campaigns.write")
def end_people(campaign_id: UUID, body: Ids) -> Done:
    """They leave; nothing more goes out to them."""
    return _act(campaign_id, body.ids, deciding.end_people, "have left")


@endpoint(
    api,
    "GET",
    f"{ONE}/people.csv",
    gives="text/csv",
    also=["/analytics/exports/<uuid:campaign_id>"],
)
@requires("contacts.export")
def export_people(campaign_id: UUID) -> Response:
    """Everybody in it as a file."""
    campaign = get_or_404(Campaign, campaign_id)
    audit("campaign.people_exported", "campaign", campaign.id, filters=[])
    db().commit()
    timezone = g.organization.timezone
    return csv_download("people.csv", COLUMNS, lambda: exported(campaign_id, PeopleWanted(), timezone))


def _added(result: EnrollResult) -> AddedOut:
    return AddedOut(
        added=result.added,
        already_inside=result.already_inside,
        deleted=result.archived,
        unreachable=result.unreachable,
        is_following=result.is_following,
    )


def _act(campaign_id: UUID, ids: Sequence[UUID], verb: Callable[[Sequence[UUID]], int], words: str) -> Done:
    count = verb(_chosen(campaign_id, ids))
    return Done(done=f"{count:,} {words}.", count=count)


def _chosen(campaign_id: UUID, ids: Sequence[UUID]) -> list[UUID]:
    """Those of the campaign. Raises NotFound where none is."""
    campaign = get_or_404(Campaign, campaign_id)
    wanted = (Enrollment.campaign_id == campaign.id) & Enrollment.id.in_(ids)
    found = list(db().scalars(select(Enrollment.id).where(wanted)))
    if not found:
        raise NotFound("None of these people is in this campaign. Nothing was changed.")
    return found


def _here(ids: Sequence[UUID]) -> list[UUID]:
    found = list(db().scalars(select(Contact.id).where(Contact.id.in_(ids))))
    if not found:
        raise NotFound("None of these people is here. Nobody was added.")
    return found
