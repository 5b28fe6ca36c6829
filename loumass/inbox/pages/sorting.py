"""A colleague says what an answer is: one press, or one key."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.inbox import reply_kinds
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.conversation import address_of
from loumass.messages.models import Message
from loumass.messages.sorting.kinds import KINDS


@pages.post("/inbox/messages/<uuid:id>/kind")
@requires("inbox.reply")
def sort_reply(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """`kind` is what the answer is, or `unsorted`."""
    kind = request.form.get("kind", "")
    message = get_or_404(Message, id)
    reply_kinds.correct([id], kind, g.user.id)
    db().commit()
    flash(f"It is “{KINDS[kind]}” now." if kind in KINDS else "It is none of these now.", "done")
    return redirect(address_of(message.conversation_id), 303)
