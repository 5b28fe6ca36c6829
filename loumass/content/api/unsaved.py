"""What is typed and not saved: kept apart from what people are sent. Nobody gets half a sentence."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.content import unsaved
from loumass.content.api.blueprint import api
from loumass.content.api.library import Subject
from loumass.content.models import Content
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, WHOLE, Done, Id, LongText, Medium, RowModel
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404

ONE = "/content/unsaved/<uuid:place_id>"


class TypedBody(ApiModel):
    """What is typed. `revision`: over which (0: nothing was)."""

    revision: Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE]
    name: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""
    subject: Subject = ""
    preheader: Subject = ""
    text: LongText = ""
    html: LongText = ""
    blocks: LongText = ""


class TypedAnewBody(TypedBody):
    """What is typed at a place of its own."""

    place_id: Id
    medium: Medium


class TypedOut(RowModel):
    """What was typed there last: the fields of the form by name."""

    place_id: UUID
    medium: str
    words: dict[str, str]
    revision: int
    written_by_id: UUID | None
    written_at: datetime


@endpoint(api, "GET", ONE, answers=TypedOut)
@requires("content.read")
def read_unsaved(place_id: UUID) -> TypedOut:
    """What was typed at a place and not saved."""
    found = unsaved.unsaved_at(place_id)
    if found is None:
        raise NotFound("Nothing is typed there that was not saved.")
    return TypedOut.of(found)


@endpoint(api, "PUT", "/content/<uuid:content_id>/unsaved", takes=TypedBody, answers=TypedOut)
@requires("content.write")
def keep_unsaved(content_id: UUID, body: TypedBody) -> TypedOut:
    """Keep what is typed over a content; refused (409) where somebody else has typed there meanwhile."""
    return kept(content_id, get_or_404(Content, content_id).medium, body)


@endpoint(api, "POST", "/content/unsaved", takes=TypedAnewBody, answers=TypedOut)
@requires("content.write")
def keep_unsaved_new(body: TypedAnewBody) -> TypedOut:
    """Keep what is typed before anything is saved, at a place that whoever asks has made up."""
    return kept(body.place_id, body.medium, body)


def kept(place_id: UUID, medium: str, body: TypedBody) -> TypedOut:
    """Keep it. Raises Conflict, Refused."""
    names = ("name", "subject", "preheader", "text", "html", "blocks")
    form = {name: value for name in names if (value := getattr(body, name))}
    return TypedOut.of(unsaved.keep(place_id, medium, form, body.revision, g.user.id))


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("content.write")
def discard_unsaved(place_id: UUID) -> Done:
    """Throw it away."""
    if unsaved.unsaved_at(place_id) is None:
        raise NotFound("Nothing is typed there that was not saved.")
    unsaved.forget(place_id)
    return Done(done="What was not saved is thrown away.", count=1)
