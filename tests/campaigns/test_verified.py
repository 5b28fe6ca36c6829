"""Campaigns and verified addresses: counted before the start, invalid ones left out where that is wanted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.contacts.models import Contact
from loumass.contacts.verifying import asking
from loumass.core import resolving
from tests.campaigns.cast import Run, drafted, running, send, step
from tests.campaigns.test_preflight import found
from tests.fakes.dns import FakeDns
from tests.world import World

STEPS = [send("hello"), step("done", "end")]


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    monkeypatch.setattr(resolving, "_resolver", resolving._resolver)
    with FakeDns() as server:
        server.records["foothill.co", "MX"] = ["10 mx.foothill.co."]
        resolving.use([server.address])
        yield server


def people(world: World) -> list[Contact]:
    emails = ("priya@foothill.co", "info@foothill.co", "tom@gone.co")
    return [world.acme.contact(f"Person {email}", email) for email in emails]


def verified(world: World, *contacts: Contact) -> None:
    with world.acme.acting() as session:
        asking.begin([one.id for one in contacts], "These people")
        session.commit()
    world.work()


def outcomes(run: Run, *contacts: Contact) -> list[int]:
    return [len(run.messages(one)) for one in contacts]


def test_before_the_start_everybody_is_counted_and_verified_at_a_press(world: World, names: FakeDns) -> None:
    everybody = people(world)
    run = drafted(world.acme, STEPS)
    run.add(*everybody)
    assert found(run)["verified"].sentence == "3 e-mail addresses: 3 not verified."
    member = world.acme.member
    assert "Verify now" in member.get(f"/campaigns/{run.id}/launch").text
    assert "Not verified" in member.get(f"/campaigns/{run.id}/verification").text
    answer = member.post(f"/campaigns/{run.id}/verification", {"skips_invalid": "1"})
    assert answer.status_code == 303
    assert "/verifications/" in answer.location
    world.work()
    told = found(run)
    assert told["verified"].sentence == "3 e-mail addresses: 1 invalid, 1 risky, 1 valid."
    assert told["verified"].link is None
    assert told["invalid_skipped"].sentence == "1 address is invalid: their e-mails are skipped."
    again = member.post(f"/campaigns/{run.id}/verification", {}, follow_redirects=True)
    assert "verified in the last 90 days" in again.text
    assert found(run)["invalid_addresses"].severity == "warning"


def test_invalid_addresses_are_skipped_only_where_that_is_wanted(world: World, names: FakeDns) -> None:
    everybody = people(world)
    verified(world, *everybody)
    run = running(world.acme, STEPS, *everybody, skips_invalid=True)
    assert outcomes(run, *everybody) == [1, 1, 0]
    page = world.acme.member.get(f"/campaigns/{run.id}").text
    assert "Person tom@gone.co" in page


def test_without_the_wish_everybody_is_written_to(world: World, names: FakeDns) -> None:
    everybody = people(world)
    verified(world, *everybody)
    run = running(world.acme, STEPS, *everybody)
    assert outcomes(run, *everybody) == [1, 1, 1]


def test_a_result_that_is_old_or_about_another_address_skips_nobody(world: World, names: FakeDns) -> None:
    *_, tom = people(world)
    verified(world, tom)
    world.later(days=91)
    run = running(world.acme, STEPS, tom, skips_invalid=True)
    assert outcomes(run, tom) == [1]


def test_nobody_is_left_when_all_are_invalid(world: World, names: FakeDns) -> None:
    *_, tom = people(world)
    verified(world, tom)
    run = running(world.acme, STEPS, tom, skips_invalid=True)
    assert (run.of(tom).state, outcomes(run, tom)) == ("ended", [0])


def test_the_wish_is_kept_in_the_settings(world: World) -> None:
    run = drafted(world.acme, STEPS)
    form = {
        "name": "Spring",
        "event_type": "",
        "owner": "",
        "email_channel": str(run.email.id),
        "sms_channel": "",
    }
    for chosen, expected in (({"skips_invalid": "y"}, True), ({}, False)):
        assert world.acme.member.post(f"/campaigns/{run.id}/settings", {**form, **chosen}).status_code == 303
        assert run.now().skips_invalid is expected
