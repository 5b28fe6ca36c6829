"""Looking closer: at one message whole, at what it waits for, at anything by some letters; and trying words out on oneself."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import permitted, requires
from loumass.contacts.models import Contact
from loumass.content.models import Content
from loumass.content.sanitising import safe_html
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, Done, Id, ListOut, RowModel, listed
from loumass.core.errors import NotFound
from loumass.core.tenancy import get_or_404
from loumass.inbox import jumping
from loumass.inbox.api.blueprint import api
from loumass.messages.gates_reading import readings_of
from loumass.messages.models import Message
from loumass.messages.service import shown
from loumass.messages.trying_out import send_test


class WholeOut(ApiModel):
    """A message as it was said, quotes and signature included. `html` does no harm: no scripts, no forms, nothing from elsewhere."""

    subject: str
    text: str
    html: str


class ReadingOut(RowModel):
    """One limit and how it stands for a message. `until`: when it opens by itself, where anybody knows."""

    gate: str
    label: str
    value: str
    is_open: bool
    until: datetime | None


class WaitingOut(RowModel):
    """Why a message waits: every limit of it with its present value, those that refuse first."""

    state: str
    to: str
    channel: str
    reason: str
    sent_at: datetime | None
    due_at: datetime | None
    turn: str
    gates: list[ReadingOut]


class FindQuery(ApiModel):
    """Two letters or more."""

    q: Annotated[str, Field(min_length=2, max_length=200, pattern=PLAIN)]


class PlaceFoundOut(RowModel):
    """A person, a campaign or a conversation."""

    kind: str
    id: UUID
    name: str
    detail: str


class TestBody(ApiModel):
    """As whom it is filled in; null: with invented values."""

    contact_id: Id | None = None


@endpoint(api, "GET", "/messages/<uuid:message_id>", answers=WholeOut)
@requires("inbox.read")
def read_message(message_id: UUID) -> WholeOut:
    """The whole of one message."""
    message = get_or_404(Message, message_id)
    words = shown([message])[message.id]
    return WholeOut(
        subject=words.subject or message.subject,
        text=words.text,
        html=safe_html(words.html).html if words.html else "",
    )


@endpoint(api, "GET", "/messages/<uuid:message_id>/waiting", answers=WaitingOut)
@requires("contacts.read")
def read_waiting(message_id: UUID) -> WaitingOut:
    """Why it waits."""
    found = readings_of(message_id)
    if found is None:
        raise NotFound("There is no such message.")
    return WaitingOut.of(found)


@endpoint(api, "GET", "/search", asks=FindQuery, answers=ListOut[PlaceFoundOut])
@requires("dashboard.read")
def find(query: FindQuery) -> ListOut[PlaceFoundOut]:
    """A few people, campaigns and conversations for some letters, as far as you may see them."""
    found = jumping.found(
        query.q,
        people=permitted("contacts.read"),
        campaigns=permitted("campaigns.read"),
        conversations=permitted("inbox.read"),
    )
    return listed(found, PlaceFoundOut.of)


@endpoint(api, "POST", "/content/<uuid:content_id>/test", takes=TestBody, answers=Done)
@requires("content.write")
def try_content(content_id: UUID, body: TestBody) -> Done:
    """Send the saved version to yourself."""
    content = get_or_404(Content, content_id)
    contact = get_or_404(Contact, body.contact_id) if body.contact_id else None
    send_test(content, g.user, g.organization, contact)
    to = g.user.email if content.medium == "email" else g.user.phone
    return Done(done=f"Version {content.version_number} is on its way to {to}.", count=1)
