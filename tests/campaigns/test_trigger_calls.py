"""A form or another program sends people to the secret address of a trigger."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import select

from loumass.accounts.limits import limiter
from loumass.campaigns.trigger_models import TriggerCall
from loumass.campaigns.triggers import calls, switching
from loumass.campaigns.triggers.call_body import Unreadable, said_in
from loumass.contacts.models import Contact, ContactField
from loumass.core import secrets
from tests.campaigns.cast import Run, drafted, running, step
from tests.campaigns.triggered import inside, the, when
from tests.world import World

SHORT = [step("end", "end")]


def address(run: Run, trigger_id: Any) -> str:
    return calls.address_of(run.tenant.organization, the(run, trigger_id)).removeprefix(
        "https://loumass.example"
    )


def kept(run: Run) -> list[TriggerCall]:
    with run.tenant.acting() as session:
        return list(session.scalars(select(TriggerCall).order_by(TriggerCall.received_at, TriggerCall.id)))


def person(run: Run, email: str) -> Contact:
    with run.tenant.acting() as session:
        return session.scalars(select(Contact).where(Contact.email_key == email)).one()


def test_a_form_and_a_program_send_people(world: World) -> None:
    world.acme.contact("Priya Raman", "priya@foothill.example", company="Foothill")
    with world.acme.acting() as session:
        session.add(ContactField(key="budget", label="Budget"))
        session.commit()
    run = running(world.acme, SHORT)
    trigger = when(
        run,
        "called",
        title="Website",
        existing="update",
        tag="From the web",
        then="https://acme.example/thanks",
    )
    to, visitor = address(run, trigger), world.stranger()
    # Kept before it is understood: nobody is in yet, and nothing is lost when the worker dies meanwhile.
    form = {"E-Mail": "Priya@Foothill.example", "Company": "Acme", "Budget": "12", "utm_source": "mail"}
    answer = visitor.post(to, data=form)
    assert (answer.status_code, answer.location) == (303, "https://acme.example/thanks")
    assert inside(run) == []
    with patch.object(calls, "take_in", side_effect=SystemExit("killed")), pytest.raises(SystemExit):
        world.work()
    for _ in range(2):  # the same call again: the caller was not sure
        answer = visitor.post(
            to,
            json={"email": "tom@ash.example", "name": "Tom Ash", "tags": ["vip", "web"]},
            headers={"Idempotency-Key": "7"},
        )
        assert answer.status_code == 202
    visitor.post(to, json={"email": "tom@ash.example", "phone": "+1 303 555 0164"})
    world.later(minutes=2)
    assert inside(run) == ["Priya", "Tom"]
    priya, tom = person(run, "priya@foothill.example"), person(run, "tom@ash.example")
    assert (priya.company, priya.fields, priya.first_name) == ("Acme", {"budget": "12"}, "Priya")
    assert (tom.last_name, tom.phone) == ("Ash", "+13035550164"), (
        "two calls about one person, one after the other"
    )
    rows = kept(run)
    assert [(row.state, bytes(row.body)) for row in rows] == [("done", b"")] * 3
    assert "utm_source" in rows[0].problem
    page = world.acme.member.get(f"/campaigns/{run.id}/triggers").text
    assert to in page
    assert "there are no such fields: utm_source" in page


def test_what_cannot_be_taken_in_is_kept_and_said(world: World) -> None:
    run = running(world.acme, SHORT)
    trigger = when(run, "called", title="Website", existing="fill", tag="", then="")
    to, visitor = address(run, trigger), world.stranger()
    assert "has received what you sent" in visitor.post(to, data={"email": "vic@acme.example"}).text
    for body in (b"{broken", b"[1]", b'{"email": {"a": 1}}', b'{"email": "nobody"}', b'{"company": "Acme"}'):
        assert visitor.post(to, data=body, content_type="application/json").status_code == 202
    world.work()
    assert inside(run) == [""]
    assert [row.problem for row in kept(run) if row.state == "failed"] == [
        "This is no JSON.",
        "The JSON is no object with the fields of one person.",
        "“email” holds an object. Only texts, numbers and lists of them are read.",
        "Not an e-mail address: no @ sign: “nobody”.",
        "No e-mail and no mobile, so nobody to write to.",
    ]
    page = world.acme.member.get(f"/campaigns/{run.id}/triggers").text
    assert page.count("Not taken in:") == 5
    world.acme.member.post(f"/campaigns/{run.id}/triggers/{trigger}/calls")
    assert {row.state for row in kept(run)} == {"done", "pending"}


def test_addresses_are_guarded(world: World) -> None:
    run, theirs = running(world.acme, SHORT), running(world.globex, SHORT)
    trigger = when(run, "called", title="", existing="fill", tag="", then="")
    other = when(theirs, "called", title="", existing="fill", tag="", then="")
    visitor, vic = world.stranger(), {"email": "vic@acme.example"}
    to = address(run, trigger)
    payload = secrets.verify(calls.PURPOSE, to.rpartition("/")[2])
    assert payload is not None
    # Acme's number with Globex's trigger, another purpose, one letter off, no token at all.
    mixed = payload[:5] + other.bytes + payload[21:]
    wrong = [
        secrets.sign(calls.PURPOSE, mixed),
        secrets.sign("unsubscribe", payload),
        to.rpartition("/")[2][:-1] + "~",
        "x",
    ]
    for token in wrong:
        assert visitor.post(f"/in/{token}", json=vic).status_code == 404
    assert visitor.post(f"/in/{wrong[0]}", data=vic).status_code == 404
    assert visitor.get(to).status_code == 405
    assert visitor.post(to, data=b"<xml/>", content_type="text/xml").status_code == 415
    assert visitor.post(to, json={"email": "x" * 70_000}).status_code == 413
    refused = visitor.post("/in/x", json=vic)
    assert (refused.content_type, refused.json and refused.json["status"]) == (
        "application/problem+json",
        404,
    )
    with world.acme.acting() as session:
        switching.give_new_address(trigger)
        session.commit()
    assert visitor.post(to, json=vic).status_code == 404, "the old address leads nowhere"
    to = address(run, trigger)
    with world.acme.acting() as session:
        switching.switch(trigger, is_on=False)
        session.commit()
    assert visitor.post(to, json=vic).status_code == 404
    assert (kept(run), kept(theirs)) == ([], [])
    quiet = drafted(world.globex, SHORT)
    waiting = when(quiet, "called", title="", existing="fill", tag="", then="")
    limiter.enabled = True
    try:
        statuses = [visitor.post(address(quiet, waiting), json=vic).status_code for _ in range(3)]
        with patch.object(limiter.limiter, "hit", return_value=False):
            statuses.append(visitor.post(address(quiet, waiting), json=vic).status_code)
    finally:
        limiter.enabled = False
        limiter.reset()
    assert statuses == [202, 202, 202, 429]
    world.work()
    assert inside(quiet) == []
    assert {row.problem for row in kept(quiet)} == {calls.NOT_RUNNING}


@pytest.mark.parametrize(
    ("content_type", "body", "said"),
    [
        ("application/json", b'{"email": "a@b.example", "age": 7, "vip": true, "x": null}', {"email": "a@b.example", "age": "7", "vip": "yes", "x": ""}),
        ("application/json; charset=utf-8", '{"name": "Zoë\\u0000"}'.encode(), {"name": "Zoë"}),
        ("application/x-www-form-urlencoded", b"tag=a&tag=b&email=a%40b.example", {"tag": "a, b", "email": "a@b.example"}),
        ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="email"\r\n\r\na@b.example\r\n--x--\r\n', {"email": "a@b.example"}),
        ("application/json", b'{"a": [1, {"b": 2}]}', Unreadable),
        ("application/json", b"[" * 100_000, Unreadable),
        ("application/json", b'{"a": "' + b"x" * 10_001 + b'"}', Unreadable),
        ("multipart/form-data", b"no boundary", Unreadable),
    ],
)  # fmt: skip
def test_bodies_are_read(content_type: str, body: bytes, said: Any) -> None:
    if said is Unreadable:
        with pytest.raises(Unreadable):
            said_in(content_type, body)
    else:
        assert said_in(content_type, body) == said
