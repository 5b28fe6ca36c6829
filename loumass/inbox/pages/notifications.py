"""What one is told: mentions, what was given to one, reminders."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.contacts.models import Contact
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.tenancy import get, get_or_404
from loumass.core.words import plural
from loumass.inbox.blueprint import pages
from loumass.inbox.desk import notifying
from loumass.inbox.saying import phone
from loumass.messages.models import Message


@pages.get("/notifications")
@requires("inbox.read")
def notifications() -> ResponseReturnValue:
    """The latest first; looking at a conversation makes what is said of it read."""
    cursor = request.args.get("after") or request.args.get("before")
    return render_template("inbox/notifications.html", list=notifying.news(g.user.id, cursor))


@pages.get("/notifications/words")
@requires("inbox.read")
def notification_words() -> ResponseReturnValue:
    """What a notice on the desktop says of one notification (`?id=`), or of a message that came in (`kind=reply`)."""
    wanted = _id_asked_for()
    said, note, conversation_id = _reply(wanted) if request.args.get("kind") == "reply" else _told(wanted)
    return {"title": said, "body": note, "url": url_for(".conversation", id=conversation_id)}


@pages.post("/notifications/read")
@requires("inbox.reply")
def read_notifications() -> ResponseReturnValue:
    """Nothing of it is new any more."""
    many = notifying.read(g.user.id)
    db().commit()
    flash(f"{plural(many, 'notification is', 'notifications are')} read.", "done")
    return redirect(url_for(".notifications"), 303)


def _id_asked_for() -> UUID:
    try:
        return UUID(request.args.get("id", ""))
    except ValueError:
        raise NotFound from None


def _told(notification_id: UUID) -> tuple[str, str, UUID]:
    one = notifying.line(g.user.id, notification_id)
    return f"{one.said} {phone(one.name)}", one.note, one.conversation_id


def _reply(message_id: UUID) -> tuple[str, str, UUID]:
    message = get_or_404(Message, message_id)
    if message.direction != "in" or message.conversation_id is None:
        raise NotFound
    contact = get(Contact, message.contact_id) if message.contact_id else None
    name = contact.label if contact else phone(message.from_name or message.from_address)
    return f"{name} wrote", notifying.preview(message.reply_text), message.conversation_id
