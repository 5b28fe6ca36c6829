"""Who wrote, and what is done with a whole conversation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal, TypeVar
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Cursor, Done, Id, Line, Moment, PageOut, PageQuery, RowModel, paged
from loumass.core.database import db
from loumass.core.errors import NotFound, Refused
from loumass.inbox import conversing, reply_kinds
from loumass.inbox.api.blueprint import api
from loumass.inbox.api.desk import ViewName
from loumass.inbox.api.models import (
    ConversationOut,
    LabelOut,
    LineReadOut,
    RegroupingOut,
    SeenOut,
    ThreadOut,
)
from loumass.inbox.desk import holding, labels, notifying, regrouping, reminding, seeing, teams
from loumass.inbox.filters import Filters
from loumass.inbox.people_list import people
from loumass.inbox.person import conversation_or_404, person_of
from loumass.inbox.searching import search
from loumass.inbox.timeline import stretch
from loumass.messages import proposing
from loumass.messages.models import Conversation

ONE = "/conversations/<uuid:conversation_id>"


Named = TypeVar("Named", UUID, datetime)


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
    """Which people: by view, sender, campaign, label, team, whose to answer, what their last answer was taken for, or the words
    of a search."""

    view: ViewName = "everything"
    channel: Id | None = None
    campaign: Id | None = None
    label: Id | None = None
    team: Id | None = None
    who: Id | Literal["nobody"] | None = None
    reply: ReplyKind | None = None
    q: Line | None = None


class LineOut(RowModel):
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
    assignee: str
    answering: str
    labels: list[LabelOut]


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
    """What is done with many conversations at once. Of `give` `user_id` says to whom (null: nobody), of `team` `team_id`, of `label`
    and `unlabel` `label_id`, of `snooze` and `remind` `until`.
    """

    ids: Annotated[list[Id], Field(min_length=1, max_length=200)]
    act: Literal[
        "read",
        "unread",
        "close",
        "reopen",
        "answered",
        "mine",
        "give",
        "team",
        "label",
        "unlabel",
        "snooze",
        "remind",
        "merge",
    ]
    user_id: Id | None = None
    team_id: Id | None = None
    label_id: Id | None = None
    until: Moment | None = None
    is_if_silent: bool = False


@endpoint(api, "GET", "/conversations", asks=InboxQuery, answers=PageOut[LineOut])
@requires("inbox.read")
def list_conversations(query: InboxQuery) -> PageOut[LineOut]:
    """The people of the inbox, the latest first."""
    filters = Filters(
        view=query.view,
        user_id=g.user.id,
        channel_id=query.channel,
        campaign_id=query.campaign,
        label_id=query.label,
        team_id=query.team,
        who=query.who,
        reply=query.reply or "",
        found=search(query.q) if query.q and query.q.strip() else None,
    )
    return paged(people(filters, query.cursor, query.limit), LineOut.of)


@endpoint(api, "GET", ONE, answers=LineReadOut)
@requires("inbox.read")
def read_conversation(conversation_id: UUID) -> LineReadOut:
    """One conversation, and what stands around it. Looking at it here leaves it unread."""
    chosen = conversation_or_404(conversation_id)
    person, holder = person_of(chosen), holding.holder(person_of(chosen).line_id)
    ids = person.conversation_ids
    reminder = min(reminding.reminders(ids, g.user.id).values(), key=lambda one: one.due_at, default=None)
    on = {label.id: LabelOut.of(label) for found in labels.on(ids).values() for label in found}
    seen = [
        SeenOut(user_id=one.user.id, name=one.user.name, at=one.at)
        for one in seeing.seen_by(person, g.user.id)
    ]
    return LineReadOut(
        **ConversationOut.of(chosen).model_dump(),
        line_id=person.line_id,
        stands_with=ids,
        labels=sorted(on.values(), key=lambda one: one.name),
        seen_by=seen,
        answering=holder.name if holder else "",
        reminder_at=reminder.due_at if reminder else None,
        reminder_is_if_silent=bool(reminder and reminder.is_if_silent),
        regroupings=[RegroupingOut.of(one) for one in regrouping.standing(person)],
    )


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
    """Nothing in it is new any more, nor what you were told of it; colleagues see that you have looked."""
    ids = _all(conversation_id)
    notifying.read(g.user.id, ids)
    seeing.note(ids[0], g.user.id)
    return _did("Read.", conversing.mark_read(ids))


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
    """Make it somebody's, who is told, or nobody's."""
    conversing.give(_all(conversation_id), body.user_id, g.user.id)
    found = conversation_or_404(conversation_id)
    db().refresh(found)
    return ConversationOut.of(found)


@endpoint(api, "POST", "/conversations/chosen", takes=ChosenBody, answers=Done)
@requires("inbox.reply")
def change_chosen(body: ChosenBody) -> Done:
    """The same for many: everything that stands with these is done with."""
    here = select(Conversation.id).where(Conversation.id.in_(body.ids))
    ids = list(db().scalars(here))
    if not ids:
        raise NotFound("None of these conversations is here. Nothing was changed.")
    return _did("Done.", _VERBS[body.act](ids, conversing.of_same_people(ids), body))


Verb = Callable[[Sequence[UUID], Sequence[UUID], ChosenBody], int]


def _snooze(_: Sequence[UUID], ids: Sequence[UUID], body: ChosenBody) -> int:
    return conversing.snooze(ids, _said(body.until, "until"))


def _give_to_team(_: Sequence[UUID], ids: Sequence[UUID], body: ChosenBody) -> int:
    return teams.give(ids, _said(body.team_id, "team_id"))


def _label(_: Sequence[UUID], ids: Sequence[UUID], body: ChosenBody) -> int:
    label_id = _said(body.label_id, "label_id")
    labels.put(ids, label_id) if body.act == "label" else labels.take_off(ids, label_id)
    return len(ids)


def _remind(chosen: Sequence[UUID], _: Sequence[UUID], body: ChosenBody) -> int:
    lines = list(conversing.lines_of(chosen))
    reminding.remind(lines, g.user.id, _said(body.until, "until"), is_if_silent=body.is_if_silent)
    return len(lines)


def _merge(chosen: Sequence[UUID], _: Sequence[UUID], __: ChosenBody) -> int:
    if len(chosen) < 2:
        raise Refused("Name two conversations or more, and they stand in one line. Nothing was changed.")
    kept, *others = [conversation_or_404(one) for one in chosen]
    return len(regrouping.merge(kept, others, g.user.id))


_VERBS: Mapping[str, Verb] = {
    "read": lambda _, ids, __: conversing.mark_read(ids),
    "unread": lambda _, ids, __: conversing.mark_unread(ids),
    "close": lambda _, ids, __: conversing.close(ids),
    "reopen": lambda _, ids, __: conversing.reopen(ids),
    "answered": lambda _, ids, __: conversing.need_no_reply(ids),
    "mine": lambda _, ids, __: conversing.assign(ids, g.user.id),
    "give": lambda _, ids, body: conversing.give(ids, body.user_id, g.user.id),
    "team": _give_to_team,
    "label": _label,
    "unlabel": _label,
    "snooze": _snooze,
    "remind": _remind,
    "merge": _merge,
}


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


def _said(value: Named | None, name: str) -> Named:
    if value is None:
        raise Refused(f"Say `{name}`. Nothing was changed.")
    return value


def _did(words: str, count: int) -> Done:
    return Done(done=words, count=count)
