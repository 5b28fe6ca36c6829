"""Addresses that are told of events: signed, once each, given up with a notice, and told again what they missed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, text

from loumass.accounts.models import AuditEntry
from loumass.analytics.attention import attention
from loumass.contacts import bulk
from loumass.core import clock
from loumass.events.models import Event, Notice
from loumass.events.service import publish
from loumass.outgoing import endpoints, keys
from loumass.outgoing.models import WebhookCall, WebhookEndpoint, WebhookKey
from tests.api import program_of
from tests.fakes.forms import Reply
from tests.fakes.receiver import FakeReceiver
from tests.world import Tenant, World

HEARD = ["contact.tagged", "message.replied"]


def listening(tenant: Tenant, url: str, *events: str) -> WebhookEndpoint:
    with tenant.acting() as session:
        row = endpoints.add("CRM", url, "", events or HEARD, tenant.admin.id)
        session.commit()
    return row


def happens(tenant: Tenant, *tags: str) -> None:
    """Somebody is tagged."""
    with tenant.acting() as session:
        who = session.scalars(
            text("SELECT id FROM contact WHERE organization_id = :o"), {"o": tenant.id}
        ).one()
        for tag in tags:
            bulk.tag([who], tag)
        session.commit()


def as_kept(tenant: Tenant, row: WebhookEndpoint) -> WebhookEndpoint:
    with tenant.acting() as session:
        return session.get_one(WebhookEndpoint, (tenant.id, row.id))


def states(tenant: Tenant) -> list[str]:
    with tenant.acting() as session:
        return list(
            session.scalars(select(WebhookCall.state).order_by(WebhookCall.created_at, WebhookCall.id))
        )


def test_what_happens_is_told_signed_with_ids_alone_and_only_to_whoever_wants_it(
    world: World, receiver: FakeReceiver
) -> None:
    priya = world.acme.contact()
    world.globex.contact()
    listening(world.acme, receiver.url)
    listening(world.acme, receiver.url.replace("/in", "/other"), "contact.unsubscribed")
    happens(world.acme, "vip")
    happens(world.globex, "vip")
    with world.acme.acting() as session:
        publish("enrollment.started", contact_id=priya.id)
        session.commit()
    world.work()
    [call] = receiver.calls
    assert call.said["type"] == "contact.tagged"
    assert (call.said["organization"], call.said["data"]["contact_id"]) == (str(world.acme.id), str(priya.id))
    assert set(call.said) == {"type", "timestamp", "organization", "data"}
    assert "priya" not in call.body.decode().lower()
    with world.acme.acting() as session:
        own = keys.secret_of(session.scalars(select(WebhookKey)).one())
    assert call.is_signed_by(own)
    assert states(world.acme) == ["delivered"]
    assert states(world.globex) == []


def test_an_organization_without_one_is_told_of_nothing_and_keeps_no_news(world: World) -> None:
    world.acme.contact()
    happens(world.acme, "vip")
    with world.acme.acting() as session:
        waiting = set(session.scalars(select(Notice.listener)))
    assert not {name for name in waiting if name.startswith("outgoing.tell_")}


def test_one_that_takes_nothing_for_a_day_is_switched_off_with_a_notice_and_told_again_later(
    world: World, receiver: FakeReceiver
) -> None:
    world.acme.contact()
    row = listening(world.acme, receiver.url)
    receiver.answers = [Reply(500, b"broken")] * 40
    happens(world.acme, "one")
    world.work()
    assert states(world.acme) == ["queued"]
    for _ in range(14):
        world.later(hours=2)
    assert states(world.acme) == ["failed"]
    kept = as_kept(world.acme, row)
    assert (kept.is_on, kept.problem) == (False, "It took no call for 24 hours, and one was given up.")
    with world.acme.acting() as session:
        assert session.scalar(
            select(func.count())
            .select_from(AuditEntry)
            .where(AuditEntry.action == "webhook_endpoint.gave_up")
        )
        assert [one.name for one in attention(clock.now().date()).deaf] == ["CRM"]
    before = len(receiver.calls)
    happens(world.acme, "while it was off")
    world.later(minutes=5)
    assert len(receiver.calls) == before
    receiver.answers.clear()
    program = program_of(world.acme.admin)
    assert program.did("POST", f"/webhook-endpoints/{row.id}/on")["is_on"] is True
    since = (clock.now() - timedelta(days=7)).isoformat()
    assert program.did("POST", f"/webhook-endpoints/{row.id}/replay", {"since": since})["count"] == 2
    world.later(hours=2)
    assert states(world.acme) == ["delivered", "delivered"]
    assert program.did("POST", f"/webhook-endpoints/{row.id}/replay", {"since": since})["count"] == 0
    told = program.got(f"/webhook-endpoints/{row.id}/calls")["items"]
    assert [one["state"] for one in told] == ["delivered", "delivered"]


def test_gone_is_gone_and_what_is_under_way_waits_for_one_that_is_off(
    world: World, receiver: FakeReceiver
) -> None:
    world.acme.contact()
    row = listening(world.acme, receiver.url)
    happens(world.acme, "one")
    with world.acme.acting() as session:
        endpoints.switch_off(session.get_one(WebhookEndpoint, (world.acme.id, row.id)))
        session.commit()
    world.work()
    assert receiver.calls == []
    with world.acme.acting() as session:
        endpoints.switch_on(session.get_one(WebhookEndpoint, (world.acme.id, row.id)))
        session.commit()
    receiver.answers = [Reply(410, b"")]
    happens(world.acme, "two")
    world.work()
    assert as_kept(world.acme, row).problem.startswith("It answered 410")


def test_pages_add_try_and_refuse_what_cannot_be_called(world: World, receiver: FakeReceiver) -> None:
    form: dict[str, Any] = {"name": "CRM", "url": "http://10.0.0.1/in", "key_name": "", "events": HEARD}
    added = world.acme.admin.post("/webhooks/endpoints", form)
    assert added.status_code == 303
    world.acme.admin.post(f"{added.location}/test")
    assert "10.0.0.1" in world.acme.admin.get(added.location).get_data(as_text=True)
    assert receiver.calls == []
    form["url"] = receiver.url
    assert world.acme.admin.post(added.location, form).status_code == 303
    world.acme.admin.post(f"{added.location}/test")
    assert receiver.calls[0].said["type"] == "test"
    wrong = world.acme.admin.post(
        "/webhooks/endpoints", form | {"events": ["coffee.ready"], "url": "ftp://x"}
    )
    assert (wrong.status_code, "There is no event called coffee.ready" in wrong.get_data(as_text=True)) == (
        422,
        True,
    )
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
