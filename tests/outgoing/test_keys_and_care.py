"""What calls are signed with, who may see it, and what is told and kept of people."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.campaigns.merging import merge_people
from loumass.campaigns.models import Campaign
from loumass.campaigns.service import pause
from loumass.contacts.bulk import archive
from loumass.contacts.erasing import erase
from loumass.core.errors import Refused
from loumass.core.tenancy import serving
from loumass.outgoing import jobs, keys
from loumass.outgoing.models import WebhookKey
from loumass.outgoing.resending import resend
from tests.campaigns.cast import drafted
from tests.fakes.forms import ACCEPT_THEN_CUT, Reply
from tests.fakes.receiver import FakeReceiver
from tests.outgoing.telling import attempts, calls, funnel, secret_of, telling
from tests.world import World


def test_keys_sign_go_to_their_host_alone_and_are_shown_to_admins_only(
    world: World, receiver: FakeReceiver
) -> None:
    ada, priya = world.acme.admin, world.acme.contact()
    typed = {
        "name": "CRM",
        "host": receiver.base_url,
        "headers": "Authorization: Bearer topsecret\nX-Team: 7",
        "secret": "",
    }
    assert ada.post("/webhooks/keys", typed).status_code == 303
    page = ada.get("/webhooks/keys").text
    assert "Authorization" in page
    assert "topsecret" not in page
    for wrong in (
        {"name": "crm"},
        {"name": ""},
        {"name": "B", "headers": "Webhook-Id: x"},
        {"name": "C", "headers": "A: b\x00"},
        {"name": "D", "secret": "short"},
        {"name": "E", "host": "ftp://x"},
    ):
        assert ada.post("/webhooks/keys", typed | wrong).status_code in (409, 422), wrong
    run = telling(world, receiver.url, priya, key="CRM")
    [called] = receiver.calls
    old = secret_of(world.acme, "CRM")
    assert (called.headers["authorization"], called.headers["x-team"]) == ("Bearer topsecret", "7")
    assert called.is_signed_by(old)
    assert run.at(priya) == "ended: told"
    with world.acme.acting() as session:
        row = session.scalars(select(WebhookKey).where(WebhookKey.name == "CRM")).one()
        assert b"topsecret" not in row.sealed_headers + row.sealed_secret
        key_id = row.id
    # Both secrets sign for a day after a change.
    ada.post(f"/webhooks/keys/{key_id}/change-over")
    new = secret_of(world.acme, "CRM")
    tom, una, vic = world.acme.contacts(
        [{"name": n, "email": f"{n}@x.example"} for n in ("Tom", "Una", "Vic")]
    )
    telling(world, receiver.url, tom, key="CRM")
    assert new != old
    assert receiver.calls[-1].is_signed_by(old)
    assert receiver.calls[-1].is_signed_by(new)
    # The key is no help elsewhere, and what names a key that is gone fails, visibly.
    elsewhere = telling(world, "https://elsewhere.example/in", una, key="CRM")
    assert elsewhere.at(una) == "ended: lost"
    assert calls(world.acme)[-1].problem == f"The key CRM is for {receiver.host} alone."
    ada.post(f"/webhooks/keys/{key_id}/removal")
    assert telling(world, receiver.url, vic, key="CRM").at(vic) == "ended: lost"
    assert calls(world.acme)[-1].problem == "The key CRM that signs it is no more."
    ada.post("/webhooks/keys/own")
    shown = ada.post(f"/webhooks/keys/{_own_key(world)}/secret")
    assert secret_of(world.acme) in shown.text
    assert shown.headers["Cache-Control"] == "no-store"
    with world.acme.acting() as session:
        assert "webhook_key.shown" in set(session.scalars(select(AuditEntry.action)))
    for person in (world.acme.member, world.acme.viewer):
        assert person.get("/webhooks").status_code == 403
        assert person.post(f"/webhooks/keys/{_own_key(world)}/secret").status_code == 403
    assert world.globex.admin.get(f"/webhooks/{calls(world.acme)[0].id}").status_code == 404


def test_who_is_erased_is_told_to_nobody_and_words_are_forgotten_after_a_month(
    world: World, receiver: FakeReceiver
) -> None:
    priya, tom = world.acme.contacts(
        [{"name": "Priya", "email": "p@x.example"}, {"name": "Tom", "email": "t@x.example"}]
    )
    receiver.answers = [ACCEPT_THEN_CUT, Reply(200, b"thanks, Tom")]
    telling(world, receiver.url, priya)
    telling(world, receiver.url, tom)
    assert "p@x.example" in str(world.acme.admin.get(f"/contacts/{priya.id}/file.json").get_data())
    with world.acme.acting() as session:
        erase(priya.id)
        session.commit()
    world.later(hours=25)
    assert len(receiver.calls) == 2
    hers, his = calls(world.acme)
    assert (hers.state, hers.body) == ("cancelled", "")
    assert "t@x.example" in his.body
    world.later(days=31)
    with serving(world.acme.id):
        jobs.forget()
    assert calls(world.acme)[1].body == ""
    assert {one.answer for one in attempts(world.acme)} == {""}
    assert world.acme.admin.post(f"/webhooks/{his.id}/resend").status_code == 409


def test_a_test_call_from_the_step_is_made_as_typed_and_kept_nowhere(
    world: World, receiver: FakeReceiver
) -> None:
    run = drafted(world.acme, funnel("https://elsewhere.example/in"))
    with world.acme.acting() as session:
        graph_id = session.get_one(Campaign, (world.acme.id, run.id)).graph_id
    step_url = f"/funnels/{graph_id}/steps/{run.nodes['tell']}"
    page = world.acme.member.get(step_url).text
    assert "Send a test call" in page
    assert "Calls elsewhere.example and waits until it was answered" in page
    typed = {
        "name": "Tell", "set-url": receiver.url, "set-event": "lead.ready", "set-columns": ["email", "city"],
        "set-custom": "shoe", "set-waits": "wait", "set-key": "", "set-fills": "a -> city",
    }  # fmt: skip
    receiver.answers = [Reply(201, b"<b>made</b>"), Reply(500, b"broken")]
    tried = world.acme.member.post(f"{step_url}/test-call", typed).text
    assert "It answered 201" in tried
    assert "&lt;b&gt;made&lt;/b&gt;" in tried
    assert receiver.url.replace("&", "&amp;") in tried, "what was typed is still there"
    [called] = receiver.calls
    assert called.id.startswith("test_")
    assert called.is_signed_by(secret_of(world.acme))
    assert called.said["contact"]["email"] == "ada@example.com"
    assert set(called.said["contact"]) == {"id", "email", "city", "fields"}
    assert "It answered 500" in world.acme.member.post(f"{step_url}/test-call", typed).text
    for wrong, sentence in (
        ({"set-url": "http://127.0.0.1:1/"}, "is not a public address"),
        ({"set-url": ""}, "The address is missing."),
        ({"set-key": "CRM"}, "There is no key called CRM."),
        ({"set-fills": "a -> email"}, "cannot fill email"),
        ({"name": ""}, "Give the step a name."),
    ):
        assert sentence in world.acme.member.post(f"{step_url}/test-call", typed | wrong).text
    assert world.acme.viewer.post(f"{step_url}/test-call", typed).status_code == 403
    assert len(receiver.calls) == 2
    assert calls(world.acme) == []
    saved = world.acme.member.post(
        step_url, typed | {"way-next": "", "way-failed": ""}, follow_redirects=True
    ).text
    assert "Tell is saved." in saved
    assert "lead.ready" in saved


@pytest.mark.parametrize("url", ["", "ftp://x.example", "https://", "https://u:p@x.example", "https://x.example/#a", "https://x example", "https://x.example:99999", "https://" + "x" * 2100])  # fmt: skip
def test_what_is_no_address(url: str) -> None:
    with pytest.raises(Refused):
        keys.host_of(url)


def _own_key(world: World) -> Any:
    with world.acme.acting() as session:
        return session.scalars(select(WebhookKey.id).where(WebhookKey.name == "")).one()


def test_who_is_deleted_is_told_to_nobody_any_more(world: World, receiver: FakeReceiver) -> None:
    people = world.acme.contacts([{"name": f"P{n}", "email": f"p{n}@x.example"} for n in range(4)])
    gone, held, merged, kept = people
    receiver.answers = [ACCEPT_THEN_CUT] * 12
    for one in (gone, merged, kept):
        telling(world, receiver.url, one)
    paused = telling(world, receiver.url, held)
    with world.acme.acting() as session:
        pause(paused.id, None)
        session.commit()
    world.later(hours=1)
    assert calls(world.acme)[3].waiting_for == "campaign_paused"
    with world.acme.acting() as session:
        assert archive([gone.id, held.id]) == [gone.id, held.id]
        merge_people(kept.id, merged.id, frozenset())
        session.commit()
    tried = len(receiver.calls)
    world.work()
    states = [(call.state, call.problem, call.waiting_for) for call in calls(world.acme)]
    assert [states[0], states[3]] == [("cancelled", "The person was deleted.", None)] * 2
    receiver.answers = []
    world.later(hours=20)
    told = [call.state for call in calls(world.acme)]
    assert told == ["cancelled", "delivered", "delivered", "cancelled"]
    # What was on its way while they were deleted, or is sent again by hand, is not called either.
    again = calls(world.acme)[0].id
    with world.acme.acting() as session:
        resend(again)
        session.commit()
    before = len(receiver.calls)
    world.work()
    assert (calls(world.acme)[0].state, len(receiver.calls)) == ("cancelled", before)
    assert before > tried
