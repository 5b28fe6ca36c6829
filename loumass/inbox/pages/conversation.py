"""One person's thread with the list beside it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.inbox import conversing, drafting, pane, snoozing
from loumass.inbox.answering import Way, ways
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import holding, labels, notifying, regrouping, reminding, seeing
from loumass.inbox.desk.models import Label
from loumass.inbox.notes import files_of, notes_about
from loumass.inbox.pages.listing import kept_query, list_context
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.quoting import Quote, answered, quote_of
from loumass.inbox.timeline import stretch
from loumass.messages.models import Conversation

#: What happened last, beside the thread.
_TRACES = 5


@pages.get("/inbox/<uuid:id>")
@requires("inbox.read")
def conversation(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everything said with one person. Looking at it makes it read, unless the page refreshes itself unseen."""
    chosen = conversation_or_404(id)
    person = person_of(chosen)
    if "unseen" not in request.args:
        _look(person)
        db().commit()
    return show(chosen, person)


def _look(person: Person) -> None:
    """It is read, what one was told about it as well, and colleagues see that one has looked."""
    if person.is_unread:
        conversing.mark_read(person.conversation_ids)
    notifying.read(g.user.id, person.conversation_ids)
    seeing.note(person.conversations[0].id, g.user.id)


def show(chosen: Conversation, person: Person, *, typed: dict[str, Any] | None = None) -> str:
    """The three panes. `typed` is what a refused answer held: `kind`, `text`, `subject`, `problem`."""
    lines = list_context()
    reachable = ways(person)
    kind = _kind(list(reachable), typed)
    kept = drafting.drafts(person, g.user.id)
    thread = stretch(person, request.args.get("earlier"))
    last = holding.last_answer(person)
    ids = person.conversation_ids
    return render_template(
        "inbox/conversation.html",
        **lines,
        chosen=chosen,
        person=person,
        thread=thread,
        before=[one for one in reversed(thread.entries) if one.trace][:_TRACES],
        ways=reachable,
        kind=kind,
        draft=kept.get(kind),
        quote=_quote(reachable.get(kind)),
        typed=typed or {},
        files=drafting.files(person.conversation_ids, g.user.id),
        seen=seeing.seen_by(person, g.user.id),
        last_answer=last.id if last else "",
        holder=holding.holder(person.line_id),
        labels_on=_each_once(labels.on(ids).values()),
        reminder=min(reminding.reminders(ids, g.user.id).values(), key=lambda one: one.due_at, default=None),
        regrouped=regrouping.standing(person),
        notes=notes_about(person),
        all_files=files_of(person),
        snoozes=snoozing.choices(clock.now(), g.user.timezone or g.organization.timezone),
        pane=pane.pane(person),
        next_id=_next_id(lines["list"].items, person),
    )


def address_of(conversation_id: UUID, **more: Any) -> str:
    """The page of a conversation, with the filters that the reader had."""
    return url_for("inbox.conversation", id=conversation_id, **{**kept_query(), **more})


def _each_once(labelled: Iterable[Sequence[Label]]) -> list[Label]:
    """The labels of all conversations of a line, by name."""
    return sorted({one.id: one for each in labelled for one in each}.values(), key=lambda one: one.name_key)


def _quote(way: Way | None) -> Quote | None:
    """What an answer on `way` would quote."""
    return quote_of(answered(way.conversation)) if way and way.conversation else None


def _kind(media: list[str], typed: dict[str, Any] | None) -> str:
    """Which tab of the answer box is open."""
    wanted = (typed or {}).get("kind") or request.args.get("way", "")
    if wanted == "note" or wanted in media:
        return wanted
    return media[0] if media else "note"


def _next_id(items: Any, person: Person) -> UUID | None:
    """Whom to show once this person is done: the one below, else the one above."""
    ids = [line.id for line in items]
    mine = [at for at, line in enumerate(items) if line.id in person.conversation_ids]
    if not mine:
        return ids[0] if ids else None
    others = ids[mine[0] + 1 :] or ids[: mine[0]][::-1]
    return others[0] if others else None
