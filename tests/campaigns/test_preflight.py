"""What would stop a campaign is found before it starts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from loumass.accounts.models import Organization
from loumass.campaigns.preflight import Finding, findings_of
from loumass.campaigns.preflight.arithmetic import most_sends
from loumass.channels.models import Channel
from loumass.contacts.models import Suppression
from loumass.core import clock
from loumass.core.secrets import keyed_hash
from loumass.funnels.service import graph_of
from tests.campaigns.cast import Run, ask, drafted, running, send, step, text_to, wait
from tests.world import World

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def found(run: Run) -> dict[str, Finding]:
    campaign = run.now()
    with run.tenant.acting():
        return {finding.code: finding for finding in findings_of(campaign)}


def set_on(run: Run, model: type, row_id: object, **values: object) -> None:
    with run.tenant.acting() as session:
        row = session.get_one(model, (run.tenant.id, row_id) if model is not Organization else row_id)
        for name, value in values.items():
            setattr(row, name, value)
        session.commit()


def ready(world: World) -> Run:
    run = drafted(world.acme, FOLLOW_UP)
    set_on(run, Channel, run.email.id, state="active")
    run.add(world.acme.contact())
    return run


def test_a_complete_campaign_has_only_its_arithmetic(world: World) -> None:
    told = found(ready(world)).values()
    assert {(finding.code, finding.severity) for finding in told} == {
        ("arithmetic", "fact"),
        ("verified", "fact"),
    }


@pytest.mark.parametrize(
    ("values", "code", "severity"),
    [({"state": "disconnected", "state_reason": "535"}, "disconnected", "error"), ({"state": "paused"}, "paused", "warning"),
     ({"daily_cap": 0}, "cap_zero", "error")],
)  # fmt: skip
def test_a_sender_that_cannot_send(world: World, values: dict[str, object], code: str, severity: str) -> None:
    run = ready(world)
    set_on(run, Channel, run.email.id, **values)
    assert found(run)[code].severity == severity


def test_nobody_no_sender_and_no_postal_address(world: World) -> None:
    run = drafted(world.acme, FOLLOW_UP, email_channel_id=None)
    set_on(run, Organization, world.acme.id, postal_address=" ")
    here = found(run)
    assert {code for code, finding in here.items() if finding.severity == "error"} == {
        "nobody",
        "no_channel",
        "no_postal_address",
    }
    assert all(finding.link for finding in here.values() if finding.severity == "error")


def test_an_unknown_merge_tag_names_what_was_meant(world: World) -> None:
    run = drafted(world.acme, [send("hello", "Hi {{contact.frist_name}}"), step("done", "end")])
    run.add(world.acme.contact())
    finding = found(run)["unknown_tag"]
    assert finding.severity == "error"
    assert "contact.first_name" in finding.remedy


def test_a_wait_for_an_event_needs_one_and_says_when_it_has_passed(world: World) -> None:
    steps = [
        send("hello"),
        wait("before", mode="event", days=2, direction="before", if_past="end"),
        step("done", "end"),
    ]
    run = drafted(world.acme, steps)
    run.add(world.acme.contact())
    assert found(run)["no_event"].severity == "error"
    from loumass.campaigns.models import Campaign

    set_on(run, Campaign, run.id, event_at=clock.now() + timedelta(hours=12), event_timezone="America/Denver")
    here = found(run)
    assert "no_event" not in here
    assert "leave the campaign" in here["wait_past"].sentence
    set_on(run, Campaign, run.id, event_at=clock.now() - timedelta(days=1))
    assert "event_past" in found(run)


def test_people_who_cannot_be_reached_are_counted(world: World) -> None:
    run = drafted(world.acme, [send("hello"), text_to("text"), step("done", "end")])
    people = [
        world.acme.contact(),
        world.acme.contact("Marcus Bell", email="m@bell.example", phone="+13035550142"),
        world.acme.contact("Luis Ortega", email=None, phone="+13035550143"),
    ]
    run.add(*people)
    with world.acme.acting() as session:
        session.add(
            Suppression(
                medium="email",
                address_hash=keyed_hash("priya@foothill.example"),
                address=None,
                reason="unsubscribed",
            )
        )
        session.commit()
    here = found(run)
    assert here["email_missing"].sentence == "1 person has no e-mail address: their e-mails are skipped."
    assert here["sms_missing"].sentence == "1 person has no phone number: their texts are skipped."
    assert here["email_suppressed"].sentence.startswith("1 person is on the suppression list")
    assert here["unreachable"].sentence.startswith("1 person cannot be reached")


def test_the_arithmetic_names_the_day_when_the_last_goes_out(world: World) -> None:
    run = ready(world)
    set_on(run, Channel, run.email.id, daily_cap=2)
    run.add(*[world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(4)])
    finding = found(run)["arithmetic"]
    assert (
        finding.sentence
        == "5 people × up to 2 e-mails = 10 at 2 a day from Acme email: 5 days, so the last goes out on Sat 7 March at the earliest."
    )


def test_the_most_messages_anybody_gets_is_the_longest_way_without_loops(world: World) -> None:
    run = drafted(
        world.acme,
        [
            send("one"),
            ask("ask", {"yes": "done", "no": "two"}, test="replied"),
            send("two"),
            wait("pause", {"next": "again"}, amount=1, unit="days", after="entered"),
            ask("again", {"yes": "done", "no": "two"}, test="replied"),
            step("done", "end"),
        ],
    )
    graph_id = run.now().graph_id
    with world.acme.acting():
        graph = graph_of(graph_id)
    assert (most_sends(graph, "email"), most_sends(graph, "sms")) == (2, 0)


def test_a_loop_with_a_wait_goes_round_and_round(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme,
        [
            wait("pause", amount=1, unit="days", after="entered"),
            ask("ask", {"yes": "done", "no": "pause"}, test="status", status="Received RSVP"),
            step("done", "end"),
        ],
        priya,
    )
    world.later(days=3, hours=5)
    assert [outcome for _, outcome in run.path(priya)].count("no") >= 1
    assert run.at(priya) == "pause"
    enrollment = run.of(priya).id
    from loumass.campaigns import service

    with world.acme.acting() as session:
        service.set_status([enrollment], "Received RSVP")
        session.commit()
    world.later(days=2)
    assert run.at(priya) == "ended: finished"
