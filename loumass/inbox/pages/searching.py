"""Everything that says what somebody looks for: people, and messages with the words marked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import g, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import Row, select

from loumass.accounts.guards import permitted, requires
from loumass.accounts.models import User
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.paging import cursor_after, read_cursor
from loumass.inbox import jumping
from loumass.inbox.blueprint import pages
from loumass.inbox.filters import KEPT, SEARCH_VIEW, Filters
from loumass.inbox.narrowing import kept
from loumass.messages.finding.hits import messages_with
from loumass.messages.finding.spelling import Part, Sought, around, marked, sought
from loumass.messages.models import Conversation, Message

PAGE_SIZE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """One message that was found. `name` is whom it was talked with, `by` who wrote it."""

    id: UUID
    conversation_id: UUID
    person_id: UUID
    name: str
    by: str
    medium: str
    at: datetime
    subject: list[Part]
    said: list[Part]


@pages.get("/inbox/search")
@requires("inbox.read")
def search_all() -> ResponseReturnValue:
    """People first, then messages, the newest first; filters of the inbox narrow the messages."""
    words = " ".join(request.args.get("q", "").split())[:200]
    wanted = sought(words)
    cursor = request.args.get("after")
    condition = None
    if any(request.args.get(name) for name in KEPT):
        view = {"view": SEARCH_VIEW, **request.args}
        condition = Filters.of(view, g.user.id).conditions()
    after = read_cursor(cursor, Message.occurred_at, Message.id) if cursor else None
    hits = messages_with(wanted, condition, after=after, size=PAGE_SIZE)  # pyright: ignore[reportArgumentType]  (moment, id)
    people = (
        []
        if cursor
        else jumping.found(words, people=permitted("contacts.read"), campaigns=False, conversations=False)
    )
    return render_template(
        "inbox/search.html",
        q=words,
        people=people,
        lines=_lines(hits.rows, wanted),
        next=cursor_after(*hits.after) if hits.after else None,
        is_first=not cursor,
        kept=kept((*KEPT, "q"), request.args),
    )


def _lines(rows: Any, wanted: Sought) -> list[Line]:
    contacts = _by_id(select(Contact.id, Contact).where(Contact.id.in_({row.contact_id for row in rows})))
    authors = _by_id(select(User.id, User.name).where(User.id.in_({row.author_id for row in rows})))
    ids = {row.conversation_id for row in rows}
    talks = _by_id(select(Conversation.id, Conversation.counterpart).where(Conversation.id.in_(ids)))
    return [
        _line(
            row,
            contacts.get(row.contact_id),
            authors.get(row.author_id, ""),
            talks.get(row.conversation_id, ""),
            wanted,
        )
        for row in rows
        if row.conversation_id is not None
    ]


def _by_id(statement: Any) -> dict[UUID | None, Any]:
    return dict(tuple(row) for row in db().execute(statement))


def _line(row: Row[Any], contact: Contact | None, author: str, counterpart: str, wanted: Sought) -> Line:
    own = row.reply_text if row.direction == "in" or row.reply_text else row.text
    subject = marked(row.subject, wanted)
    # Where what was sought stands only in what is quoted, that is shown.
    is_own = any(one.is_hit for one in [*subject, *marked(own[:20_000], wanted)])
    said = own if is_own and own else row.text or own
    return Line(
        id=row.id,
        conversation_id=row.conversation_id,
        person_id=contact.id if contact else row.conversation_id,
        name=contact.label if contact else row.from_name or counterpart or "Unknown sender",
        by="note" if row.direction == "note" else author or ("you" if row.direction == "out" else ""),
        medium="note" if row.direction == "note" else row.medium,
        at=row.occurred_at,
        subject=subject,
        said=around(said[:100_000], wanted),
    )
