"""Who is answering: a strip above the answer box that keeps itself true, and taking over."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.database import db
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import holding
from loumass.inbox.pages.conversation import address_of
from loumass.inbox.person import conversation_or_404, person_of


@pages.get("/inbox/<uuid:id>/answering")
@requires("inbox.read")
def answering(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The strip alone."""
    chosen = conversation_or_404(id)
    holder = holding.holder(person_of(chosen).line_id)
    return render_template("inbox/_answering.html", chosen=chosen, holder=holder)


@pages.post("/inbox/<uuid:id>/taking-over")
@requires("inbox.reply")
def take_over(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """The answer is one's own now; whoever was writing is told, and their words stay a draft."""
    chosen = conversation_or_404(id)
    before = holding.take_over(person_of(chosen), g.user, chosen.id)
    name = before.name if before else ""
    db().commit()
    flash(f"The answer is yours. {name} is told." if name else "The answer is yours.", "done")
    return redirect(address_of(id), 303)
