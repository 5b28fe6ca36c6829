"""Writing: answers, notes, drafts, and what to do with an answer that did not leave."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast
from uuid import UUID
from zoneinfo import ZoneInfo

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Problem, Refused
from loumass.core.tenancy import get, get_or_404
from loumass.core.words import moment
from loumass.inbox import drafting, forwarding, replying, sending_once, snippets, taking_back
from loumass.inbox.answering import Way, ways
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import holding
from loumass.inbox.formed import appended, formed
from loumass.inbox.moments import moment_of
from loumass.inbox.pages.conversation import address_of, show
from loumass.inbox.pages.listing import kept_query
from loumass.inbox.pages.snippets import filled_for
from loumass.inbox.person import Person, conversation_or_404, person_of
from loumass.inbox.replying import Answer
from loumass.inbox.zones import city_of, zone_of
from loumass.messages.models import Conversation, Message

_SAID = {"email": "E-mail", "sms": "Text", "voicemail": "Voicemail", "forward": "Forwarded e-mail"}
_SECONDS = int(taking_back.UNDO.total_seconds())


@pages.post("/inbox/<uuid:id>/replies")
@requires("inbox.reply")
def reply(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Send what was typed, at once or at a time, keep it as a note, or as a draft."""
    # Locked: of two presses of one button the second waits, and finds that its turn was taken.
    chosen = get_or_404(Conversation, id, lock=True)
    kind, act = request.form.get("kind", ""), request.form.get("act", "send")
    if kind not in drafting.KINDS:
        raise Refused("Choose e-mail, text, voicemail or note. Nothing was sent.")
    if (sent := sending_once.sent_with(_key())) is not None:
        return _sent_before(chosen, kind, sent)
    if act == "draft":
        return _kept(chosen, kind)
    if act.startswith("snippet:"):
        return _with_snippet(chosen, kind, act.removeprefix("snippet:"))
    try:
        _send(person_of(chosen), chosen, kind, act)
    except Problem as problem:
        db().rollback()
        return _refused(id, kind, problem)
    db().commit()
    following = request.form.get("next", "")
    if act == "send-close" and is_id(following):
        return redirect(address_of(UUID(following)))
    return redirect(address_of(chosen.id))


@pages.post("/inbox/<uuid:id>/draft")
@requires("inbox.reply")
def draft(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Keep what is being typed; answers with a few words for the page."""
    chosen = get_or_404(Conversation, id, lock=True)
    kind = request.form.get("kind", "")
    if kind not in drafting.KINDS:
        raise Refused("There is no such kind of draft.")
    sent = sending_once.sent_with(_key())
    if sent is not None and _typed_was(sent) == _typed():
        # Typed before it was sent, and under way since.
        return ""
    is_kept = drafting.save(
        chosen.id, g.user.id, kind, _typed(), request.form.get("subject", ""), more_typed()
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
    kept = taking_back.sent_draft(id)
    message = taking_back.withdraw(id)
    db().commit()
    flash("Taken back. It has not left; it is a draft again.", "done")
    about, kind = (kept.conversation_id, kept.kind) if kept else (message.conversation_id, message.medium)
    return redirect(address_of(about, way=kind))


@pages.post("/inbox/messages/<uuid:id>/time")
@requires("inbox.reply")
def plan(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Let an answer that waits go at another time, in words; at once where there are none."""
    message = get_or_404(Message, id)
    zone = zone_of(get(Contact, message.contact_id) if message.contact_id else None)
    words = request.form.get("at", "").strip()
    now = clock.now()
    message = taking_back.plan(id, moment_of(words, now, zone) if words else now)
    db().commit()
    flash(_planned(message.due_at, zone) if words and message.due_at else "It is on its way.", "done")
    return redirect(address_of(message.conversation_id))


@pages.post("/inbox/messages/<uuid:id>/repetition")
@requires("inbox.reply")
def send_again(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Queue a failed answer once more."""
    message = replying.send_again(id, g.user)
    db().commit()
    flash("Queued again.", "done")
    return redirect(address_of(message.conversation_id))


def _send(person: Person, chosen: Conversation, kind: str, act: str) -> None:
    text = _typed()
    if kind == "note":
        replying.add_note(person, text, g.user, chosen.id, _key())
        return
    holding.hold(person.line_id, g.user)
    if "seen" in request.form:
        holding.refuse_second_answer(
            person, request.form["seen"], g.user, g.user.timezone or g.organization.timezone
        )
    way = ways(person).get("email" if kind == "forward" else kind)
    if way is None and kind != "forward":
        raise Refused(f"There is no way to send a {_SAID[kind].lower()} to {person.name}. Nothing was sent.")
    channel, zone = request.form.get("channel", ""), zone_of(person.contact)
    words = request.form.get("at", "") if act == "at" else act.removeprefix("at:") if ":" in act else ""
    at = moment_of(words, clock.now(), zone) if act.startswith("at") else None
    answer = Answer(
        text=text,
        subject=request.form.get("subject", ""),
        channel_id=UUID(channel) if is_id(channel) else None,
        closes=act == "send-close",
        quotes="bare" not in request.form,
        formed=formed(request.form.get("doc", "")) if kind in ("email", "forward") else None,
        is_signed="unsigned" not in request.form,
        key=_key(),
        at=at,
        more=more_typed(),
        **{name: request.form.get(name, "") for name in ("to", "cc", "bcc", "drop")},
    )
    if kind == "forward":
        message_id = forwarding.forward(person, forwarding.forwarded(person, _forwards()), answer, g.user)
    else:
        message_id = replying.send(person, cast("Way", way), answer, g.user)
    holding.let_go(person.line_id, g.user.id)
    if at is not None:
        flash(_planned(at, zone), "done")
    else:
        undo = url_for("inbox.withdraw", id=message_id, **kept_query())
        whom = answer.to if kind == "forward" else person.name
        flash({"text": f"{_SAID[kind]} to {whom} leaves in {_SECONDS} seconds.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings


def _planned(at: datetime, zone: ZoneInfo) -> str:
    return f"It goes {moment(at, zone.key)}, their time ({city_of(zone)})."


def _sent_before(chosen: Conversation, kind: str, sent: Message) -> ResponseReturnValue:
    """The form's turn was taken: nothing is sent twice, and what was typed since is kept."""
    if _typed_was(sent) == _typed():
        flash("It was sent already, once. Nothing was sent twice.", "done")
    else:
        drafting.save(chosen.id, g.user.id, kind, _typed(), request.form.get("subject", ""), more_typed())
        flash(
            "You answered here from another window meanwhile. What you wrote now was not sent; it is kept as a draft.",
            "error",
        )
    db().commit()
    return redirect(address_of(chosen.id, way=kind))


def _typed() -> str:
    return request.form.get("text", "").replace("\r\n", "\n")


def _typed_was(sent: Message) -> str:
    kept = taking_back.sent_draft(sent.id)
    return kept.text if kept is not None else sent.reply_text or sent.text


def more_typed() -> dict[str, str]:
    """The other fields of the form, as a draft keeps them."""
    return {name: request.form[name] for name in drafting.MORE if request.form.get(name, "").strip()}


def _forwards() -> UUID:
    asked = request.form.get("forwards", "")
    if not is_id(asked):
        raise Refused("Choose the e-mail that is to be forwarded. Nothing was sent.")
    return UUID(asked)


def _key() -> UUID | None:
    key = request.form.get("key", "")
    return UUID(key) if is_id(key) else None


def _with_snippet(chosen: Conversation, kind: str, snippet_id: str) -> ResponseReturnValue:
    """Without a script: the snippet stands below what was typed, as a draft."""
    if not is_id(snippet_id):
        raise Refused("There is no such snippet. What you wrote is still here.")
    snippet = snippets.usable(UUID(snippet_id), g.user.id)
    text, missing = filled_for(person_of(chosen), kind, snippet.text)
    whole = "\n\n".join(part for part in (_typed().rstrip(), text) if part)
    more = more_typed()
    if "doc" in more:
        more["doc"] = appended(more["doc"], text)
    drafting.save(chosen.id, g.user.id, kind, whole, request.form.get("subject", ""), more)
    db().commit()
    if missing:
        flash(f"Nothing is known for {', '.join(missing)}. Write it out before you send.", "error")
    return redirect(address_of(chosen.id, way=kind))


def _kept(chosen: Conversation, kind: str) -> ResponseReturnValue:
    drafting.save(chosen.id, g.user.id, kind, _typed(), request.form.get("subject", ""), more_typed())
    db().commit()
    flash("Draft saved.", "done")
    return redirect(address_of(chosen.id, way=kind))


def _refused(conversation_id: UUID, kind: str, problem: Problem) -> ResponseReturnValue:
    """The same page with the reason; what was typed stays, and is kept as a draft."""
    chosen = conversation_or_404(conversation_id)
    typed: dict[str, Any] = {
        "kind": kind,
        "text": _typed(),
        "subject": request.form.get("subject", ""),
        "more": more_typed(),
        "at": request.form.get("at", ""),
        "problem": problem.sentence,
    }
    drafting.save(chosen.id, g.user.id, kind, typed["text"], typed["subject"], typed["more"])
    db().commit()
    return show(chosen, person_of(chosen), typed=typed), 422


def is_id(value: str) -> bool:
    try:
        UUID(value)
    except ValueError:
        return False
    return True
