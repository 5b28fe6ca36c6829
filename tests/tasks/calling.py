"""A campaign that asks for a call, for the tests."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from loumass.contacts.models import Contact
from loumass.tasks.models import Task
from tests.campaigns.cast import Planned, Run, running, send, step
from tests.world import Tenant

CALL: dict[str, Any] = {
    "task": "call",
    "title": "Ring {{contact.first_name}}",
    "script": "Hello {{contact.first_name}}, this is {{sender.first_name}} of {{organization.name}}.\n"
    'How is {{contact.company|fallback:"the business"}}?',
    "a": "Reached",
    "b": "Left a message",
    "c": "No answer",
    "d": "Not interested",
    "due_in": 0,
    "opens": "09:00",
    "closes": "17:00",
    "weekdays": [0, 1, 2, 3, 4],
}
WAYS = {"a": "glad", "d": "off", "next": "again"}


def funnel(**config: Any) -> list[Planned]:
    """A call; who was reached gets a mail, who is not interested leaves, everybody else is called again."""
    ways = WAYS | ({"timeout": "late"} if config.get("give_up_after") else {})
    return [
        step("ring", "task", ways, **CALL | config),
        send("glad", ways={"next": "off"}),
        step("again", "task", {"next": "off"}, **CALL | {"title": "Ring {{contact.first_name}} again"}),
        step("late", "end", reason="nobody called"),
        step("off", "end", reason="done"),
    ]


def calling(tenant: Tenant, *contacts: Contact, details: dict[str, Any] | None = None, **config: Any) -> Run:
    """The campaign, running, with the contacts in it."""
    return running(tenant, funnel(**config), *contacts, **details or {})


def tasks_of(tenant: Tenant, contact: Contact | None = None) -> list[Task]:
    """What was made, in order."""
    found = select(Task).order_by(Task.created_at, Task.id)
    if contact is not None:
        found = found.where(Task.contact_id == contact.id)
    with tenant.acting() as session:
        return list(session.scalars(found))
