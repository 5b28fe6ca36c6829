"""Addresses that are told of facts as they happen: added, changed, switched, tried, and told again what they missed."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Select, select, text

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.outgoing.addresses import host_of
from loumass.outgoing.keys import OWN
from loumass.outgoing.models import WebhookCall, WebhookEndpoint
from loumass.outgoing.planning import DELIVER, PATIENCE, TRIES
from loumass.outgoing.telling import plan_missed
from loumass.outgoing.trying import key_for

MOST = 20
#: What was told can be looked at, and told again, for so long.
SHOWN = timedelta(days=7)
#: What endpoints can be told of: kind of fact -> words.
EVENTS = {
    "message.sent": "A message went out",
    "message.failed": "A message could not be sent",
    "message.bounced": "A message came back",
    "message.opened": "Somebody opened an e-mail",
    "message.clicked": "Somebody clicked a link",
    "message.received": "Somebody wrote to us",
    "message.replied": "Somebody replied to a campaign",
    "contact.created": "A person was added",
    "contact.changed": "A person changed",
    "contact.tagged": "A person got a tag",
    "contact.archived": "A person was deleted",
    "contact.unsubscribed": "Somebody unsubscribed",
    "contact.complained": "Somebody marked a message as spam",
    "contact.resubscribed": "Somebody subscribed again",
    "enrollment.started": "Somebody entered a campaign",
    "enrollment.status_changed": "Somebody's status changed",
    "enrollment.ended": "Somebody left a campaign",
    "import.finished": "A list was imported",
    "task.done": "A task was done",
    "task.skipped": "A task was skipped",
}
_GO_ON = text("""
    UPDATE webhook_call SET due_at = CAST(:now AS timestamptz), give_up_at = :give_up_at, tries_left = :tries, waiting_for = NULL
    WHERE organization_id = :organization_id AND endpoint_id = :endpoint_id AND waiting_for IS NOT NULL AND state = 'queued'
    RETURNING id
""")
_AGAIN = text("""
    UPDATE webhook_call SET state = 'queued', due_at = CAST(:now AS timestamptz), give_up_at = :give_up_at,
        tries_left = :tries, ended_at = NULL, problem = ''
    WHERE organization_id = :organization_id AND endpoint_id = :endpoint_id AND state = 'failed'
      AND created_at >= :since AND body <> ''
    RETURNING id
""")
_TAKE_BACK = text("""
    UPDATE webhook_call SET state = 'cancelled', due_at = NULL, waiting_for = NULL, ended_at = CAST(:now AS timestamptz),
        problem = 'The address was removed.'
    WHERE organization_id = :organization_id AND endpoint_id = :endpoint_id AND state = 'queued'
""")


def endpoints() -> Sequence[WebhookEndpoint]:
    """Those that were not removed, the oldest first."""
    found = select(WebhookEndpoint).where(WebhookEndpoint.removed_at.is_(None))
    return db().scalars(found.order_by(WebhookEndpoint.created_at, WebhookEndpoint.id)).all()


def turned_off() -> Sequence[WebhookEndpoint]:
    """Those that were switched off by themselves, for the notice that says so."""
    return [one for one in endpoints() if not one.is_on and one.problem]


def endpoint_or_404(endpoint_id: UUID, *, lock: bool = False) -> WebhookEndpoint:
    """One of them. Raises NotFound."""
    row = get_or_404(WebhookEndpoint, endpoint_id, lock=lock)
    if row.removed_at is not None:
        raise NotFound("This address was removed. It is told of nothing any more.")
    return row


def add(
    name: str, url: str, key_name: str, events: Collection[str], author_id: UUID | None
) -> WebhookEndpoint:
    """A new one, told from now on. Raises Refused with what is wrong, Conflict for too many."""
    if len(endpoints()) >= MOST:
        raise Conflict(f"{MOST} addresses are the most. Remove one first. Nothing was saved.")
    row = WebhookEndpoint(id=uuid7(), created_by_id=author_id)
    _fill(row, name, url, key_name, events)
    db().add(row)
    db().flush()
    audit("webhook_endpoint.added", "webhook_endpoint", row.id, events=row.events)
    return row


def change(row: WebhookEndpoint, name: str, url: str, key_name: str, events: Collection[str]) -> None:
    """Give it these. What waits for it goes where it was planned to. Raises Refused."""
    _fill(row, name, url, key_name, events)
    audit("webhook_endpoint.changed", "webhook_endpoint", row.id, events=row.events)


def switch_on(row: WebhookEndpoint) -> None:
    """It is told again, first of what waited for it. Raises Conflict where it is on."""
    if row.is_on:
        raise Conflict(f"{row.name} is on. Nothing was changed.")
    row.is_on, row.problem, row.turned_off_at = True, "", None
    audit("webhook_endpoint.switched_on", "webhook_endpoint", row.id)
    now = clock.now()
    waited = db().scalars(_GO_ON, _bound(row.id, now=now, give_up_at=now + PATIENCE, tries=TRIES)).all()
    _ring(row, bool(waited))


def switch_off(row: WebhookEndpoint) -> None:
    """It is told nothing until somebody switches it on; what is under way waits. Raises Conflict where it is off."""
    if not row.is_on:
        raise Conflict(f"{row.name} is off already. Nothing was changed.")
    row.is_on, row.turned_off_at = False, clock.now()
    audit("webhook_endpoint.switched_off", "webhook_endpoint", row.id)


def remove(row: WebhookEndpoint) -> None:
    """It is told of nothing any more; what waits for it is taken back."""
    row.is_on, row.removed_at = False, clock.now()
    db().flush()
    db().execute(_TAKE_BACK, _bound(row.id, now=clock.now()))
    audit("webhook_endpoint.removed", "webhook_endpoint", row.id)


def replay(row: WebhookEndpoint, since: datetime) -> int:
    """Tell it again what failed since then, and what it was never told; how many calls. Raises Conflict while it is off,
    Refused for what is longer ago than is kept."""
    if not row.is_on:
        raise Conflict(f"{row.name} is off. Switch it on first. Nothing was sent.")
    now = clock.now()
    if since > now:
        raise Refused("That is still to come. Nothing was sent.")
    since = max(since, now - SHOWN)
    bound = _bound(row.id, now=now, give_up_at=now + PATIENCE, tries=TRIES, since=since)
    count = len(db().scalars(_AGAIN, bound).all()) + plan_missed(row, since)
    audit("webhook_endpoint.replayed", "webhook_endpoint", row.id, calls=count)
    _ring(row, count > 0)
    return count


def try_of(row: WebhookEndpoint) -> tuple[str, str, str]:
    """What `trying.call_once` needs to try it: address, name of the key, body."""
    body = {
        "type": "test",
        "timestamp": clock.now().isoformat(),
        "organization": str(current_organization_id()),
        "data": {"contact_id": None, "facts": {"says": "This is a test. Nothing happened."}},
    }
    return row.url, row.key_name, json.dumps(body, separators=(",", ":"))


def calls_of(endpoint_id: UUID) -> Select[WebhookCall]:
    """The select of its calls of the last seven days."""
    since = clock.now() - SHOWN
    return select(WebhookCall).where(WebhookCall.endpoint_id == endpoint_id, WebhookCall.created_at >= since)


def _fill(row: WebhookEndpoint, name: str, url: str, key_name: str, events: Collection[str]) -> None:
    row.name = " ".join(name.split())[:80]
    if not row.name:
        raise Refused("Give the address a name, so that people know whose it is. Nothing was saved.")
    unknown = sorted(set(events) - set(EVENTS))
    if unknown or not events:
        what = f"There is no event called {unknown[0]}" if unknown else "Choose at least one event"
        raise Refused(f"{what}. Nothing was saved.")
    row.url, row.host = url.strip(), host_of(url.strip())
    if key_name != OWN:
        key_for(row.url, key_name)
    row.key_name, row.events = key_name, sorted(set(events))


def _ring(row: WebhookEndpoint, has_calls: bool) -> None:
    if has_calls:
        hosts = db().scalars(
            select(WebhookCall.host)
            .where(WebhookCall.endpoint_id == row.id, WebhookCall.state == "queued")
            .distinct()
        )
        wake_all([Wake(DELIVER, (host,), clock.now()) for host in hosts])


def _bound(endpoint_id: UUID, **more: object) -> dict[str, object]:
    return {"organization_id": current_organization_id(), "endpoint_id": endpoint_id, **more}
