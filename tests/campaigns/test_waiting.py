"""Waits on the contact's own clock, across summer time; questions that are asked again; dates that move."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from loumass.campaigns import service
from loumass.campaigns.creating import Details, change
from loumass.contacts.models import Contact, ContactTag, Tag
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.events.service import publish_all
from tests.campaigns.cast import Run, ask, running, send, step, wait
from tests.world import World

DONE = step("done", "end")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("zone", "due"),
    [
        ("America/Denver", utc(2026, 3, 9, 15)),
        ("Europe/Berlin", utc(2026, 3, 9, 8)),
        ("America/Los_Angeles", utc(2026, 3, 9, 16)),
        (None, utc(2026, 3, 9, 15)),
    ],
)
def test_nine_o_clock_is_theirs_also_after_the_clocks_change(
    world: World, zone: str | None, due: datetime
) -> None:
    """Six days on is Monday 9 March; summer time begins in America on the 8th and in Europe on the 29th."""
    priya = world.acme.contact(timezone=zone)
    run = running(
        world.acme,
        [
            wait(
                "pause",
                amount=5,
                unit="days",
                after="entered",
                weekdays=[0, 1, 2, 3, 4],
                opens="09:00",
                closes="17:00",
            ),
            DONE,
        ],
        priya,
    )
    assert run.of(priya).due_at == due


def test_an_hour_that_is_skipped_is_waited_for_as_long_as_it_lies_behind_the_gap(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme,
        [wait("pause", mode="date", date="2026-03-08T02:30:00", zone="America/Denver"), DONE],
        priya,
    )
    assert run.of(priya).due_at == utc(2026, 3, 8, 9, 30)


def test_moving_the_event_moves_those_who_wait_for_it(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme, [wait("before", mode="event", days=2, direction="before", at="09:00"), DONE], priya,
        event_type="virtual", event_at=utc(2026, 3, 20, 18), event_timezone="America/Denver",
    )  # fmt: skip
    assert run.of(priya).due_at == utc(2026, 3, 18, 15)
    _change(run, event_at=utc(2026, 3, 25, 18))
    assert run.of(priya).due_at == utc(2026, 3, 23, 15)


def test_without_an_event_date_people_are_held_until_it_is_given(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, [wait("before", mode="event", days=2, direction="before"), DONE], priya)
    one = run.of(priya)
    assert (one.state, one.reason) == ("held", "no_event")
    _change(run, event_at=utc(2026, 3, 25, 18))
    assert (run.of(priya).state, run.of(priya).reason) == ("waiting", None)


def test_questions_and_goals_about_the_event_are_asked_again_when_it_moves(world: World) -> None:
    soon = {"match": "all", "rules": [{"ask": "event", "when": "within", "days": 3}]}
    far, long_wait = {"event_type": "virtual", "event_at": utc(2026, 6, 20, 18)}, wait("rest", amount=4)
    asking = ask("soon", {"yes": "done", "timeout": "done"}, test="rule", rule=soon, wait_up_to=60)
    goal = step("goal", "goal", {}, test="rule", rule={"match": "any", "rules": [soon]})
    priya, tom, ann = (world.acme.contact(f"P{n} R", f"p{n}@r.example") for n in range(3))
    asked = running(world.acme, [asking, DONE], priya, **far)
    goes = running(world.acme, [long_wait, DONE, goal], tom, ann, **far)
    other = running(world.acme, [long_wait, DONE], priya, **far)
    with world.acme.acting() as session:
        publish_all(
            "contact.away", [{"contact_id": ann.id, "facts": {"until": utc(2026, 3, 9, 15).isoformat()}}]
        )
        session.commit()
    world.work()
    assert (asked.at(priya), goes.at(tom), goes.at(ann)) == ("soon", "rest", "rest")
    for run in (asked, goes, other):
        _change(run, event_at=utc(2026, 3, 5, 18))
    assert (asked.at(priya), goes.at(tom)) == ("ended: finished", "ended: goal")
    assert other.at(priya) == "rest", "nothing there asks about it"
    # Whoever is away is asked when they are back.
    one = goes.of(ann)
    assert (one.state, (one.waiting_for or {})["for"], one.due_at) == ("waiting", "away", utc(2026, 3, 9, 15))
    _change(goes, event_at=utc(2026, 3, 10, 18))
    assert goes.at(ann) == "rest"
    world.later(days=7)
    assert goes.at(ann) == "ended: goal"


def test_without_a_mailbox_people_are_held_until_one_is_chosen(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, [send("hello"), DONE], priya, email_channel_id=None)
    one = run.of(priya)
    assert (one.state, one.reason) == ("held", "no_channel")
    _change(run, email_channel_id=run.email.id)
    assert len(run.messages()) == 1


def _change(run: Run, **values: Any) -> None:
    campaign = run.now()
    details = {"name": campaign.name, "event_type": "virtual", "event_at": campaign.event_at, "event_timezone": "America/Denver",
               "email_channel_id": campaign.email_channel_id} | values  # fmt: skip
    with run.tenant.acting() as session:
        change(run.id, Details(**details))
        session.commit()
    run.tenant.world.work()


def test_a_tag_that_is_given_later_answers_the_question(world: World) -> None:
    priya = world.acme.contact()
    run = running(
        world.acme,
        [
            ask(
                "guest",
                {"yes": "done", "timeout": "late"},
                test="tag",
                tag="Guest",
                wait_up_to=5,
                wait_unit="days",
            ),
            DONE,
            step("late", "end", reason="late"),
        ],
        priya,
    )
    with world.acme.acting() as session:
        tag = Tag(id=uuid7(), name="guest")
        session.add(tag)
        session.flush()
        session.add(ContactTag(contact_id=priya.id, tag_id=tag.id))
        session.commit()
    world.later(minutes=6)
    assert run.at(priya) == "ended: finished"


def test_a_status_that_is_set_by_hand_answers_at_once(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="m@bell.example")
    run = running(
        world.acme,
        [
            ask(
                "coming",
                {"yes": "done", "timeout": "late"},
                test="status",
                status="Received RSVP",
                wait_up_to=5,
                wait_unit="days",
            ),
            DONE,
            step("late", "end", reason="late"),
        ],
        priya,
        marcus,
    )
    chosen = run.of(priya).id
    with world.acme.acting() as session:
        service.set_status([chosen], "Received RSVP")
        session.commit()
    world.work()
    assert (run.at(priya), run.at(marcus)) == ("ended: finished", "coming")
    world.later(days=6)
    assert run.at(marcus) == "ended: late"


def test_news_of_a_message_that_was_lost_is_found_again(world: World) -> None:
    from sqlalchemy import update

    from loumass.campaigns import jobs
    from loumass.core.tenancy import serving
    from loumass.messages.models import Message

    priya = world.acme.contact()
    run = running(world.acme, [send("hello"), wait("pause", amount=3, unit="days"), DONE], priya)
    with world.acme.acting() as session:
        session.execute(update(Message).values(state="sent", sent_at=clock.now()))
        session.commit()
    clock.advance(timedelta(minutes=10))
    assert run.at(priya) == "hello"
    with serving(world.acme.id):
        jobs.repair()
    world.work()
    assert run.at(priya) == "pause"


def test_an_emptied_agenda_is_filled_again_by_the_sweep(world: World) -> None:
    from sqlalchemy import text

    from loumass import schedule
    from loumass.core.tenancy import serving

    priya = world.acme.contact()
    run = running(world.acme, [wait("pause", amount=1, unit="days"), DONE], priya)
    with world.acme.acting() as session:
        session.execute(text("DELETE FROM agenda WHERE organization_id = :id"), {"id": world.acme.id})
        session.commit()
    clock.advance(timedelta(days=2))
    with serving(world.acme.id):
        schedule.sweep()
    world.work()
    assert run.at(priya) == "ended: finished"


def test_a_timezone_that_does_not_exist_stops_nobody(world: World) -> None:
    people = [
        world.acme.contact(timezone="Mars/Base"),
        world.acme.contact("Marcus Bell", email="m@bell.example"),
    ]
    run = running(world.acme, [wait("pause", amount=1, unit="days", after="entered"), DONE], *people)
    assert [run.of(one).due_at for one in people] == [run.of(people[1]).due_at] * 2


def test_a_step_whose_settings_make_no_sense_holds_people_visibly(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, [step("odd", "wait", mode="date"), DONE], priya)
    one = run.of(priya)
    assert (one.state, one.reason) == ("held", "unreadable")


def test_somebody_else_s_contact_cannot_be_enrolled(world: World) -> None:
    stranger: Contact = world.globex.contact("Gia Stranger", email="gia@globex.example")
    run = running(world.acme, [wait("pause", amount=1, unit="days"), DONE])
    with world.acme.acting() as session:
        result = service.enroll(run.id, [stranger.id])
        session.commit()
    assert (result.added, result.archived) == (0, 1)
    assert run.all() == []
