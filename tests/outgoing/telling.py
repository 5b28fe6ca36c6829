"""A campaign that tells another system of its people, and what is kept of that."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from loumass.contacts.models import Contact
from loumass.outgoing import keys
from loumass.outgoing.models import WebhookAttempt, WebhookCall, WebhookKey
from tests.campaigns.cast import Planned, Run, running, step
from tests.world import Tenant, World


def funnel(url: str, **config: Any) -> list[Planned]:
    ways = {"next": "told", "failed": "lost"} if config.get("waits", "wait") == "wait" else {"next": "told"}
    return [
        Planned("tell", "webhook", {"url": url, "columns": ["email", "first_name"]} | config, ways),
        step("told", "end", reason="told"),
        step("lost", "end", reason="lost"),
    ]


def telling(world: World, url: str, *contacts: Contact, **config: Any) -> Run:
    return running(world.acme, funnel(url, **config), *contacts)


def calls(tenant: Tenant) -> list[WebhookCall]:
    with tenant.acting() as session:
        return list(session.scalars(select(WebhookCall).order_by(WebhookCall.created_at, WebhookCall.id)))


def attempts(tenant: Tenant) -> list[WebhookAttempt]:
    with tenant.acting() as session:
        found = select(WebhookAttempt).order_by(WebhookAttempt.call_id, WebhookAttempt.number)
        return list(session.scalars(found))


def secret_of(tenant: Tenant, name: str = "") -> str:
    with tenant.acting() as session:
        return keys.secret_of(session.scalars(select(WebhookKey).where(WebhookKey.name == name)).one())
