"""A channel sends again. After a long rest it asks first what becomes of what was due meanwhile."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.channels import service
from loumass.channels.forms import PastDueForm
from loumass.channels.models import Channel
from loumass.channels.pages import live_or_404, pages
from loumass.channels.past_due import CHOICES, Choice, PastDue, past_due
from loumass.core.database import db
from loumass.core.words import plural

HINTS = {
    "continue": "As fast as caps, pace and windows allow. People may wonder about old words.",
    "spread": "Each gets a turn, in the order in which they became due.",
    "drop": "They are not sent. People in campaigns go on to the next step.",
}


@pages.get("/channels/<uuid:id>/resumption")
@requires("channels.write")
def ask_resume(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """What waits, since when, and what may become of it."""
    channel = live_or_404(id)
    return _page(channel, past_due(channel), PastDueForm())


@pages.post("/channels/<uuid:id>/resumption")
@requires("channels.write")
def resume(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Send again, within the limits."""
    channel = live_or_404(id, lock=True)
    waiting, form = past_due(channel), PastDueForm()
    if channel.state == "paused" and waiting.count and not form.what.data:
        return redirect(url_for(".ask_resume", id=id), 303)
    if waiting.count and not form.validate_on_submit():
        return _page(channel, waiting, form), 422
    choice = Choice(form.what.data, form.hours.data or 0) if waiting.count else None
    service.resume(channel, choice)
    db().commit()
    said = f" {CHOICES[choice.what]}: {plural(waiting.count, 'message')}." if choice else ""
    flash(f"{channel.name} sends again, within its limits.{said}", "done")
    return redirect(url_for(".show", id=id))


def _page(channel: Channel, waiting: PastDue, form: PastDueForm) -> str:
    return render_template("channels/resume.html", channel=channel, waiting=waiting, form=form, hints=HINTS)
