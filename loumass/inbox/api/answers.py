"""Writing: answers, notes, and what to do with an answer that did not leave."""

from __future__ import annotations

from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, Id
from loumass.core.errors import Refused
from loumass.inbox import replying, taking_back
from loumass.inbox.answering import ways
from loumass.inbox.api.blueprint import api
from loumass.inbox.desk import holding
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.replying import Answer

Said = Annotated[str, Field(min_length=1, max_length=100_000, pattern=r"^[^\x00]*\S[^\x00]*$")]


class ReplyBody(ApiModel):
    """An answer. Without a medium it goes out on the conversation's own; `quotes` repeats what is answered."""

    text: Said
    subject: Annotated[str, Field(max_length=998, pattern=r"^[^\x00-\x1f\x7f]*$")] = ""
    medium: Literal["email", "sms"] | None = None
    channel_id: Id | None = None
    closes: bool = False
    quotes: bool = True


class NoteBody(ApiModel):
    """A note that only the organization reads."""

    text: Said


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
    """Answer. It is queued, and can be withdrawn until it leaves."""
    chosen = conversation_or_404(conversation_id)
    return WrittenOut(id=send(person_of(chosen), body, body.medium or chosen.medium))


@endpoint(
    api, "POST", "/conversations/<uuid:conversation_id>/notes", takes=NoteBody, answers=WrittenOut, status=201
)
@requires("inbox.reply")
def add_note(conversation_id: UUID, body: NoteBody) -> WrittenOut:
    """Write a note into the conversation."""
    chosen = conversation_or_404(conversation_id)
    return WrittenOut(id=replying.add_note(person_of(chosen), body.text, g.user, chosen.id))


@endpoint(api, "POST", "/messages/<uuid:message_id>/withdraw", answers=Done)
@requires("inbox.reply")
def withdraw(message_id: UUID) -> Done:
    """Take back an answer that has not left yet."""
    taking_back.withdraw(message_id)
    return Done(done="Taken back. It has not left.", count=1)


@endpoint(api, "POST", "/messages/<uuid:message_id>/send-again", answers=Done)
@requires("inbox.reply")
def send_again(message_id: UUID) -> Done:
    """Queue a failed answer once more."""
    replying.send_again(message_id, g.user)
    return Done(done="Queued again.", count=1)


def send(person: Person, body: ReplyBody, medium: str) -> UUID:
    """Queue what was written. Raises Refused where there is no way to send it, Conflict while a colleague answers."""
    way = ways(person).get(medium)
    if way is None:
        raise Refused(f"There is no way to write to {person.name} by {medium}. Nothing was sent.")
    answer = Answer(
        text=body.text,
        subject=body.subject,
        channel_id=body.channel_id,
        closes=body.closes,
        quotes=body.quotes,
    )
    holding.hold(person.line_id, g.user)
    message_id = replying.send(person, way, answer, g.user)
    holding.let_go(person.line_id, g.user.id)
    return message_id
