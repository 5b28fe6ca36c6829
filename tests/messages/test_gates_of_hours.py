"""Windows and nights: nobody is written to outside of them, in their own time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from loumass.core import clock
from loumass.core.database import db
from loumass.messages.delivering_windows import Pace, Portion
from loumass.messages.outbox_lease import allowance, take
from tests.messages.gates import at_denver, waiting
from tests.messages.limits import resting, ruled
from tests.messages.sending import (
    campaign,
    changed,
    mailbox,
    message,
    number,
    people,
    queue,
    states,
    stream,
)
from tests.world import World


def test_a_campaign_keeps_to_the_window_of_the_persons_own_time(world: World) -> None:
    maya = mailbox(world.acme, window_from=9 * 60, window_until=17 * 60, window_weekdays=[1, 2, 3, 4, 5])
    kyoto, lisbon = people(world.acme, 2)
    changed(world.acme, kyoto, timezone="Asia/Tokyo")
    changed(world.acme, lisbon, timezone="Europe/Lisbon")
    ids = campaign(world.acme, maya, [kyoto, lisbon], stream(world.acme))
    world.work()
    # 16:00 UTC on a Tuesday: 1:00 on Wednesday in Japan, 16:00 in Portugal.
    assert states(world.acme, ids) == ["queued", "sent"]
    held = message(world.acme, ids[0])
    assert (held.waiting_for, held.due_at) == ("window", datetime(2026, 3, 4, 0, 0, tzinfo=UTC))
    world.later(hours=7, minutes=59)
    assert message(world.acme, ids[0]).state == "queued"
    world.later(minutes=2)
    assert message(world.acme, ids[0]).state == "sent"


def test_a_window_opens_on_the_right_day_and_survives_the_change_of_clocks(world: World) -> None:
    maya = mailbox(world.acme, window_from=9 * 60, window_until=10 * 60, window_weekdays=[7])
    (message_id,) = campaign(
        world.acme, maya, [world.acme.contact(timezone="America/Denver")], stream(world.acme)
    )
    world.work()
    # Sunday, 8 March 2026: Denver goes to summer time at 2:00, so 9:00 is 15:00 UTC, no longer 16:00.
    assert message(world.acme, message_id).due_at == datetime(2026, 3, 8, 15, 0, tzinfo=UTC)


def test_an_unknown_timezone_counts_as_the_organizations(world: World) -> None:
    maya = mailbox(world.acme, window_from=8 * 60, window_until=10 * 60)
    odd, fine = people(world.acme, 2)
    changed(world.acme, odd, timezone="Mars/Olympus")
    ids = campaign(world.acme, maya, [odd, fine], stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent", "sent"]


def test_a_persons_reply_does_not_wait_for_the_window(world: World) -> None:
    maya = mailbox(world.acme, window_from=13 * 60, window_until=14 * 60)
    (message_id,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    assert message(world.acme, message_id).state == "sent"


def test_texts_do_not_ring_at_night(world: World) -> None:
    desk = number(world.acme)
    person = world.acme.contact(phone="+13035550117", timezone="America/Denver")
    world.later(seconds=at_denver(21, 0).total_seconds())
    (message_id,) = campaign(world.acme, desk, [person], stream(world.acme))
    (by_hand,) = queue(world.acme, desk, [person])
    world.work()
    assert states(world.acme, [message_id, by_hand]) == ["queued", "queued"]
    assert message(world.acme, message_id).waiting_for == "quiet_hours"
    assert message(world.acme, message_id).due_at == datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
    world.later(hours=11, minutes=1)
    assert states(world.acme, [message_id, by_hand]) == ["sent", "sent"]


def test_whoever_just_wrote_may_be_answered_at_night(world: World) -> None:
    desk = number(world.acme)
    person = world.acme.contact(phone="+13035550117", timezone="America/Denver")
    world.later(seconds=at_denver(22, 30).total_seconds())
    changed(world.acme, person, last_inbound_at=clock.now() - timedelta(minutes=5))
    (answer,) = queue(world.acme, desk, [person])
    (push,) = campaign(world.acme, desk, [person], stream(world.acme))
    world.work()
    assert states(world.acme, [answer, push]) == ["sent", "queued"]


def test_an_organization_that_sets_its_clock_otherwise_wakes_what_waited_for_its_morning(
    world: World,
) -> None:
    desk = number(world.acme)
    home = world.acme.contact(phone="+13035550117", timezone=None)
    away = world.acme.contact("Marcus Bell", "m@bell.example", "+13035550118", timezone="America/Denver")
    world.later(seconds=at_denver(21, 30).total_seconds())
    ids = campaign(world.acme, desk, [home, away], stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["queued", "queued"]
    acme = world.acme.organization
    for zone, becomes in (("America/New_York", "queued"), ("Asia/Tokyo", "sent")):
        settings = {
            "name": acme.name,
            "timezone": zone,
            "postal_address": acme.postal_address,
            "country": "US",
        }
        assert world.acme.admin.post("/organization", settings).status_code == 302
        world.work()
        assert states(world.acme, ids) == [becomes, "queued"], "who lives where it is night sleeps on"
    assert message(world.acme, ids[1]).waiting_for == "quiet_hours"


def test_a_sender_rests_on_days_off_by_the_date_where_people_live(world: World) -> None:
    """Tuesday, 3 March, 9:00 in Denver: it is Wednesday in Tokyo already, and the clocks change on Sunday."""
    tuesday = date(2026, 3, 3)
    resting(world.acme, tuesday, tuesday + timedelta(days=2), tuesday + timedelta(days=3))
    hours = {
        "window_from": 9 * 60,
        "window_until": 17 * 60,
        "window_weekdays": [1, 2, 5],
        "skips_days_off": True,
    }
    maya, ben = (
        mailbox(world.acme, **hours),
        mailbox(world.acme, "ben@acme.example", **{**hours, "skips_days_off": False}),
    )
    home, kyoto = people(world.acme, 2)
    changed(world.acme, home, timezone="America/Denver")
    changed(world.acme, kyoto, timezone="Asia/Tokyo")
    run = stream(world.acme)
    mine, theirs = campaign(world.acme, maya, [home, kyoto], run)
    others = campaign(world.acme, ben, [home, kyoto], run)
    (answer,) = queue(world.acme, maya, [home])
    world.work()
    # Who works on days off sends in Denver; in Tokyo it is Wednesday, which is no day of the window.
    assert states(world.acme, [mine, theirs, *others, answer]) == [
        "queued",
        "queued",
        "sent",
        "queued",
        "sent",
    ]
    held, window = message(world.acme, mine), message(world.acme, theirs)
    assert (held.waiting_for, window.waiting_for) == ("day_off", "window")
    # Friday is off as well, and on Monday 9:00 is summer time: 15:00 UTC.
    assert held.due_at == datetime(2026, 3, 9, 15, 0, tzinfo=UTC)
    assert window.due_at == datetime(2026, 3, 9, 0, 0, tzinfo=UTC)
    assert message(world.acme, others[1]).due_at == datetime(2026, 3, 6, 0, 0, tzinfo=UTC)
    told = waiting(world, mine)[0]
    assert (told.sentence, told.until, told.zone) == (
        "Not on Thanksgiving Day.",
        held.due_at,
        "America/Denver",
    )
    # Somebody works on Tuesday after all: what waited for that is looked at, and goes.
    assert (
        world.acme.admin.post(
            "/organization/days-off/change", {"act": "remove", "day": "2026-03-03"}
        ).status_code
        == 303
    )
    world.work()
    assert states(world.acme, [mine, theirs]) == ["sent", "queued"]


def test_days_off_are_asked_where_more_is_counted_and_of_voicemail_and_a_long_rest_is_looked_at_again(
    world: World,
) -> None:
    today = clock.now().date()
    resting(world.acme, *(today + timedelta(days=number) for number in range(60)))
    ruled(world.acme, contact_per_day=5)
    maya = mailbox(world.acme, skips_days_off=True)
    (counted,) = campaign(
        world.acme, maya, [world.acme.contact(timezone="America/Denver")], stream(world.acme)
    )
    world.work()
    held = message(world.acme, counted)
    # Forty days are looked ahead; then it is asked again: midnight of 13 April in Denver.
    assert (held.waiting_for, held.due_at) == ("day_off", datetime(2026, 4, 13, 6, 0, tzinfo=UTC))
    world.later(days=62)
    assert message(world.acme, counted).state == "sent"


def test_a_sender_that_works_on_days_off_is_not_asked_for_them(world: World) -> None:
    for medium, hours in (("email", {}), ("email", {"window_until": 60}), ("sms", {}), ("voicemail", {})):
        for skips in (False, True):
            name = f"{medium}.{len(hours)}.{skips}@acme.example"
            box = mailbox(world.acme, name, skips_days_off=skips, **hours)
            changed(world.acme, box, medium=medium)
            with world.acme.acting():
                lease = take(box.id)
                assert lease is not None
                allowed = allowance(lease, 10)
                attempt = Portion(lease, allowed, Pace(lease)).attempt()
                *_, (statement, values) = attempt.statements
                assert ("day_off" in str(statement)) is skips
                assert db().execute(statement, values).one().is_held
                counted = replace(attempt, allowed=replace(allowed, has_budget=True))
                assert counted.carry_out().is_held
