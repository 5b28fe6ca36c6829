"""People come in by themselves, each as often as the trigger says, and never twice for the same."""

from __future__ import annotations

from typing import Any
from unittest.mock import patch

import pytest
from sqlalchemy import func, select, text

from loumass.campaigns.models import Campaign
from loumass.campaigns.statuses import set_status
from loumass.campaigns.triggers import listeners, switching
from loumass.contacts import bulk, editing
from loumass.contacts.models import ContactField, Tag
from loumass.events.models import Event, Notice
from loumass.events.service import publish_all
from loumass.messages.models import Message
from tests.campaigns.cast import Run, drafted, running, send, step, wait
from tests.campaigns.test_statements import counted
from tests.campaigns.triggered import changed, inside, tagged, the, when
from tests.contacts.lists import bring_in
from tests.world import Tenant, World

WELCOME = [send("hello"), wait("pause", amount=3), step("done", "end")]
PEOPLE = [
    {"name": "Priya Raman", "email": "priya@foothill.example"},
    {"name": "Tom Ash", "email": "tom@ash.example"},
    {"name": "Uma Stein", "email": "uma@stein.example"},
]


def people(which: range, plan: str) -> str:
    """A list."""
    return "Name,Email,Plan\n" + "".join(f"P{n} X,p{n}@crowd.example,{plan}\n" for n in which)


def events_of(tenant: Tenant, kind: str) -> int:
    with tenant.acting() as session:
        return session.scalar(select(func.count()).select_from(Event).where(Event.kind == kind)) or 0


def test_a_tag_and_a_field_bring_people_in_and_news_that_nobody_waits_for_is_not_written(
    world: World,
) -> None:
    priya, tom, uma = world.acme.contacts(PEOPLE)
    run = running(world.acme, WELCOME)
    tagged(world.acme, "Lead", priya)
    changed(world.acme, priya, company="Foothill")
    assert events_of(world.acme, "contact.tagged") == events_of(world.acme, "contact.changed") == 0
    when(run, "tag_added", tag="lead")
    when(run, "field_changed", field="company", when="to", value="ACME inc.")
    # A tag that she has already, another tag, another value and another field bring nobody.
    tagged(world.acme, "LEAD, Other", priya, tom)
    changed(world.acme, uma, company="Something else", city="Acme Inc.")
    assert inside(run) == ["Tom"]
    assert events_of(world.acme, "contact.tagged") == 1
    changed(world.acme, uma, company="Acme Inc.")
    assert inside(run) == ["Tom", "Uma"]
    # Whoever is created with the value comes in as well; Globex has triggers of its own.
    with world.acme.acting() as session:
        editing.create(
            {**_blank(), "first_name": "Vic", "email": "vic@acme.example", "company": "acme inc."}, {}, "US"
        )
        session.commit()
    tagged(world.globex, "Lead", world.globex.contact())
    assert inside(run) == ["Tom", "Uma", "Vic"]
    assert events_of(world.globex, "contact.tagged") == 0


def test_lists_tag_and_change_by_the_thousand_in_as_many_statements_as_by_the_dozen(world: World) -> None:
    run = running(world.acme, WELCOME)
    with world.acme.acting() as session:
        session.add(ContactField(key="plan", label="Plan"))
        session.commit()
    when(run, "tag_added", tag="Expo")
    when(run, "field_changed", field="plan", when="to", value="pro")
    with counted() as few:
        bring_in(world, world.acme, people(range(12), "pro"), tags=["Expo"])
        world.work()
    with counted() as many:
        bring_in(world, world.acme, people(range(12, 312), "pro"), tags=["Expo"])
        world.work()
    assert len(inside(run)) == 312
    assert (
        len(many) <= len(few) + 12
    )  # notices of 500 are claimed and told in as many statements, not in as many as people
    # The same again with a tag that nobody waits for, and a plan that changes for two of them.
    before = events_of(world.acme, "contact.changed")
    bring_in(world, world.acme, people(range(2), "basic"), tags=["Other"], existing="update")
    bring_in(world, world.acme, people(range(3), "pro"), existing="update")
    assert events_of(world.acme, "contact.changed") == before + 4
    assert events_of(world.acme, "contact.tagged") == 312
    world.work()
    assert len(inside(run)) == 312, "they are inside already"


def test_once_means_once_and_every_time_keeps_its_distance(world: World) -> None:
    (priya,) = world.acme.contacts(PEOPLE[:1])
    once, every = running(world.acme, [step("end", "end")]), running(world.acme, [step("end", "end")])
    when(once, "tag_added", tag="Lead")
    trigger = when(every, "tag_added", tag="Lead", repeats="every", pause=7)

    def again() -> tuple[int, int]:
        with world.acme.acting() as session:
            session.execute(text("DELETE FROM contact_tag WHERE organization_id = :o"), {"o": world.acme.id})
            session.commit()
        tagged(world.acme, "Lead", priya)
        return len(once.all()), len(every.all())

    assert again() == (1, 1)
    world.later(days=6)
    assert again() == (1, 1)
    world.later(days=2)
    assert again() == (1, 2)
    with world.acme.acting() as session:
        switching.switch(trigger, is_on=False)
        session.commit()
    world.later(days=9)
    assert again() == (1, 2)
    assert every.now().state == "finished", "its last trigger is off, and everybody has left"
    assert once.now().state == "running", "the next person may come at any time"


def test_two_triggers_at_once_and_news_told_twice_or_killed_half_way_let_one_in(world: World) -> None:
    (priya,) = world.acme.contacts(PEOPLE[:1])
    run = running(world.acme, [step("end", "end")])
    for tag in ("Lead", "Hot"):
        when(run, "tag_added", tag=tag, repeats="every")
    told: list[Event] = []
    listen = listeners.enter_by

    def killed(kind: Any, events: Any) -> int:
        listen(kind, events)
        told[:] = events
        raise SystemExit("the worker is killed before its commit")

    with patch.object(listeners, "enter_by", killed), pytest.raises(SystemExit):
        tagged(world.acme, "Lead, Hot", priya)
    assert inside(run) == []
    world.later(minutes=2)
    assert inside(run) == ["Priya"], "one of the two triggers let her in, once"
    occasion = run.of(priya).occasion
    with world.acme.acting() as session:
        listeners.on_tagged([one for one in told if str(one.id) == occasion])
        session.commit()
    world.work()
    assert len(run.all()) == 1, "the same happening again is no happening"
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 0


def test_replies_opens_clicks_and_outcomes_lead_into_follow_ups_that_look_back(world: World) -> None:
    priya, tom, uma = world.acme.contacts(PEOPLE)
    first = running(
        world.acme, [send("hello"), wait("pause", amount=30), step("done", "end")], priya, tom, uma
    )
    first.told()
    runs = {
        kind: running(world.acme, WELCOME, name=kind)
        for kind in ("replied", "opened", "clicked", "left", "status")
    }
    about: dict[str, Any] = {"about": f"{first.id}/hello", "looks_at": "message"}
    when(runs["replied"], "replied", medium="any", **about)
    when(runs["opened"], "opened", **about)
    when(runs["clicked"], "clicked", about=str(first.id), looks_at="own")
    when(
        runs["left"], "outcome", campaign=str(first.id), when="because", reason="replied", looks_at="message"
    )
    when(runs["status"], "outcome", campaign=str(first.id), when="status", status="Attended", looks_at="own")
    sent = first.messages(priya)[0]
    facts = {
        "message_id": sent.id, "contact_id": priya.id, "campaign_id": first.id, "enrollment_id": first.of(priya).id, "node_id": first.nodes["hello"],
    }  # fmt: skip
    toms = first.of(tom).id
    with world.acme.acting() as session:
        publish_all("message.opened", [facts])
        publish_all("message.clicked", [facts, facts])
        set_status([toms], "Attended")
        answer = Message(
            conversation_id=sent.conversation_id, contact_id=priya.id, channel_id=sent.channel_id, medium="email",
            direction="in", state="received", text="Call me", from_address="priya@foothill.example",
        )  # fmt: skip
        session.add(answer)
        session.flush()
        received = facts | {"message_id": answer.id, "conversation_id": sent.conversation_id}
        publish_all("message.received", [received])
        publish_all("message.replied", [received])
        session.commit()
    world.work()
    assert {kind: inside(run) for kind, run in runs.items()} == {
        "replied": ["Priya"], "opened": ["Priya"], "clicked": ["Priya"], "left": ["Priya"], "status": ["Tom"],
    }  # fmt: skip
    for kind, looked_at in (("replied", sent.id), ("opened", sent.id), ("left", sent.id), ("clicked", None)):
        assert runs[kind].of(priya).triggering_message_id == looked_at, kind
    # The follow-up goes on in the thread of what it follows; whoever looks at the campaign's own steps begins one.
    threads = {kind: runs[kind].messages(priya)[0] for kind in ("opened", "clicked")}
    assert threads["opened"].conversation_id == sent.conversation_id
    assert threads["opened"].in_reply_to is not None or sent.rfc_message_id is None
    assert threads["clicked"].conversation_id != sent.conversation_id


def test_campaigns_that_lead_into_each_other_come_to_an_end_and_say_so(world: World) -> None:
    (priya,) = world.acme.contacts(PEOPLE[:1])

    def handing(tag: str, other: str) -> Run:
        return running(
            world.acme,
            [
                step("take", "tag", action="remove", tag=tag),
                step("give", "tag", action="add", tag=other),
                step("end", "end"),
            ],
            name=tag,
        )

    ping, pong = handing("Ping", "Pong"), handing("Pong", "Ping")
    triggers = [
        when(ping, "tag_added", tag="Ping", repeats="every"),
        when(pong, "tag_added", tag="Pong", repeats="every"),
    ]
    tagged(world.acme, "Ping", priya)
    assert len(ping.all()) + len(pong.all()) == 6, "three times an hour into each"
    problems = [the(run, one).problem for run, one in zip((ping, pong), triggers, strict=True)]
    assert sum("came round in a circle" in problem for problem in problems) == 1
    page = world.acme.member.get(f"/campaigns/{ping.id}/triggers").text
    assert "1 person came round in a circle" in page
    world.acme.member.post(f"/campaigns/{ping.id}/triggers/{triggers[0]}/seen")
    assert the(ping, triggers[0]).problem == ""


def test_only_a_campaign_that_runs_takes_people_and_only_those_who_can_be_reached(world: World) -> None:
    priya, tom, uma = world.acme.contacts(PEOPLE)
    run = drafted(world.acme, WELCOME)
    when(run, "tag_added", tag="Lead")
    tagged(world.acme, "Lead", priya)
    assert inside(run) == []
    with world.acme.acting() as session:
        session.get_one(Campaign, (world.acme.id, run.id)).state = "running"
        bulk.archive([uma.id])
        session.execute(
            text(
                "INSERT INTO suppression (organization_id, medium, address_hash, reason) "
                "SELECT organization_id, 'email', email_hash, 'unsubscribed' FROM contact "
                "WHERE organization_id = :o AND id = :id RETURNING id"
            ),
            {"o": world.acme.id, "id": tom.id},
        )
        session.commit()
    # Deleted, and on the suppression list: the news comes all the same, as a listener may hear it late.
    with world.acme.acting() as session:
        bulk.tag([tom.id], "Lead")
        publish_all(
            "contact.tagged",
            [{"contact_id": uma.id, "facts": {"tag": str(_tag(session, "Lead"))}}],
        )
        session.commit()
    world.work()
    assert inside(run) == []


def _tag(session: Any, name: str) -> Any:
    return session.scalar(select(Tag.id).where(Tag.name == name))


def _blank() -> dict[str, str]:
    names = (
        "external_id",
        "email",
        "phone",
        "first_name",
        "last_name",
        "company",
        "title",
        "city",
        "state",
        "country",
        "timezone",
        "owner",
    )
    return dict.fromkeys(names, "")
