"""The left pane: people, each once, with what was said last in all their conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, select, text, tuple_
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from loumass.accounts.models import User
from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id
from loumass.inbox.desk import holding, labels
from loumass.inbox.desk.models import Label
from loumass.inbox.filters import Filters
from loumass.messages.models import Conversation, Message
from loumass.messages.service import shown

PAGE_SIZE = 40
_PREVIEW = 160

#: A conversation beside the one of a line.
_NEWER = aliased(Conversation, name="newer")
_SAID_LATER = tuple_(_NEWER.last_message_at, _NEWER.id) > tuple_(
    Conversation.last_message_at, Conversation.id
)
#: Questions that an index each answers: most lines are a contact's, and what was put elsewhere is little.
_SAME_LINE = (
    and_(
        Conversation.stands_with_id.is_(None),
        _NEWER.stands_with_id.is_(None),
        _NEWER.contact_id == Conversation.contact_id,
    ),
    _NEWER.stands_with_id
    == func.coalesce(Conversation.stands_with_id, Conversation.contact_id, Conversation.id),
    and_(_NEWER.stands_with_id.is_(None), _NEWER.contact_id == Conversation.stands_with_id),
    and_(
        _NEWER.stands_with_id.is_(None),
        _NEWER.contact_id.is_(None),
        _NEWER.id == Conversation.stands_with_id,
    ),
)
_LATEST = text("""
    SELECT said.id FROM unnest(CAST(:ids AS uuid[])) AS asked(id)
    CROSS JOIN LATERAL (
        SELECT message.id FROM message
        WHERE message.organization_id = :organization_id AND message.conversation_id = asked.id
          AND message.state <> 'cancelled' AND (message.state <> 'queued' OR message.author_id IS NOT NULL)
        ORDER BY message.occurred_at DESC, message.id DESC LIMIT 1
    ) said
""")


@dataclass(frozen=True, slots=True)
class Line:
    """One person in the list. `id` is the conversation that the line opens."""

    id: UUID
    person_id: UUID
    name: str
    is_known: bool
    medium: str
    at: datetime | None
    preview: str
    is_ours: bool
    is_unread: bool
    needs_reply: bool
    status: str
    campaign: str
    snoozed_until: datetime | None
    assignee_id: UUID | None
    #: What their last answer was taken for; empty: nothing sure, or none.
    reply: str = ""
    labels: Sequence[Label] = ()
    #: Whose it is, and who answers at this moment; empty where nobody.
    assignee: str = ""
    answering: str = ""


def people(filters: Filters, cursor: str | None, size: int | None = None) -> Page[Line]:
    """A page of people, the latest first."""
    statement = select(Conversation).where(filters.conditions(), ~_later_in_same_line(filters))
    keys = (Conversation.last_message_at, Conversation.id)
    found = page(statement, keys, cursor, descending=True, size=size or PAGE_SIZE)
    return Page(_lines(found.items), found.before, found.after)


def _later_in_same_line(filters: Filters) -> ColumnElement[bool]:
    """Whether something of the same line, which the filters show as well, was said later."""
    shown_too = filters.conditions(_NEWER)
    return or_(*(_newer(same_line, shown_too) for same_line in _SAME_LINE))


def _newer(same_line: ColumnElement[bool], shown_too: ColumnElement[bool]) -> ColumnElement[bool]:
    return (
        select(_NEWER.id)
        .where(_NEWER.organization_id == current_organization_id(), same_line, shown_too, _SAID_LATER)
        .correlate(Conversation)
        .exists()
    )


@dataclass(frozen=True, slots=True)
class _Around:
    """What the lines of one page need, by id."""

    contacts: Mapping[UUID, Contact]
    said: Mapping[UUID, tuple[Message, str]]
    marks: Mapping[UUID, tuple[bool, bool]]
    standing: Mapping[UUID, Enrollment]
    campaigns: Mapping[UUID, str]
    labels: Mapping[UUID, Sequence[Label]]
    names: Mapping[UUID, str]
    answering: Mapping[UUID, str]


def _lines(heads: Sequence[Conversation]) -> list[Line]:
    contact_ids = {head.contact_id for head in heads if head.contact_id}
    contacts = {one.id: one for one in db().scalars(select(Contact).where(Contact.id.in_(contact_ids)))}
    standing = _standing(contact_ids)
    around = _Around(
        contacts,
        _said_last(heads),
        _marks(contact_ids),
        standing,
        _campaign_names(heads, standing),
        labels.on([head.id for head in heads]),
        _names({head.assignee_id for head in heads if head.assignee_id}),
        holding.holders([_line_id(head) for head in heads]),
    )
    return [_line(head, around) for head in heads]


def _line(head: Conversation, around: _Around) -> Line:
    contact = around.contacts.get(head.contact_id) if head.contact_id else None
    is_contacts = head.contact_id is not None and head.stands_with_id is None
    marks = around.marks.get(head.contact_id, (False, False)) if is_contacts else None  # pyright: ignore[reportCallIssue, reportArgumentType]  asked in the line above
    is_unread, needs_reply = marks or (head.unread_since is not None, head.needs_reply_since is not None)
    enrollment = around.standing.get(head.contact_id) if head.contact_id else None
    message, preview = around.said.get(head.id, (None, ""))
    campaign_id = enrollment.campaign_id if enrollment else head.stream_id
    return Line(
        id=head.id,
        person_id=head.contact_id or head.id,
        name=contact.label if contact else head.counterpart or "Unknown sender",
        is_known=contact is not None,
        medium="note" if message is not None and message.direction == "note" else head.medium,
        at=head.last_message_at,
        preview=preview,
        is_ours=message is not None and message.direction == "out",
        is_unread=is_unread,
        needs_reply=needs_reply,
        status=enrollment.status if enrollment else "",
        campaign=around.campaigns.get(campaign_id, "") if campaign_id else "",
        snoozed_until=head.snoozed_until,
        assignee_id=head.assignee_id,
        labels=around.labels.get(head.id, ()),
        assignee=around.names.get(head.assignee_id, "") if head.assignee_id else "",
        reply=head.reply_kind or "",
        answering=around.answering.get(_line_id(head), ""),
    )


def _line_id(head: Conversation) -> UUID:
    return head.stands_with_id or head.contact_id or head.id


def _names(user_ids: set[UUID]) -> Mapping[UUID, str]:
    if not user_ids:
        return {}
    return {row.id: row.name for row in db().execute(select(User.id, User.name).where(User.id.in_(user_ids)))}


def _said_last(heads: Sequence[Conversation]) -> dict[UUID, tuple[Message, str]]:
    ids = db().scalars(
        _LATEST, {"organization_id": current_organization_id(), "ids": [head.id for head in heads]}
    )
    messages = db().scalars(select(Message).where(Message.id.in_(ids.all()))).all()
    words = shown(messages)
    return {
        message.conversation_id: (message, _preview(message.reply_text or words[message.id].text))
        for message in messages
    }


def _preview(words: str) -> str:
    return " ".join(words[: _PREVIEW * 4].split())[:_PREVIEW]


def _marks(contact_ids: set[UUID]) -> dict[UUID, tuple[bool, bool]]:
    """Whether anything of a person is unread or unanswered, in whichever conversation."""
    rows = db().execute(
        select(
            Conversation.contact_id,
            func.bool_or(Conversation.unread_since.is_not(None)).label("is_unread"),
            func.bool_or(Conversation.needs_reply_since.is_not(None)).label("needs_reply"),
        )
        .where(
            Conversation.contact_id.in_(contact_ids),
            Conversation.stands_with_id.is_(None),
            or_(Conversation.unread_since.is_not(None), Conversation.needs_reply_since.is_not(None)),
            Conversation.closed_at.is_(None),
        )
        .group_by(Conversation.contact_id)
    )
    return {row.contact_id: (row.is_unread, row.needs_reply) for row in rows if row.contact_id}


def _standing(contact_ids: set[UUID]) -> dict[UUID, Enrollment]:
    """Where each person stands: the enrollment that runs, else the latest."""
    rows = db().scalars(
        select(Enrollment)
        .ext(distinct_on(Enrollment.contact_id))
        .where(Enrollment.contact_id.in_(contact_ids))
        .order_by(
            Enrollment.contact_id, Enrollment.state == "ended", Enrollment.enrolled_at.desc(), Enrollment.id
        )
    )
    return {row.contact_id: row for row in rows}


def _campaign_names(heads: Sequence[Conversation], standing: Mapping[UUID, Enrollment]) -> dict[UUID, str]:
    ids = {head.stream_id for head in heads if head.stream_id} | {
        one.campaign_id for one in standing.values()
    }
    rows = db().execute(select(Campaign.id, Campaign.name).where(Campaign.id.in_(ids)))
    return {row.id: row.name for row in rows}
