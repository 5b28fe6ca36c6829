"""The everyday journeys: who gets what when, and what ends it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from loumass.campaigns.models import VisitedNode
from loumass.core import clock
from loumass.funnels.models import Edge, Node
from tests.campaigns.cast import ask, running, send, step, text_to, wait
from tests.world import World

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def test_a_person_gets_the_first_message_at_once(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    [message] = run.messages()
    assert (message.state, message.to_address, message.priority) == ("queued", "priya@foothill.example", 50)
    assert message.merge_values is not None
    assert message.merge_values["contact.first_name"] == "Priya"
    assert "contact.company" not in message.merge_values
    assert run.at(priya) == "hello"


def test_the_wait_counts_from_the_send_and_not_from_the_plan(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    world.later(days=2)
    run.told("sent")
    assert run.at(priya) == "pause"
    # Three days of the wall clock: summer time began in Denver on 8 March.
    assert run.due(priya) == run.last_sent(priya) + timedelta(days=3) - timedelta(hours=1)
    world.later(days=2)
    assert len(run.messages()) == 1
    world.later(days=1, minutes=1)
    assert run.at(priya) == "again"


def test_follow_ups_stay_in_the_thread_and_answer_what_was_said_last(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told("sent", rfc_message_id="first@acme.example")
    world.later(days=4)
    first, second = run.messages()
    assert first.conversation_id == second.conversation_id
    assert (second.in_reply_to, second.references) == ("first@acme.example", ["first@acme.example"])


def test_the_end_of_the_funnel_ends_person_and_campaign(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    world.later(days=4)
    run.told()
    assert run.at(priya) == "ended: finished"
    assert run.path(priya) == [("hello", "next"), ("pause", "next"), ("again", "next"), ("done", "finished")]
    assert run.now().state == "finished"


def test_a_step_where_somebody_stood_cannot_be_deleted_and_one_that_nobody_reached_can(world: World) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    with world.acme.acting() as session:
        stood = session.scalars(select(VisitedNode.node_id)).all()
        hello, done = run.nodes["hello"], run.nodes["done"]
        assert stood == [hello]
        session.execute(delete(Edge).where(Edge.graph_id.is_not(None)))
        session.execute(delete(Node).where(Node.id == done))
        with pytest.raises(IntegrityError, match="visited_node"):
            session.execute(delete(Node).where(Node.id == hello))


def test_a_repeated_job_plans_nothing_twice(world: World) -> None:
    from loumass.campaigns import jobs
    from loumass.core.tenancy import serving

    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    before = run.of(priya)
    with world.acme.acting() as session:
        enrollment = session.get_one(type(before), (world.acme.id, before.id))
        enrollment.state, enrollment.due_at = "active", clock.now()
        session.commit()
    with serving(world.acme.id):
        jobs.advance(str(run.id))
        jobs.advance(str(run.id))
    assert len(run.messages()) == 1
    assert run.at(priya) == "hello"


def test_a_reply_needs_a_bdr_and_ends_the_walk(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    run.happened("message.replied", priya)
    assert run.at(priya) == "ended: replied"
    assert run.of(priya).status == "Needs BDR"
    assert run.now().state == "finished"


def test_a_reply_branch_ahead_keeps_the_person_and_answers_the_question(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(
        world.acme,
        [
            send("hello"),
            ask(
                "replied",
                {"yes": "thanks", "timeout": "again"},
                test="replied",
                wait_up_to=5,
                wait_unit="days",
            ),
            step("thanks", "end", reason="answered"),
            send("again"),
        ],
        priya,
        marcus,
    )
    run.told()
    assert run.at(priya) == "replied"
    run.happened("message.replied", priya)
    assert run.at(priya) == "ended: answered"
    assert run.of(priya).status == "Needs BDR"
    world.later(days=6)
    assert run.at(marcus) == "again"


def test_a_reply_before_the_question_is_remembered(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme,
        [
            send("hello"),
            wait("pause", amount=2, unit="days"),
            ask("replied", {"yes": "thanks", "no": "again"}, test="replied"),
            step("thanks", "end", reason="answered"),
            send("again"),
        ],
        priya,
    )
    run.told()
    run.happened("message.replied", priya)
    assert run.at(priya) == "pause"
    world.later(days=3)
    assert run.at(priya) == "ended: answered"


def test_who_does_not_exit_on_reply_goes_on(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya, is_exit_on_reply=False)
    run.told()
    run.happened("message.replied", priya)
    assert run.at(priya) == "pause"
    assert run.of(priya).status == "Needs BDR"


def test_no_address_skips_the_step_by_its_failed_way(world: World) -> None:
    marcus = world.acme.contact("Marcus Bell", email=None, phone="+13035550142")
    run = running(
        world.acme,
        [send("hello", ways={"next": "done", "failed": "text"}), text_to("text"), step("done", "end")],
        marcus,
    )
    assert run.path(marcus)[0] == ("hello", "skipped: no e-mail address")
    assert run.at(marcus) == "text"
    [message] = run.messages()
    assert (message.medium, message.to_address) == ("sms", "+13035550142")


def test_no_address_and_no_failed_way_goes_on(world: World) -> None:
    marcus = world.acme.contact("Marcus Bell", email=None, phone="+13035550142")
    run = running(world.acme, [send("hello"), text_to("text")], marcus)
    assert run.at(marcus) == "text"


def test_a_failed_send_takes_the_failed_way(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme,
        [
            send("hello", ways={"next": "done", "failed": "sorry"}),
            step("done", "end"),
            step("sorry", "end", reason="undeliverable"),
        ],
        priya,
    )
    run.told("failed", reason_code="rejected")
    assert run.at(priya) == "ended: undeliverable"
    assert run.of(priya).status == "No Activity"


def test_a_send_in_doubt_is_held_until_it_is_settled(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told("in_doubt")
    held = run.of(priya)
    assert (held.state, held.reason, run.at(priya)) == ("held", "in_doubt", "hello")
    assert len(run.messages()) == 1
    world.later(days=9)
    assert run.at(priya) == "hello"
    run.told("sent")
    assert run.at(priya) == "pause"


def test_a_permanent_bounce_ends_and_a_full_mailbox_does_not(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya, marcus)
    run.told()
    run.happened("message.bounced", priya, permanent=True)
    run.happened("message.bounced", marcus, permanent=False)
    assert (run.at(priya), run.at(marcus)) == ("ended: bounced", "pause")


def test_an_address_that_is_dead_at_the_door_does_not_take_the_failed_way(world: World) -> None:
    priya = world.acme.contact(phone="+13035550142")
    run = running(
        world.acme,
        [send("hello", ways={"next": "done", "failed": "text"}), text_to("text"), step("done", "end")],
        priya,
    )
    run.told("failed", is_bounce_permanent=True)
    assert run.at(priya) == "ended: bounced"
    assert [message.medium for message in run.messages()] == ["email"]


def test_a_no_in_mid_journey_ends_it_and_cancels_what_is_queued(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.happened("contact.unsubscribed", priya, medium="email")
    assert run.at(priya) == "ended: opted_out"
    [message] = run.messages()
    assert (message.state, message.reason_code) == ("cancelled", "left")
    world.later(days=30)
    assert len(run.messages()) == 1


def test_a_no_to_texts_leaves_an_e_mail_campaign_alone(world: World) -> None:
    from loumass.events.service import publish

    priya = world.acme.contact(phone="+13035550142")
    run = running(world.acme, FOLLOW_UP, priya)
    with world.acme.acting() as session:
        publish("contact.unsubscribed", contact_id=priya.id, facts={"medium": "sms"})
        session.commit()
    world.work()
    assert run.at(priya) == "hello"


def test_two_live_enrollments_are_refused_and_re_entry_after_the_end_is_welcome(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.add(priya)
    assert len(run.all(priya)) == 1
    run.told()
    run.happened("message.replied", priya)
    run.add(priya)
    world.work()
    assert [one.state for one in run.all(priya)] == ["ended", "waiting"]
    assert len(run.messages()) == 2
    assert run.now().state == "running"


def test_a_deleted_person_leaves_instead_of_going_on(world: World) -> None:
    from loumass.contacts.models import Contact

    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    with world.acme.acting() as session:
        session.get_one(Contact, (world.acme.id, priya.id)).archived_at = clock.now()
        session.commit()
    world.later(days=4)
    assert run.at(priya) == "ended: deleted"
    assert len(run.messages()) == 1


def test_who_was_merged_goes_on_as_the_person_they_are_now(world: World) -> None:
    from loumass.contacts.models import Contact

    priya, double = world.acme.contact(), world.acme.contact("P. Raman", email="priya.raman@foothill.example")
    run = running(world.acme, FOLLOW_UP, double)
    run.told()
    with world.acme.acting() as session:
        row = session.get_one(Contact, (world.acme.id, double.id))
        row.archived_at, row.merged_into_id = clock.now(), priya.id
        session.commit()
    world.later(days=4)
    assert run.at(priya) == "again"
    assert run.messages()[-1].to_address == "priya@foothill.example"


def test_stage_status_and_tag_are_done_on_the_way(world: World) -> None:
    from sqlalchemy import select

    from loumass.contacts.models import ContactTag, Tag

    priya = world.acme.contact()
    run = running(
        world.acme,
        [
            step("part", "stage", name="Invitation"),
            step("mark", "set_status", status="Received RSVP"),
            step("label", "tag", action="add", tag="Guest"),
            step("unlabel", "tag", action="remove", tag="Stranger"),
            send("hello"),
        ],
        priya,
    )
    enrollment = run.of(priya)
    assert (enrollment.stage, enrollment.status, run.at(priya)) == ("Invitation", "Received RSVP", "hello")
    with world.acme.acting() as session:
        names = session.scalars(
            select(Tag.name)
            .join(ContactTag, ContactTag.tag_id == Tag.id)
            .where(ContactTag.contact_id == priya.id)
        )
        assert list(names) == ["Guest"]


def test_two_people_behind_one_number_have_conversations_of_their_own(world: World) -> None:
    priya = world.acme.contact("Priya Raman", email=None, phone="+13035550142")
    marcus = world.acme.contact("Marcus Bell", email=None, phone="+13035550142")
    run = running(world.acme, [text_to("hello"), wait("pause"), text_to("again")], priya, marcus)
    first, second = run.messages()
    assert first.conversation_id != second.conversation_id
    run.told()
    world.later(days=4)
    assert len({message.conversation_id for message in run.messages()}) == 2
    assert len(run.messages()) == 4
