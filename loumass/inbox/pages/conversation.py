"""One person's thread with the list beside it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from flask import g, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.content.queries import tags
from loumass.content.speaking_time import WORDS_PER_MINUTE
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.parts import part_asked
from loumass.inbox import conversing, drafting, dropping, pane, sending_once, signing, snippets, snoozing
from loumass.inbox.answering import Way, own_addresses, ways
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import holding, labels, notifying, regrouping, reminding, seeing
from loumass.inbox.desk.models import Label
from loumass.inbox.forwarding import Forwarded, forwarded
from loumass.inbox.models import Draft
from loumass.inbox.notes import files_of, notes_about
from loumass.inbox.pages.listing import kept_query, list_context
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.quoting import all_of, answered, quote_of
from loumass.inbox.reply_kinds import CHOICES
from loumass.inbox.timeline import Stretch, stretch
from loumass.inbox.zones import city_of, suggestions, zone_of
from loumass.messages.models import Conversation

#: What happened last, beside the thread.
_TRACES = 5
#: Snippets in the menu; `/` finds all of them.
_OFFERED = 30


@pages.get("/inbox/<uuid:id>")
@requires("inbox.read")
def conversation(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Everything said with one person. Looking at it makes it read, unless the page refreshes itself unseen."""
    chosen = conversation_or_404(id)
    person = person_of(chosen)
    if "unseen" not in request.args and _look(person):
        db().commit()
    part = _PARTS.get(part_asked(), show)
    return part(chosen, person)


def _look(person: Person) -> bool:
    """It is read, what one was told about it as well, and colleagues see that one has looked. Whether that was any news."""
    was_unread = person.is_unread
    if was_unread:
        conversing.mark_read(person.conversation_ids)
    were_told = notifying.read(g.user.id, person.conversation_ids)
    return seeing.note(person.conversations[0].id, g.user.id) or was_unread or were_told > 0


def _people(_: Conversation, person: Person) -> str:
    """The list alone, with the person's line in it."""
    return render_template("inbox/_people.html", **list_context(), chosen_ids=person.conversation_ids)


def _said(chosen: Conversation, person: Person) -> str:
    """What was said, alone."""
    return render_template(
        "inbox/_said.html",
        chosen=chosen,
        person=person,
        kept=kept_query(),
        reply_kinds=CHOICES,
        **_thread(person),
    )


def _thread(person: Person) -> dict[str, Any]:
    """A stretch of what was said, and which answers it is about."""
    thread, last = stretch(person, request.args.get("earlier")), holding.last_answer(person)
    return {"thread": thread, "sorts": _last_answer_of(thread), "last_answer": last.id if last else ""}


#: What looks again by itself, by its id.
_PARTS: Mapping[str, Callable[[Conversation, Person], str]] = {"people": _people, "thread": _said}


def show(chosen: Conversation, person: Person, *, typed: dict[str, Any] | None = None) -> str:
    """The three panes. `typed` is what a refused answer held: `kind`, `text`, `subject`, `problem`."""
    lines = list_context()
    reachable = ways(person)
    kind = _kind(list(reachable), typed)
    zone = zone_of(person.contact)
    way = reachable.get(kind)
    earlier = answered(way.conversation) if way and way.conversation else None
    kept = drafting.drafts(person, g.user.id)
    said = _thread(person)
    ids = person.conversation_ids
    return render_template(
        "inbox/conversation.html",
        **lines,
        chosen=chosen,
        person=person,
        **said,
        before=[one for one in reversed(said["thread"].entries) if one.trace][:_TRACES],
        ways=reachable,
        kind=kind,
        draft=kept.get(kind),
        quote=quote_of(earlier),
        others=all_of(earlier, own_addresses()),
        forwarding=_forwarding(person, kind, kept.get("forward"), typed),
        typed=typed or {},
        files=drafting.files(person.conversation_ids, g.user.id),
        seen=seeing.seen_by(person, g.user.id),
        holder=holding.holder(person.line_id),
        labels_on=_each_once(labels.on(ids).values()),
        reminder=min(reminding.reminders(ids, g.user.id).values(), key=lambda one: one.due_at, default=None),
        regrouped=regrouping.standing(person),
        notes=notes_about(person),
        all_files=files_of(person),
        snoozes=snoozing.choices(clock.now(), g.user.timezone or g.organization.timezone),
        pane=pane.pane(person),
        drops=dropping.choices() if kind == "voicemail" else [],
        speeds=WORDS_PER_MINUTE,
        tags=_tags(kind),
        key=sending_once.key_of(person, g.user.id, kind),
        snippets=snippets.all_of(g.user.id)[:_OFFERED],
        signature=_signature(kind, way),
        place=city_of(zone),
        suggestions=suggestions(clock.now(), zone),
        next_id=_next_id(lines["list"].items, person),
    )


def address_of(conversation_id: UUID, **more: Any) -> str:
    """The page of a conversation, with the filters that the reader had."""
    return url_for("inbox.conversation", id=conversation_id, **{**kept_query(), **more})


def _last_answer_of(thread: Stretch) -> UUID | None:
    """The answer that the key for sorting is about: the last one of a person."""
    said = [one.card for one in thread.entries if one.card is not None and one.card.direction == "in"]
    return next((card.id for card in reversed(said) if not card.is_automatic), said[-1].id if said else None)


def _each_once(labelled: Iterable[Sequence[Label]]) -> list[Label]:
    """The labels of all conversations of a line, by name."""
    return sorted({one.id: one for each in labelled for one in each}.values(), key=lambda one: one.name_key)


def _forwarding(
    person: Person, kind: str, draft: Draft | None, typed: dict[str, Any] | None
) -> Forwarded | None:
    """The e-mail that is about to be forwarded: the one asked for, else that of the draft."""
    if kind != "forward":
        return None
    asked = (typed or {}).get("more", {}).get("forwards") or request.args.get("message", "")
    asked = asked or (draft.more.get("forwards", "") if draft else "")
    try:
        return forwarded(person, UUID(asked))
    except ValueError as problem:
        raise NotFound from problem


def _tags(kind: str) -> str:
    """The merge tags that the editor offers, as JSON."""
    if kind not in ("email", "forward"):
        return "[]"
    return json.dumps([[tag.name, tag.meaning, tag.example] for tag in tags()], ensure_ascii=False)


def _signature(kind: str, way: Way | None) -> str:
    """What an e-mail would end in."""
    return signing.signature_of(g.user, way.channel) if kind == "email" and way else ""


def _kind(media: list[str], typed: dict[str, Any] | None) -> str:
    """Which tab of the answer box is open."""
    wanted = (typed or {}).get("kind") or request.args.get("way", "")
    if wanted in ("note", "forward") or wanted in media:
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
