"""An answer on its way: what programs may say of it, and a draft of it where it cannot go."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from flask import g
from pydantic import Field

from loumass.core import clock
from loumass.core.api import ApiModel
from loumass.core.api.models import PLAIN, Moment
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.inbox import drafting, replying
from loumass.inbox.answering import Way, ways
from loumass.inbox.desk import holding
from loumass.inbox.formed import MOST_LETTERS as MOST_DOCUMENT
from loumass.inbox.formed import formed
from loumass.inbox.moments import refuse_out_of_reach
from loumass.inbox.person import Person
from loumass.inbox.replying import Answer

Text = Annotated[str, Field(max_length=100_000, pattern=PLAIN)]
Subject = Annotated[str, Field(max_length=998, pattern=r"^[^\x00-\x1f\x7f]*$")]
People = Annotated[str, Field(max_length=8_000, pattern=PLAIN)]


class Written(ApiModel):
    """What is written: `cc` and `bcc` as mail programs have them (`Joel Park <joel@x.example>, ann@x.example`); `at`: when it is to
    leave, `signed`: with the signature below; `doc`: the document of the editor, which has forms that `text` cannot say.
    """

    text: Text = ""
    subject: Subject = ""
    cc: People = ""
    bcc: People = ""
    at: Moment | None = None
    signed: bool = True
    doc: Annotated[str, Field(max_length=MOST_DOCUMENT, pattern=PLAIN)] = ""


def answer_of(body: Written, **more: Any) -> Answer:
    """As the inbox sends it. Raises Refused for a time that has passed, or lies too far ahead."""
    if body.at is not None:
        refuse_out_of_reach(body.at, clock.now())
    kept = {name: getattr(body, name) for name in ("cc", "bcc", "doc")} | {"to": more.get("to", "")}
    kept |= manners(more.get("channel_id"), quotes=more.get("quotes", True), signed=body.signed)
    return Answer(
        text=body.text,
        subject=body.subject,
        formed=formed(body.doc),
        is_signed=body.signed,
        at=body.at,
        cc=body.cc,
        bcc=body.bcc,
        more={name: value for name, value in kept.items() if value},
        **more,
    )


def manners(channel_id: UUID | None, *, quotes: bool, signed: bool) -> dict[str, str]:
    """How it is sent, as the fields of the page's form say it, and a draft keeps it."""
    return {
        "channel": str(channel_id or ""),
        "bare": "" if quotes else "1",
        "unsigned": "" if signed else "1",
    }


def send_or_keep(person: Person, answer: Answer, medium: str, *, seen: str | None = None) -> UUID:
    """Queue it; the message's id. Where a colleague answers, or the address is barred, it is kept as a draft, as on the page.

    Raises Conflict then, and Refused where there is no way to send it.
    """
    way = ways(person).get(medium)
    if way is None:
        raise Refused(f"There is no way to write to {person.name} by {medium}. Nothing was sent.")
    try:
        return _send(person, way, answer, seen)
    except Conflict:
        db().rollback()
        ids = person.conversation_ids
        keep(ids[0] if ids else replying.begin(person, way, way.channel).id, way.medium, answer)
        raise


def keep(conversation_id: UUID, kind: str, answer: Answer) -> None:
    """What was written becomes a draft, and nothing else of the request stays."""
    drafting.save(conversation_id, g.user.id, kind, answer.text, answer.subject, answer.more)
    db().commit()


def _send(person: Person, way: Way, answer: Answer, seen: str | None) -> UUID:
    holding.hold(person.line_id, g.user)
    if seen is not None:
        holding.refuse_second_answer(person, seen, g.user, g.user.timezone or g.organization.timezone)
    message_id = replying.send(person, way, answer, g.user)
    holding.let_go(person.line_id, g.user.id)
    return message_id
