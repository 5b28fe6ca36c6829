"""Writing: answers, notes, drafts, and what to do with an answer that did not leave."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.errors import Problem, Refused
from loumass.inbox import drafting, replying
from loumass.inbox.answering import ways
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import holding
from loumass.inbox.pages.conversation import address_of, show
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.replying import Answer
from loumass.messages.models import Conversation

_SAID = {"email": "E-mail", "sms": "Text"}


@pages.post("/inbox/<uuid:id>/replies")
@requires("inbox.reply")
def reply(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Send what was typed, keep it as a note, or as a draft."""
    chosen = conversation_or_404(id)
    person = person_of(chosen)
    kind, act = request.form.get("kind", ""), request.form.get("act", "send")
    if kind not in drafting.KINDS:
        raise Refused("Choose e-mail, text or note. Nothing was sent.")
    if act == "draft":
        return _kept(chosen, kind)
    try:
        _send(person, chosen, kind, closes=act == "send-close")
    except Problem as problem:
        db().rollback()
        return _refused(id, kind, problem)
    db().commit()
    following = request.form.get("next", "")
    if act == "send-close" and _is_id(following):
        return redirect(address_of(UUID(following)))
    return redirect(address_of(chosen.id))


@pages.post("/inbox/<uuid:id>/draft")
@requires("inbox.reply")
def draft(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Keep what is being typed; answers with a few words for the page."""
    chosen = conversation_or_404(id)
    kind = request.form.get("kind", "")
    if kind not in drafting.KINDS:
        raise Refused("There is no such kind of draft.")
    is_kept = drafting.save(
        chosen.id, g.user.id, kind, request.form.get("text", ""), request.form.get("subject", "")
    )
    other = holding.try_to_hold(person_of(chosen).line_id, g.user) if is_kept and kind != "note" else None
    db().commit()
    if other is not None:
        return f"Draft saved. {other.name} is answering."
    return "Draft saved" if is_kept else ""


@pages.post("/inbox/messages/<uuid:id>/withdrawal")
@requires("inbox.reply")
def withdraw(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Take back an answer that has not left yet."""
    message = replying.withdraw(id)
    db().commit()
    flash("Taken back. It has not left.", "done")
    return redirect(address_of(message.conversation_id))


@pages.post("/inbox/messages/<uuid:id>/repetition")
@requires("inbox.reply")
def send_again(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Queue a failed answer once more."""
    message = replying.send_again(id, g.user)
    db().commit()
    flash("Queued again.", "done")
    return redirect(address_of(message.conversation_id))


def _send(person: Person, chosen: Conversation, kind: str, *, closes: bool) -> None:
    text = request.form.get("text", "")
    if kind == "note":
        replying.add_note(person, text, g.user, chosen.id)
        return
    holding.hold(person.line_id, g.user)
    if "seen" in request.form:
        holding.refuse_second_answer(
            person, request.form["seen"], g.user, g.user.timezone or g.organization.timezone
        )
    way = ways(person).get(kind)
    if way is None:
        raise Refused(f"There is no way to send a {_SAID[kind].lower()} to {person.name}. Nothing was sent.")
    channel = request.form.get("channel", "")
    answer = Answer(
        text=text,
        subject=request.form.get("subject", ""),
        channel_id=UUID(channel) if _is_id(channel) else None,
        closes=closes,
        quotes="bare" not in request.form,
    )
    replying.send(person, way, answer, g.user)
    holding.let_go(person.line_id, g.user.id)
    flash(f"{_SAID[kind]} to {person.name} is on its way.", "done")


def _kept(chosen: Conversation, kind: str) -> ResponseReturnValue:
    drafting.save(chosen.id, g.user.id, kind, request.form.get("text", ""), request.form.get("subject", ""))
    db().commit()
    flash("Draft saved.", "done")
    return redirect(address_of(chosen.id, way=kind))


def _refused(conversation_id: UUID, kind: str, problem: Problem) -> ResponseReturnValue:
    """The same page with the reason; what was typed stays, and is kept as a draft."""
    chosen = conversation_or_404(conversation_id)
    typed: dict[str, Any] = {
        "kind": kind,
        "text": request.form.get("text", ""),
        "subject": request.form.get("subject", ""),
        "problem": problem.sentence,
    }
    drafting.save(chosen.id, g.user.id, kind, typed["text"], typed["subject"])
    db().commit()
    return show(chosen, person_of(chosen), typed=typed), 422


def _is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
