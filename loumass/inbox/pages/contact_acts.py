"""What is done on a person's page: tags, notes, no more messages, a first message, the two likely decisions."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.campaigns.deciding import release_people
from loumass.campaigns.models import Enrollment
from loumass.campaigns.statuses import set_status
from loumass.contacts import bulk
from loumass.contacts.models import Tag
from loumass.contacts.suppression import suppress
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get_or_404
from loumass.inbox import replying
from loumass.inbox.answering import chosen, ways
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.person import person_or_404, show
from loumass.inbox.permissions import permissions


@pages.post("/contacts/<uuid:id>/tags")
@requires("contacts.write")
def add_tags(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Give the person tags, separated by commas; new words become tags."""
    person = person_or_404(id)
    try:
        bulk.tag([person.contact_or_404.id], request.form.get("tags", ""))
    except Refused as problem:
        return show(id, problem=problem.sentence), 422
    db().commit()
    return _back(id)


@pages.post("/contacts/<uuid:id>/tags/<uuid:tag_id>/removal")
@requires("contacts.write")
def remove_tag(id: UUID, tag_id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Take a tag off."""
    person_or_404(id)
    bulk.untag([id], get_or_404(Tag, tag_id).id)
    db().commit()
    return _back(id)


@pages.post("/contacts/<uuid:id>/notes")
@requires("inbox.reply")
def add_note(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Write a note about the person."""
    text = request.form.get("text", "")
    try:
        replying.add_note(person_or_404(id), text, g.user)
    except Refused as problem:
        return show(id, problem=problem.sentence, typed=text), 422
    db().commit()
    return _back(id)


@pages.route("/contacts/<uuid:id>/stop", methods=["GET", "POST"])
@requires("contacts.write")
def stop(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Write to the person no more, on any medium: asks first."""
    contact = person_or_404(id).contact_or_404
    if request.method == "GET":
        media = [one.label for one in permissions(contact) if one.may]
        return render_template("inbox/stop.html", contact=contact, media=media)
    note = f"Stopped by {g.user.name}"
    if contact.email_key:
        suppress("email", [contact.email_key], "by_hand", note=note)
    if contact.phone:
        suppress("sms", [contact.phone], "by_hand", note=note)
        suppress("voicemail", [contact.phone], "by_hand", note=note)
    db().commit()
    flash(f"Nobody writes to {contact.label} any more.", "done")
    return _back(id)


@pages.post("/contacts/<uuid:id>/conversations")
@requires("inbox.reply")
def write(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Begin, or go on with, a conversation on the chosen medium."""
    person = person_or_404(id)
    medium = request.form.get("medium", "")
    way = ways(person).get(medium)
    if way is None:
        raise Refused(
            f"There is no way to write to {person.name} like this: an address or a channel is missing."
        )
    conversation = way.conversation or replying.begin(person, way, chosen(way, None))
    db().commit()
    return redirect(url_for("inbox.conversation", id=conversation.id, way=medium))


@pages.post("/inbox/enrollments/<uuid:id>/status")
@requires("contacts.write")
def change_status(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The person's status in a campaign, by hand."""
    enrollment = get_or_404(Enrollment, id)
    status = request.form.get("status", "")
    set_status([enrollment.id], status)
    db().commit()
    flash(f"Status is now {status}.", "done")
    return _back(enrollment.contact_id)


@pages.post("/inbox/enrollments/<uuid:id>/continuation")
@requires("contacts.write")
def let_go_on(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Somebody who was held goes on with the campaign."""
    enrollment = get_or_404(Enrollment, id)
    if not release_people([enrollment.id]):
        raise Conflict("Nobody holds this person any more. Nothing was changed.")
    db().commit()
    flash("The campaign goes on for them.", "done")
    return _back(enrollment.contact_id)


def _back(contact_id: UUID) -> ResponseReturnValue:
    """To the conversation that the form stood in, else to the person's page."""
    came_from = request.form.get("conversation", "")
    try:
        return redirect(url_for("inbox.conversation", id=UUID(came_from)))
    except ValueError:
        return redirect(url_for("inbox.person", id=contact_id))
