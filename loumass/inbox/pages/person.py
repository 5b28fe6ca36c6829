"""The page of one person: who they are, whether we may write, and everything that happened."""

from __future__ import annotations

from uuid import UUID

from flask import render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact, Tag
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.inbox import pane
from loumass.inbox.answering import ways
from loumass.inbox.blueprint import pages
from loumass.inbox.notes import notes_about
from loumass.inbox.person import Person, person_with
from loumass.inbox.timeline import stretch

_MEDIA = ("email", "sms", "voicemail", "note")
_TAGS_OFFERED = 500


@pages.get("/contacts/<uuid:id>")
@requires("contacts.read")
def person(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """One person. `?only=email|sms|voicemail|note` shows just those messages, `?traces=0` no quiet lines."""
    return show(id)


def show(contact_id: UUID, *, problem: str = "", typed: str = "") -> str:
    """The page; `problem` and `typed` are what a refused form held."""
    someone = person_or_404(contact_id)
    only = request.args.get("only", "")
    only = only if only in _MEDIA else ""
    with_traces = request.args.get("traces") != "0"
    return render_template(
        "inbox/person.html",
        person=someone,
        contact=someone.contact,
        pane=pane.pane(someone),
        only=only,
        with_traces=with_traces,
        thread=stretch(someone, request.args.get("earlier"), medium=only, with_traces=with_traces),
        ways=ways(someone),
        notes=notes_about(someone),
        tags_offered=db().scalars(select(Tag.name).order_by(Tag.name_key).limit(_TAGS_OFFERED)).all(),
        problem=problem,
        typed=typed,
    )


def person_or_404(contact_id: UUID) -> Person:
    """A contact with their conversations. Raises NotFound; an erased person is nobody any more."""
    contact = get_or_404(Contact, contact_id)
    if contact.erased_at is not None:
        raise NotFound("This person was erased. Nothing about them is kept.")
    return person_with(contact)
