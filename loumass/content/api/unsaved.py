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
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, WHOLE, Done, LongText, Medium, RowModel
from loumass.core.errors import NotFound

ONE = "/content/unsaved/<uuid:place_id>"


class TypedBody(ApiModel):
    """What is typed over a content, a step, or at a place of its own for what is new. `revision`: over which (0: nothing was)."""

    medium: Medium
    revision: Annotated[int, Field(ge=0, le=2_000_000_000), WHOLE]
    name: Annotated[str, Field(max_length=200, pattern=PLAIN)] = ""
    subject: Subject = ""
    preheader: Subject = ""
    text: LongText = ""
    html: LongText = ""
    blocks: LongText = ""


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


@endpoint(api, "PUT", ONE, takes=TypedBody, answers=TypedOut)
@requires("content.write")
def keep_unsaved(place_id: UUID, body: TypedBody) -> TypedOut:
    """Keep what is typed; refused (409) where somebody else has typed there meanwhile."""
    form = {
        name: value
        for name in ("name", "subject", "preheader", "text", "html", "blocks")
        if (value := getattr(body, name))
    }
    return TypedOut.of(unsaved.keep(place_id, body.medium, form, body.revision, g.user.id))


@endpoint(api, "DELETE", ONE, answers=Done)
@requires("content.write")
def discard_unsaved(place_id: UUID) -> Done:
    """Throw it away."""
    if unsaved.unsaved_at(place_id) is None:
        raise NotFound("Nothing is typed there that was not saved.")
    unsaved.forget(place_id)
    return Done(done="What was not saved is thrown away.", count=1)
