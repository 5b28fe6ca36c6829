"""What may be an opt-out in an answer: confirmed or dismissed with one press."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.inbox.blueprint import pages
from loumass.inbox.pages.conversation import address_of
from loumass.messages import proposing


@pages.post("/inbox/opt-outs/<uuid:id>/confirmation")
@requires("inbox.reply")
def confirm_opt_out(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """They asked us to stop: nobody writes to them on this medium again."""
    proposal = proposing.confirm(id, g.user.id)
    db().commit()
    what = "e-mails" if proposal.medium == "email" else "texts"
    flash(f"Noted. They get no more {what}, and their campaigns on it end.", "done")
    return redirect(address_of(proposal.conversation_id))


@pages.post("/inbox/opt-outs/<uuid:id>/dismissal")
@requires("inbox.reply")
def dismiss_opt_out(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """They meant something else: campaigns go on."""
    proposal = proposing.dismiss(id, g.user.id)
    db().commit()
    flash("Campaigns go on for them.", "done")
    return redirect(address_of(proposal.conversation_id))
