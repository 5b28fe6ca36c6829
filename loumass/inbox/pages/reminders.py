"""Reminders of one line."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import flash, g, redirect, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core import clock
from loumass.core.database import db
from loumass.core.words import moment
from loumass.inbox import snoozing
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import reminding
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.pages.listing import kept_query
from loumass.inbox.person import conversation_or_404, person_of


@pages.post("/inbox/<uuid:id>/reminder")
@requires("inbox.reply")
def remind(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Back at the chosen time, or if nobody has answered until then."""
    person = person_of(conversation_or_404(id))
    due_at, is_if_silent = reminder_asked()
    reminding.remind([id], g.user.id, due_at, is_if_silent=is_if_silent)
    db().commit()
    zone = g.user.timezone or g.organization.timezone
    condition = ", if nobody answers until then" if is_if_silent else ""
    undo = url_for(".forget_reminder", id=id, **kept_query())
    flash({"text": f"{person.name} comes back {moment(due_at, zone)}{condition}.", "undo": undo}, "done")  # pyright: ignore[reportArgumentType]  components/feedback.html takes mappings
    return redirect(address_of(id), 303)


@pages.post("/inbox/<uuid:id>/reminder/removal")
@requires("inbox.reply")
def forget_reminder(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """No reminder any more."""
    reminding.forget(person_of(conversation_or_404(id)).conversation_ids, g.user.id)
    db().commit()
    return redirect(address_of(id), 303)


def reminder_asked() -> tuple[datetime, bool]:
    """When the form asks to be reminded, and whether only where nobody has answered. Raises Refused."""
    due_at, is_if_silent = when(request.values.get("until", "") or request.values.get("at", ""))
    return due_at, is_if_silent or "silent" in request.values


def when(value: str) -> tuple[datetime, bool]:
    """The moment that a choice means, and whether only where nobody has answered. Raises Refused."""
    now = clock.now()
    silent = reminding.silent_until(value, now)
    if silent is not None:
        return silent, True
    return snoozing.until(value, now, g.user.timezone or g.organization.timezone), False
