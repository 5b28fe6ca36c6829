"""Who wrote, and what is done with a whole conversation."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Cursor, Done, Id, Line, Moment, PageOut, PageQuery, paged
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.inbox import conversing, reply_kinds
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.models import ConversationOut, ThreadOut
from loumass.inbox.filters import Filters
from loumass.inbox.people_list import Line as Listed
from loumass.inbox.people_list import people
from loumass.inbox.person import conversation_or_404, person_of
from loumass.inbox.searching import search
from loumass.inbox.timeline import stretch
from loumass.messages import proposing
from loumass.messages.models import Conversation

ONE = "/conversations/<uuid:conversation_id>"
View = Literal[
    "needs-reply", "unread", "mine", "open", "unanswered", "opt-outs", "snoozed", "closed", "everything"
]


ReplyKind = Literal[
    "positive",
    "question",
    "not_now",
    "not_interested",
    "out_of_office",
    "wrong_person",
    "opt_out",
    "unsorted",
]


class InboxQuery(PageQuery):
    """Which people: by view, sender, campaign, what their last answer was taken for, or the words of a search."""

    view: View = "everything"
    channel: Id | None = None
    campaign: Id | None = None
    reply: ReplyKind | None = None
    q: Line | None = None


class LineOut(ApiModel):
    """A person in the list: `id` is the conversation that was last at work."""

    id: UUID
    name: str
    medium: str
    at: datetime | None
    preview: str
    is_unread: bool
    needs_reply: bool
    status: str
    campaign: str
    reply: str
    snoozed_until: datetime | None
    assignee_id: UUID | None

    @classmethod
    def of(cls, row: Listed) -> LineOut:
        return cls(**{name: getattr(row, name) for name in cls.model_fields})


class ThreadQuery(ApiModel):
    """What came before a cursor."""

    cursor: Cursor | None = None


class SnoozeBody(ApiModel):
    """Until when it is out of sight."""

    until: Moment


class AssignBody(ApiModel):
    """Whose it is to answer; null for nobody's."""

    user_id: Id | None


class KindBody(ApiModel):
    """What an answer is; `unsorted`: none of these."""

    kind: ReplyKind


class ChosenBody(ApiModel):
    """What is done with many conversations at once."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=200)]
    act: Literal["read", "unread", "close", "reopen", "answered"]


@endpoint(api, "GET", "/conversations", asks=InboxQuery, answers=PageOut[LineOut])
@requires("inbox.read")
def list_conversations(query: InboxQuery) -> PageOut[LineOut]:
    """The people of the inbox, the latest first."""
    filters = Filters(
        view=query.view,
        user_id=g.user.id,
        channel_id=query.channel,
        campaign_id=query.campaign,
        reply=query.reply or "",
        found=search(query.q) if query.q and query.q.strip() else None,
    )
    return paged(people(filters, query.cursor, query.limit), LineOut.of)


@endpoint(api, "GET", ONE, answers=ConversationOut)
@requires("inbox.read")
def read_conversation(conversation_id: UUID) -> ConversationOut:
    """One conversation. Looking at it here leaves it unread."""
    return ConversationOut.of(conversation_or_404(conversation_id))


@endpoint(api, "GET", f"{ONE}/messages", asks=ThreadQuery, answers=ThreadOut)
@requires("inbox.read")
def list_messages(conversation_id: UUID, query: ThreadQuery) -> ThreadOut:
    """Everything said with the person, on whatever medium."""
    return ThreadOut.of(
        stretch(person_of(conversation_or_404(conversation_id)), query.cursor, with_traces=False)
    )


@endpoint(api, "POST", f"{ONE}/read", answers=Done)
@requires("inbox.reply")
def mark_read(conversation_id: UUID) -> Done:
    """Nothing in it is new any more."""
    return _did("Read.", conversing.mark_read(_all(conversation_id)))


@endpoint(api, "POST", f"{ONE}/unread", answers=Done)
@requires("inbox.reply")
def mark_unread(conversation_id: UUID) -> Done:
    """New again, for later."""
    return _did("Unread.", conversing.mark_unread(_all(conversation_id)))


@endpoint(api, "POST", f"{ONE}/close", answers=Done)
@requires("inbox.reply")
def close(conversation_id: UUID) -> Done:
    """Done with this person."""
    return _did("Closed.", conversing.close(_all(conversation_id)))


@endpoint(api, "POST", f"{ONE}/reopen", answers=Done)
@requires("inbox.reply")
def reopen(conversation_id: UUID) -> Done:
    """Open again."""
    return _did("Open.", conversing.reopen(_all(conversation_id)))


@endpoint(api, "POST", f"{ONE}/answered", answers=Done)
@requires("inbox.reply")
def need_no_reply(conversation_id: UUID) -> Done:
    """No answer is wanted."""
    return _did("No answer is wanted.", conversing.need_no_reply(_all(conversation_id)))


@endpoint(api, "POST", f"{ONE}/snooze", takes=SnoozeBody, answers=Done)
@requires("inbox.reply")
def snooze(conversation_id: UUID, body: SnoozeBody) -> Done:
    """Out of sight until then, when it comes back unread."""
    return _did("Put off.", conversing.snooze(_all(conversation_id), body.until))


@endpoint(api, "PUT", f"{ONE}/assignee", takes=AssignBody, answers=ConversationOut)
@requires("inbox.reply")
def assign(conversation_id: UUID, body: AssignBody) -> ConversationOut:
    """Make it somebody's, or nobody's."""
    conversing.assign(_all(conversation_id), body.user_id)
    found = conversation_or_404(conversation_id)
    db().refresh(found)
    return ConversationOut.of(found)


@endpoint(api, "POST", "/conversations/chosen", takes=ChosenBody, answers=Done)
@requires("inbox.reply")
def change_chosen(body: ChosenBody) -> Done:
    """The same for many."""
    here = select(Conversation.id).where(Conversation.id.in_(body.ids))
    ids = list(db().scalars(here))
    if not ids:
        raise NotFound("None of these conversations is here. Nothing was changed.")
    verbs = {
        "read": conversing.mark_read,
        "unread": conversing.mark_unread,
        "close": conversing.close,
        "reopen": conversing.reopen,
        "answered": conversing.need_no_reply,
    }
    return _did("Done.", verbs[body.act](conversing.of_same_people(ids)))


@endpoint(api, "PUT", "/messages/<uuid:message_id>/kind", takes=KindBody, answers=Done)
@requires("inbox.reply")
def sort_reply(message_id: UUID, body: KindBody) -> Done:
    """Say what an answer is. It stays that, whatever was found of it."""
    return _did("Sorted.", reply_kinds.correct([message_id], body.kind, g.user.id))


@endpoint(api, "POST", "/opt-outs/<uuid:proposal_id>/confirm", answers=Done)
@requires("inbox.reply")
def confirm_opt_out(proposal_id: UUID) -> Done:
    """They asked us to stop: nobody writes to them on this medium again."""
    proposing.confirm(proposal_id, g.user.id)
    return _did("Noted. Their campaigns on it end.", 1)


@endpoint(api, "POST", "/opt-outs/<uuid:proposal_id>/dismiss", answers=Done)
@requires("inbox.reply")
def dismiss_opt_out(proposal_id: UUID) -> Done:
    """They meant something else: campaigns go on."""
    proposing.dismiss(proposal_id, g.user.id)
    return _did("Campaigns go on for them.", 1)


def _all(conversation_id: UUID) -> list[UUID]:
    """All conversations with the same person."""
    return list(person_of(conversation_or_404(conversation_id)).conversation_ids)


def _did(words: str, count: int) -> Done:
    return Done(done=words, count=count)
