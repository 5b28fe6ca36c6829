"""Writing: answers, notes, what is forwarded, and what to do with an answer that did not leave."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import PLAIN, SAID, Done, Id, Moment
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound
from loumass.core.tenancy import get, get_or_404
from loumass.core.words import moment
from loumass.inbox import forwarding, replying, taking_back
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.sending import Written, answer_of, keep, send_or_keep
from loumass.inbox.moments import refuse_out_of_reach
from loumass.inbox.person import conversation_or_404, person_of
from loumass.inbox.zones import zone_of
from loumass.messages.models import Message

Said = Annotated[str, Field(min_length=1, max_length=100_000, pattern=SAID)]


class ReplyBody(Written):
    """An answer. Without a medium it goes out on the conversation's own; `quotes` repeats what is answered.

    `seen` is the last answer of ours that whoever writes has read: where a colleague answered since, it is refused once.
    """

    medium: Literal["email", "sms"] | None = None
    channel_id: Id | None = None
    closes: bool = False
    quotes: bool = True
    seen: Id | None = None


class ForwardBody(Written):
    """Whom an e-mail goes on to, and what is written above it. `files`: whether its files go along."""

    to: Annotated[str, Field(min_length=1, max_length=2_000, pattern=PLAIN)]
    files: bool = True


class NoteBody(ApiModel):
    """A note that only the organization reads. `@Ben` tells Ben of it."""

    text: Said


class TimeBody(ApiModel):
    """When it is to leave; null: at once."""

    at: Moment | None


class WrittenOut(ApiModel):
    """The message that was queued, or the note."""

    id: UUID


@endpoint(
    api,
    "POST",
    "/conversations/<uuid:conversation_id>/replies",
    takes=ReplyBody,
    answers=WrittenOut,
    status=201,
)
@requires("inbox.reply")
def reply(conversation_id: UUID, body: ReplyBody) -> WrittenOut:
    """Answer, with the files of your draft. It waits ten seconds, or until `at`, and can be withdrawn until it leaves."""
    chosen = conversation_or_404(conversation_id)
    medium = body.medium or chosen.medium
    seen = str(body.seen) if body.seen else None
    answer = answer_of(body, channel_id=body.channel_id, closes=body.closes, quotes=body.quotes)
    return WrittenOut(id=send_or_keep(person_of(chosen), answer, medium, seen=seen))


@endpoint(
    api, "POST", "/conversations/<uuid:conversation_id>/notes", takes=NoteBody, answers=WrittenOut, status=201
)
@requires("inbox.reply")
def add_note(conversation_id: UUID, body: NoteBody) -> WrittenOut:
    """Write a note into the conversation."""
    chosen = conversation_or_404(conversation_id)
    return WrittenOut(id=replying.add_note(person_of(chosen), body.text, g.user, chosen.id))


@endpoint(
    api,
    "POST",
    "/messages/<uuid:message_id>/forward",
    takes=ForwardBody,
    answers=WrittenOut,
    status=201,
)
@requires("inbox.reply")
def forward(message_id: UUID, body: ForwardBody) -> WrittenOut:
    """Let an e-mail go on to somebody else, in a conversation of its own."""
    message = get_or_404(Message, message_id)
    if message.conversation_id is None:
        raise NotFound
    person = person_of(conversation_or_404(message.conversation_id))
    going, answer = forwarding.forwarded(person, message_id), answer_of(body, to=body.to, quotes=body.files)
    try:
        return WrittenOut(id=forwarding.forward(person, going, answer, g.user))
    except Conflict:
        db().rollback()
        more = {**answer.more, "forwards": str(message_id)}
        keep(message.conversation_id, "forward", replace(answer, more=more))
        raise


@endpoint(api, "POST", "/messages/<uuid:message_id>/withdraw", answers=Done)
@requires("inbox.reply")
def withdraw(message_id: UUID) -> Done:
    """Take back an answer that has not left yet; it is a draft again."""
    taking_back.withdraw(message_id)
    return Done(done="Taken back. It has not left.", count=1)


@endpoint(api, "PUT", "/messages/<uuid:message_id>/time", takes=TimeBody, answers=Done)
@requires("inbox.reply")
def plan(message_id: UUID, body: TimeBody) -> Done:
    """Let an answer that waits go at another time."""
    message, now = get_or_404(Message, message_id), clock.now()
    if body.at is not None:
        refuse_out_of_reach(body.at, now)
    taking_back.plan(message_id, body.at or now)
    zone = zone_of(get(Contact, message.contact_id) if message.contact_id else None)
    words = f"It goes {moment(body.at, zone.key)}, their time." if body.at else "It is on its way."
    return Done(done=words, count=1)


@endpoint(api, "POST", "/messages/<uuid:message_id>/send-again", answers=Done)
@requires("inbox.reply")
def send_again(message_id: UUID) -> Done:
    """Queue a failed answer once more."""
    replying.send_again(message_id, g.user)
    return Done(done="Queued again.", count=1)
