"""Warm-up, jitter, segments of a brand, and how often one person is written to."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from loumass.core import clock
from loumass.messages import outbox_lease
from loumass.providers.errors import Throttled
from tests.messages.gates import at_denver, waiting
from tests.messages.limits import branded, did, got, ruled, segments_used
from tests.messages.sending import (
    Postbox,
    campaign,
    handing_to,
    mailbox,
    message,
    number,
    people,
    queue,
    states,
    stream,
    version,
)
from tests.world import World

WARMUP = {"warmup_start": 2, "warmup_step": 3, "warmup_ceiling": 7, "warmup_since": date(2026, 3, 3)}


def test_a_warm_up_climbs_with_every_day_that_sent_and_ends_at_its_ceiling(world: World) -> None:
    maya = mailbox(world.acme, daily_cap=50, **WARMUP)
    ids = campaign(world.acme, maya, people(world.acme, 30), stream(world.acme))
    world.work()
    assert states(world.acme, ids).count("sent") == 2
    told = waiting(world, ids[-1])[0]
    assert told.sentence == "maya@acme.example has used its 2 messages of today, day 1 of its warm-up."
    sent = []
    for _ in range(3):
        world.later(days=1)
        sent.append(states(world.acme, ids).count("sent"))
    assert sent == [2 + 5, 2 + 5 + 7, 2 + 5 + 7 + 7]


def test_days_that_sent_nothing_do_not_climb(world: World) -> None:
    maya = mailbox(world.acme, **WARMUP)
    did(world.acme, maya, date(2026, 3, 2), date(2026, 3, 3))  # the first of them was before the warm-up
    clock.advance(timedelta(days=5))
    with world.acme.acting():
        lease = outbox_lease.take(maya.id)
        assert lease is not None
        assert outbox_lease.allowance(lease, 100).campaign_most == 5


def test_the_cap_holds_where_it_is_less_than_the_warm_up(world: World) -> None:
    maya = mailbox(world.acme, daily_cap=1, **WARMUP)
    ids = campaign(world.acme, maya, people(world.acme, 3), stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent", "queued", "queued"]
    assert waiting(world, ids[1])[0].sentence == "maya@acme.example has used its 1 messages of today."


def test_the_gap_is_longer_by_its_jitter_and_never_shorter(world: World) -> None:
    maya = mailbox(world.acme, minimum_gap_seconds=100, gap_jitter=50)
    postbox = Postbox()
    with handing_to(postbox):
        campaign(world.acme, maya, people(world.acme, 8), stream(world.acme))
        for _ in range(130):
            world.later(seconds=10)
    gaps = [after - before for before, after in zip(postbox.taken_at, postbox.taken_at[1:], strict=False)]
    assert len(gaps) == 7
    assert min(gaps) >= timedelta(seconds=100)
    assert max(gaps) <= timedelta(seconds=160)
    assert len(set(gaps)) > 1
    pauses = {outbox_lease.pause_after(maya, 1, one.id) for one in postbox.taken}
    assert len(pauses) == 8
    assert pauses == {outbox_lease.pause_after(maya, 1, one.id) for one in postbox.taken}


def test_numbers_of_a_brand_share_its_segments(world: World) -> None:
    one, two = number(world.acme), number(world.acme, "+13035550101")
    brand = branded(world.acme, 5, one, two)
    crowd, run = people(world.acme, 6, timezone="America/Denver"), stream(world.acme)
    long = version(world.acme, text="ä" * 161)  # two segments of GSM-7
    first = campaign(world.acme, one, crowd[:2], run, content_version_id=long, merge_values={})
    second = campaign(world.acme, two, crowd[2:], run, text="Will you come?")
    (answer,) = queue(world.acme, one, crowd[:1])
    world.work()
    assert message(world.acme, answer).state == "sent"
    assert [message(world.acme, one).segments for one in first] == [2, 2]
    # The answer took one and was not asked; then two texts of two fill the brand.
    assert states(world.acme, first) == ["sent", "sent"]
    assert states(world.acme, second) == ["queued"] * 4
    assert segments_used(world.acme, brand) == 5
    told = waiting(world, second[0])[0]
    assert told.sentence == ("Acme Events has used 5 of its 5 segments of today, and this text takes 1.")
    assert told.until == datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
    clock.advance(at_denver(9, day=4))
    world.work()
    assert states(world.acme, second) == ["sent"] * 4


def test_a_text_that_no_longer_fits_waits_for_tomorrow_and_what_came_back_was_not_used(world: World) -> None:
    one = number(world.acme)
    brand = branded(world.acme, 3, one)
    crowd = people(world.acme, 2, timezone="America/Denver")
    long = version(world.acme, text="ä" * 161)
    ids = campaign(world.acme, one, crowd, stream(world.acme), content_version_id=long, merge_values={})
    postbox = Postbox()

    def throttles(message: object) -> Throttled:
        return Throttled("Slow down.", timedelta(minutes=5))

    send, postbox.send = postbox.send, throttles  # pyright: ignore[reportAttributeAccessIssue]
    with handing_to(postbox):
        world.work()
        assert (states(world.acme, ids), segments_used(world.acme, brand)) == (["queued"] * 2, 0)
        postbox.send = send
        world.later(minutes=10)
        assert (states(world.acme, ids), segments_used(world.acme, brand)) == (["sent", "queued"], 2)
        assert message(world.acme, ids[1]).waiting_for == "segments"


def test_a_person_gets_no_more_than_their_budget_over_campaigns_and_media(world: World) -> None:
    ruled(world.acme, contact_per_day=2, contact_per_week=3)
    maya, ben, text = mailbox(world.acme), mailbox(world.acme, "ben@acme.example"), number(world.acme)
    priya = world.acme.contact(phone="+13035550117", timezone="America/Denver")
    ids = [
        campaign(world.acme, channel, [priya], stream(world.acme))[0]
        for channel in (maya, maya, maya, ben, text)
    ]
    world.work()
    assert states(world.acme, ids).count("sent") == 2
    held = next(one for one in ids if message(world.acme, one).state == "queued")
    told = waiting(world, held)[0]
    assert told.sentence == "The person got 2 of 2 messages today, 2 of 3 messages this week."
    assert told.until == datetime(2026, 3, 4, 7, 0, tzinfo=UTC)
    (answer,) = queue(world.acme, maya, [priya])
    world.work()
    assert message(world.acme, answer).state == "sent"
    # The answer was not asked, but it fills the week: the rest waits for Monday, midnight of Denver after the change of
    # clocks on Sunday.
    clock.advance(at_denver(9, day=4))
    world.work()
    assert states(world.acme, ids).count("sent") == 2
    told = waiting(world, held)[0]
    assert told.until == datetime(2026, 3, 9, 6, 0, tzinfo=UTC)
    clock.advance(timedelta(days=5))
    world.work()
    assert states(world.acme, ids).count("sent") == 4


def test_what_is_being_sent_counts_whenever_it_was_planned(world: World) -> None:
    ruled(world.acme, contact_per_day=1)
    maya, ben = mailbox(world.acme), mailbox(world.acme, "ben@acme.example")
    priya = world.acme.contact()
    old, new = (campaign(world.acme, one, [priya], stream(world.acme))[0] for one in (maya, ben))
    postbox = Postbox()
    seen: list[str] = []

    def meanwhile(number: int) -> None:
        if not seen:
            seen.append("began")
            world.work()  # the other channel tries, while this one writes to the network
            seen.extend(states(world.acme, [old, new]))

    clock.advance(timedelta(days=3))
    postbox.before_each = meanwhile
    with handing_to(postbox):
        world.work()
    assert sorted(seen[1:]) == ["queued", "sending"]
    assert sorted(states(world.acme, [old, new])) == ["queued", "sent"]


def test_last_weeks_messages_and_others_do_not_count(world: World) -> None:
    ruled(world.acme, contact_per_week=1)
    maya = mailbox(world.acme)
    priya, tom = world.acme.contact(), world.acme.contact("Tom Okafor", email="tom@foothill.example")
    got(world.acme, maya, priya, at=datetime(2026, 3, 2, 4, 59, tzinfo=UTC))  # Sunday, 21:59 in Denver
    got(world.acme, maya, tom)
    ids = campaign(world.acme, maya, [priya, tom], stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent", "queued"]
