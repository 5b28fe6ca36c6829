"""Everything we hold about one person, for the person: the right of access, as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import or_, select

from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.listing import tags_of
from loumass.contacts.models import Consent, Contact, ContactImport, ImportedContact
from loumass.contacts.suppression import suppressed_media
from loumass.core import clock
from loumass.core.database import db
from loumass.events.models import Event
from loumass.messages.models import Attachment, Conversation, Message
from loumass.outgoing.models import WebhookCall
from loumass.tasks.models import Task

_PERSON = (
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country",
    "timezone", "fields", "source", "created_at", "updated_at", "last_inbound_at",
)  # fmt: skip
_MESSAGE = (
    "direction", "medium", "state", "from_name", "from_address", "to_address", "cc", "subject", "text", "html",
    "occurred_at", "sent_at", "delivered_at", "bounced_at", "merge_values",
)  # fmt: skip


def person_file(contact: Contact) -> dict[str, Any]:
    """Returns plain JSON-able values: the person, tags, consent, suppression, lists, campaigns, tasks, calls, messages,
    events.

    Whoever became one with this person is part of it.
    """
    ids = [contact.id, *db().scalars(select(Contact.id).where(Contact.merged_into_id == contact.id))]
    return {
        "exported_at": _plain(clock.now()),
        "person": _columns(contact, _PERSON),
        "tags": [tag.name for tag in tags_of([contact.id]).get(contact.id, [])],
        "not_written_to": suppressed_media([contact]).get(contact.id, {}),
        "consent": _consent(ids),
        "imports": _imports(ids),
        "campaigns": _campaigns(ids),
        "tasks": _tasks(ids),
        "calls": _calls(ids),
        "messages": _messages(ids),
        "events": _events(ids),
    }


def _consent(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    rows = db().scalars(
        select(Consent).where(Consent.contact_id.in_(ids)).order_by(Consent.recorded_at, Consent.id)
    )
    names = ("medium", "is_granted", "technique", "source", "wording", "evidence", "recorded_at")
    return [_columns(row, names) for row in rows]


def _imports(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    rows = db().execute(
        select(ContactImport.file_name, ImportedContact.line, ContactImport.created_at)
        .join(ContactImport, ContactImport.id == ImportedContact.import_id)
        .where(ImportedContact.contact_id.in_(ids))
        .order_by(ContactImport.created_at)
    )
    return [{"file": row.file_name, "line": row.line, "at": _plain(row.created_at)} for row in rows]


def _campaigns(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    rows = db().execute(
        select(Campaign.name, Enrollment)
        .join(Campaign, Campaign.id == Enrollment.campaign_id)
        .where(Enrollment.contact_id.in_(ids))
        .order_by(Enrollment.enrolled_at)
    )
    names = ("state", "reason", "status", "stage", "enrolled_at", "ended_at", "replied_at", "last_sent_at")
    return [{"campaign": name} | _columns(enrollment, names) for name, enrollment in rows]


def _tasks(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    rows = db().scalars(select(Task).where(Task.contact_id.in_(ids)).order_by(Task.created_at, Task.id))
    names = ("kind", "title", "script", "state", "outcome_label", "note", "due_at", "closed_at")
    return [_columns(row, names) for row in rows]


def _calls(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    """What was told to other systems."""
    found = select(WebhookCall).where(WebhookCall.contact_id.in_(ids))
    rows = db().scalars(found.order_by(WebhookCall.created_at, WebhookCall.id))
    return [_columns(row, ("host", "state", "body", "created_at", "ended_at")) for row in rows]


def _messages(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    talks = select(Conversation.id).where(Conversation.contact_id.in_(ids))
    rows = (
        db()
        .scalars(
            select(Message)
            .where(or_(Message.contact_id.in_(ids), Message.conversation_id.in_(talks)))
            .order_by(Message.occurred_at, Message.id)
        )
        .all()
    )
    files: dict[UUID | None, list[dict[str, Any]]] = {}
    for one in db().scalars(select(Attachment).where(Attachment.message_id.in_([row.id for row in rows]))):
        files.setdefault(one.message_id, []).append(_columns(one, ("file_name", "content_type", "size")))
    return [_columns(row, _MESSAGE) | {"attachments": files.get(row.id, [])} for row in rows]


def _events(ids: Sequence[UUID]) -> list[dict[str, Any]]:
    rows = db().scalars(select(Event).where(Event.contact_id.in_(ids)).order_by(Event.happened_at, Event.id))
    return [_columns(row, ("kind", "happened_at", "facts")) for row in rows]


def _columns(row: Any, names: Sequence[str]) -> dict[str, Any]:
    return {name: _plain(getattr(row, name)) for name in names}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
