"""One person as a whole: everything said with them, notes, a first message, their places in campaigns."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import g

from loumass.accounts.guards import requires
from loumass.campaigns.api.models import StatusName
from loumass.campaigns.deciding import release_people
from loumass.campaigns.models import Enrollment
from loumass.campaigns.standing import standings_of_contact
from loumass.campaigns.statuses import set_status
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, ListOut, listed
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox import replying
from loumass.inbox.api.answers import NoteBody, ReplyBody, WrittenOut
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.conversations import ThreadQuery
from loumass.inbox.api.models import ThreadOut
from loumass.inbox.api.sending import answer_of, send_or_keep
from loumass.inbox.pages.person import person_or_404
from loumass.inbox.timeline import stretch

ONE = "/contacts/<uuid:contact_id>"


class PlaceOut(ApiModel):
    """A person in a campaign: where they stand, what comes next and why they wait."""

    enrollment_id: UUID
    campaign_id: UUID
    campaign: str
    status: str
    state: str
    stage: str
    step: str
    next_step: str
    why: str
    due_at: datetime | None
    ended_at: datetime | None


class StatusBody(ApiModel):
    """A status from now on."""

    status: StatusName


@endpoint(api, "GET", f"{ONE}/messages", asks=ThreadQuery, answers=ThreadOut)
@requires("inbox.read")
def list_messages_of(contact_id: UUID, query: ThreadQuery) -> ThreadOut:
    """Everything said with the person."""
    return ThreadOut.of(stretch(person_or_404(contact_id), query.cursor, with_traces=False))


@endpoint(api, "GET", f"{ONE}/campaigns", answers=ListOut[PlaceOut])
@requires("contacts.read")
def list_places(contact_id: UUID) -> ListOut[PlaceOut]:
    """The person's campaigns, those that run first, at most 20."""
    person_or_404(contact_id)
    names = [name for name in PlaceOut.model_fields if name != "why"]
    return listed(
        standings_of_contact(contact_id),
        lambda one: PlaceOut(**{name: getattr(one, name) for name in names}, why=one.why.sentence),
    )


@endpoint(api, "POST", f"{ONE}/notes", takes=NoteBody, answers=WrittenOut, status=201)
@requires("inbox.reply")
def add_note_about(contact_id: UUID, body: NoteBody) -> WrittenOut:
    """Write a note about the person."""
    return WrittenOut(id=replying.add_note(person_or_404(contact_id), body.text, g.user))


@endpoint(api, "POST", f"{ONE}/messages", takes=ReplyBody, answers=WrittenOut, status=201)
@requires("inbox.reply")
def write(contact_id: UUID, body: ReplyBody) -> WrittenOut:
    """Write to the person, in their open conversation or a new one."""
    if body.medium is None:
        raise Refused("Say whether it is an e-mail or a text (`medium`). Nothing was sent.")
    answer = answer_of(body, channel_id=body.channel_id, closes=body.closes, quotes=body.quotes)
    return WrittenOut(id=send_or_keep(person_or_404(contact_id), answer, body.medium))


@endpoint(api, "PUT", "/enrollments/<uuid:enrollment_id>/status", takes=StatusBody, answers=Done)
@requires("contacts.write")
def change_status(enrollment_id: UUID, body: StatusBody) -> Done:
    """Change the person's status in a campaign."""
    count = set_status([get_or_404(Enrollment, enrollment_id).id], body.status)
    return Done(done=f"Status is now {body.status}.", count=count)


@endpoint(api, "POST", "/enrollments/<uuid:enrollment_id>/continue", answers=Done)
@requires("contacts.write")
def let_go_on(enrollment_id: UUID) -> Done:
    """Somebody who was held goes on with the campaign."""
    if not release_people([get_or_404(Enrollment, enrollment_id).id]):
        raise Conflict("Nobody holds this person any more. Nothing was changed.")
    return Done(done="The campaign goes on for them.", count=1)
