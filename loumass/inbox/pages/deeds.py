"""What is done with a whole conversation: closing, opening, putting off, assigning, marking."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.words import moment
from loumass.inbox import conversing, snoozing
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.pages.listing import kept_query
from loumass.inbox.person import conversation_or_404, person_of


@pages.post("/inbox/<uuid:id>/closure")
@requires("inbox.reply")
def close(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Done with this person; the next one is shown."""
    person = person_of(conversation_or_404(id))
    waited = conversing.waiting(person.conversation_ids)
    conversing.close(person.conversation_ids)
    db().commit()
    _say(f"{person.name} is closed.", id, waited)
    return _onwards()


@pages.post("/inbox/<uuid:id>/opening")
@requires("inbox.reply")
def reopen(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Open again. `?waited=<id>`: what the closing took off the list of those who need a reply stands there again."""
    waited = request.args.getlist("waited", type=UUID)
    conversing.reopen(person_of(conversation_or_404(id)).conversation_ids, waited)
    db().commit()
    return redirect(address_of(id))


@pages.post("/inbox/<uuid:id>/snooze")
@requires("inbox.reply")
def snooze(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Put off until the chosen time."""
    person = person_of(conversation_or_404(id))
    value = request.form.get("until", "") or request.form.get("at", "")
    until = snoozing.until(value, clock.now(), _timezone())
    conversing.snooze(person.conversation_ids, until)
    db().commit()
    _say(f"{person.name} comes back {moment(until, _timezone())}.", id)
    return _onwards()


@pages.post("/inbox/<uuid:id>/assignee")
@requires("inbox.reply")
def assign(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Make it somebody's, or nobody's."""
    person = person_of(conversation_or_404(id))
    conversing.give(person.conversation_ids, _user_asked(), g.user.id)
    db().commit()
    return redirect(address_of(id))


@pages.post("/inbox/<uuid:id>/unread")
@requires("inbox.reply")
def mark_unread(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """New again, for later; the list is shown."""
    conversing.mark_unread(person_of(conversation_or_404(id)).conversation_ids)
    db().commit()
    return redirect(url_for("inbox.index", **kept_query()))


@pages.post("/inbox/<uuid:id>/answered")
@requires("inbox.reply")
def need_no_reply(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """No answer is wanted."""
    conversing.need_no_reply(person_of(conversation_or_404(id)).conversation_ids)
    db().commit()
    return redirect(address_of(id))


def _say(text: str, conversation_id: UUID, waited: Sequence[UUID] = ()) -> None:
    """A note with Undo."""
    undo = url_for("inbox.reopen", id=conversation_id, waited=waited, **kept_query())
    flash({"text": text, "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings


def _onwards() -> ResponseReturnValue:
    """To the next person of the list, or to the list."""
    following = request.form.get("next", "")
    try:
        return redirect(address_of(UUID(following)))
    except ValueError:
        return redirect(url_for("inbox.index", **kept_query()))


def _user_asked() -> UUID | None:
    value = request.form.get("user", "")
    try:
        return UUID(value) if value else None
    except ValueError as problem:
        raise Refused("There is no such person in your organization.") from problem


def _timezone() -> str:
    """The reader's own."""
    return g.user.timezone or g.organization.timezone
