"""Windows and nights: nobody is written to outside of them, in their own time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from loumass.core import clock
from tests.messages.gates import at_denver
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
