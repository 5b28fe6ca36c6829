"""Nobody is written to after they said no, nor at night; and a message that waits says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.contacts.suppression import lift_address, record_consent, suppress
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages import gates_waiting
from loumass.messages.gates import CHANNEL_GATES, GATES, MESSAGE_GATES
from loumass.messages.models import Stream
from loumass.messages.service import (
    Waiting,
    close_stream,
    past_due,
    pause_stream,
    resume_stream,
    ring_channels,
    why_wait,
)
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    events,
    handing_to,
    mailbox,
    message,
    number,
    people,
    queue,
    states,
    stream,
    used_today,
)
from tests.world import World


def waiting(world: World, message_id: UUID) -> list[Waiting]:
    with world.acme.acting():
        return why_wait([message_id]).get(message_id, [])


def at_denver(hour: int, minute: int = 0, day: int = 3) -> timedelta:
    """From the world's beginning (9:00 in Denver, 16:00 UTC) to that time of that day of March 2026."""
    return (
        datetime(2026, 3, day, hour, minute, tzinfo=UTC)
        + timedelta(hours=7)
        - datetime(2026, 3, 3, 16, tzinfo=UTC)
    )


# What ends a message for good


def suppressed(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        suppress("email", [contact.email or ""], "unsubscribed")
        session.commit()


def deleted(world: World, contact: Contact, stream_id: UUID) -> None:
    changed(world.acme, contact, archived_at=clock.now())


def erased(world: World, contact: Contact, stream_id: UUID) -> None:
    changed(world.acme, contact, erased_at=clock.now())


def withdrawn(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        record_consent(contact, "email", is_granted=True, source="form")
        record_consent(contact, "email", is_granted=False, source="said so")
        session.commit()


def closed(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        get_or_404(Stream, stream_id).closed_at = clock.now()
        session.commit()


@pytest.mark.parametrize(
    ("happened", "code"),
    [
        (suppressed, "suppressed"),
        (deleted, "contact_archived"),
        (erased, "contact_archived"),
        (withdrawn, "no_consent"),
        (closed, "campaign_closed"),
    ],
)
def test_what_happened_after_planning_ends_the_message(
    world: World, happened: Callable[[World, Contact, UUID], None], code: str
) -> None:
    maya, priya, run = mailbox(world.acme), world.acme.contact(), stream(world.acme)
    (message_id,) = campaign(world.acme, maya, [priya], run)
    happened(world, priya, run)
    world.work()
    found = message(world.acme, message_id)
    assert (found.state, found.reason_code, found.attempted_at) == ("cancelled", code, None)
    assert found.reason
    (fact,) = events(world.acme, "message.cancelled")
    assert (fact.message_id, fact.facts) == (message_id, {"reason": code})
    assert used_today(world.acme, maya) == 0


def test_an_opt_out_between_claim_and_attempt_is_still_honoured(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme), people(world.acme, 10), Postbox()
    run = stream(world.acme)

    def opt_out(sent_before: int) -> None:
        if sent_before == 0:
            with world.acme.acting() as session:
                suppress("email", [crowd[9].email or ""], "unsubscribed")
                session.commit()

    postbox.before_each = opt_out
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, run)
        world.work()
    assert states(world.acme, ids) == ["sent"] * 9 + ["cancelled"]
    assert used_today(world.acme, maya) == 9


def test_a_pause_stops_what_was_claimed_already(world: World) -> None:
    maya, crowd, postbox, run = mailbox(world.acme), people(world.acme, 12), Postbox(), stream(world.acme)

    def pause(sent_before: int) -> None:
        if sent_before == 2:
            with world.acme.acting() as session:
                pause_stream(run)
                session.commit()

    postbox.before_each = pause
    with handing_to(postbox):
        ids = campaign(world.acme, maya, crowd, run)
        world.work()
        assert len(postbox.taken) == 5
        assert states(world.acme, ids)[5:] == ["queued"] * 7
        with world.acme.acting() as session:
            held = past_due(run)
            assert held.count == 7
            resume_stream(run)
            session.commit()
        world.work()
    assert states(world.acme, ids) == ["sent"] * 12
    assert len({one.id for one in postbox.taken}) == len(postbox.taken) == 12


def test_a_long_pause_can_be_resumed_without_its_past(world: World) -> None:
    maya, crowd, run = mailbox(world.acme), people(world.acme, 3), stream(world.acme)
    with world.acme.acting() as session:
        pause_stream(run)
        session.commit()
    ids = campaign(world.acme, maya, crowd[:2], run)
    (later_id,) = campaign(world.acme, maya, crowd[2:], run, due_at=clock.now() + timedelta(days=30))
    world.later(days=10)
    with world.acme.acting() as session:
        held = past_due(run)
        assert held.count == 2
        assert held.oldest_at is not None
        assert clock.now() - held.oldest_at > timedelta(days=9)
        resume_stream(run, drops_past_due=True)
        session.commit()
    world.work()
    assert states(world.acme, ids) == ["cancelled", "cancelled"]
    assert message(world.acme, ids[0]).reason_code == "past_due"
    assert message(world.acme, later_id).state in ("queued", "sent")


def test_closing_a_stream_takes_everything_back(world: World) -> None:
    maya, crowd, run = mailbox(world.acme), people(world.acme, 3), stream(world.acme)
    ids = campaign(world.acme, maya, crowd, run, due_at=clock.now() + timedelta(days=1))
    with world.acme.acting() as session:
        assert close_stream(run) == 3
        session.commit()
    world.later(days=2)
    assert states(world.acme, ids) == ["cancelled"] * 3
    assert len(events(world.acme, "message.cancelled")) == 3


# What makes a message wait


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


def test_the_daily_cap_holds_campaigns_until_tomorrow_and_lets_people_answer(world: World) -> None:
    maya, crowd = mailbox(world.acme, daily_cap=3), people(world.acme, 5)
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    world.work()
    assert states(world.acme, ids) == ["sent"] * 3 + ["queued"] * 2
    (answer,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    assert message(world.acme, answer).state == "sent"
    (told,) = waiting(world, ids[4])
    assert (told.gate, told.until) == ("daily_cap", datetime(2026, 3, 4, 7, 0, tzinfo=UTC))
    assert "3 messages of today" in told.sentence
    world.later(hours=14, minutes=59)
    assert states(world.acme, ids)[3:] == ["queued"] * 2
    world.later(minutes=2)
    assert states(world.acme, ids) == ["sent"] * 5


def test_a_minimum_gap_lies_between_any_two_messages(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme, minimum_gap_seconds=90), people(world.acme, 4), Postbox()
    with handing_to(postbox):
        campaign(world.acme, maya, crowd, stream(world.acme))
        world.work()
        assert len(postbox.taken) == 1
        for _ in range(40):
            world.later(seconds=10)
    gaps = [after - before for before, after in zip(postbox.taken_at, postbox.taken_at[1:], strict=False)]
    assert len(gaps) == 3
    assert min(gaps) >= timedelta(seconds=90)


def test_the_rate_per_minute_is_kept_over_any_minute(world: World) -> None:
    maya, crowd, postbox = mailbox(world.acme, per_minute=12), people(world.acme, 40), Postbox()
    with handing_to(postbox):
        campaign(world.acme, maya, crowd, stream(world.acme))
        world.work()
        for _ in range(120):
            world.later(seconds=2)
    assert len(postbox.taken) == 40
    for begin in postbox.taken_at:
        within = [at for at in postbox.taken_at if begin <= at < begin + timedelta(seconds=60)]
        assert len(within) <= 12 + 2  # a burst at either end of the minute


def test_a_paused_channel_sends_nothing_and_says_so(world: World) -> None:
    maya = mailbox(world.acme)
    changed(world.acme, maya, state="paused")
    (message_id,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    (told,) = waiting(world, message_id)
    assert (told.gate, told.sentence, told.until) == ("channel_paused", "maya@acme.example is paused.", None)
    changed(world.acme, maya, state="active")
    with world.acme.acting() as session:
        ring_channels([maya.id])
        session.commit()
    world.work()
    assert message(world.acme, message_id).state == "sent"


# The gates and the words are one thing


def arranged(world: World, gate: str) -> UUID:
    """A queued message that `gate` refuses, and nothing else."""
    channel = number(world.acme) if gate == "quiet_hours" else mailbox(world.acme)
    person = world.acme.contact(phone="+13035550117", timezone="America/Denver")
    run = stream(world.acme)
    (message_id,) = campaign(world.acme, channel, [person], run)
    world.bell.rings.clear()
    rest = {
        "resting_until": clock.now() + timedelta(hours=1),
        "resting_because": "the provider asked for it.",
    }
    change: dict[str, Callable[[], object]] = {
        "suppressed": lambda: suppressed(world, person, run),
        "contact_archived": lambda: deleted(world, person, run),
        "no_consent": lambda: withdrawn(world, person, run),
        "campaign_closed": lambda: closed(world, person, run),
        "campaign_paused": lambda: changed(world.acme, _stream(world, run), paused_at=clock.now()),
        "channel_removed": lambda: changed(world.acme, channel, archived_at=clock.now()),
        "channel_paused": lambda: changed(world.acme, channel, state="paused"),
        "channel_disconnected": lambda: changed(
            world.acme, channel, state="disconnected", state_reason="No password."
        ),
        "channel_resting": lambda: changed(world.acme, channel, **rest),
        "daily_cap": lambda: changed(world.acme, channel, daily_cap=0),
        "quiet_hours": lambda: clock.advance(at_denver(3, day=4)),
        "window": lambda: changed(world.acme, channel, window_from=60, window_until=120),
    }
    change[gate]()
    return message_id


def _stream(world: World, stream_id: UUID) -> Stream:
    with world.acme.acting():
        return get_or_404(Stream, stream_id)


@pytest.mark.parametrize("gate", [gate.name for gate in GATES])
def test_what_a_page_says_is_what_the_claim_does(world: World, gate: str) -> None:
    message_id = arranged(world, gate)
    told = waiting(world, message_id)[0]
    assert told.gate == gate
    assert told.sentence.endswith(".")
    assert "{" not in told.sentence
    world.work()
    found = message(world.acme, message_id)
    chosen = next(one for one in GATES if one.name == gate)
    if chosen.ends:
        assert (found.state, found.reason_code, found.reason) == ("cancelled", gate, chosen.sentence)
    else:
        assert (found.state, found.attempted_at) == ("queued", None)
        if not chosen.is_channels:
            assert (found.waiting_for, found.due_at) == (gate, told.until)


def test_every_gate_is_either_the_messages_or_the_channels() -> None:
    assert set(MESSAGE_GATES) | set(CHANNEL_GATES) == set(GATES)
    assert not any(gate.ends and gate.is_channels for gate in GATES)


def test_an_open_message_says_how_many_go_before_it(world: World) -> None:
    maya, crowd = mailbox(world.acme), people(world.acme, 3)
    ids = campaign(world.acme, maya, crowd, stream(world.acme))
    (later_id,) = campaign(
        world.acme, maya, crowd[:1], stream(world.acme), due_at=clock.now() + timedelta(days=1)
    )
    assert [waiting(world, one)[0].sentence for one in ids] == [
        "It goes next.", "One message goes before it.", "2 messages go before it.",
    ]  # fmt: skip
    (told,) = waiting(world, later_id)
    assert (told.gate, told.sentence) == ("planned", "Planned for its time.")


def test_the_queue_of_every_channel_is_counted_once_for_all_who_ask(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    maya, ben = mailbox(world.acme), mailbox(world.acme, "ben@acme.example")
    crowd = people(world.acme, 4)
    first = campaign(world.acme, maya, crowd, stream(world.acme))
    second = campaign(world.acme, ben, crowd[:2], stream(world.acme))
    with world.acme.acting():
        told = {one: found[0].sentence for one, found in why_wait([*first, *second]).items()}
    assert [told[one] for one in first] == [
        "It goes next.", "One message goes before it.", "2 messages go before it.", "3 messages go before it.",
    ]  # fmt: skip
    assert [told[one] for one in second] == ["It goes next.", "One message goes before it."]
    monkeypatch.setattr(gates_waiting, "COUNTED", 2)
    assert [waiting(world, one)[0].sentence for one in first[1:3]] == [
        "One message goes before it.", "More than 2 messages go before it.",
    ]  # fmt: skip


def test_globex_cannot_ask_about_it(world: World) -> None:
    (message_id,) = queue(world.acme, mailbox(world.acme), [world.acme.contact()])
    with world.globex.acting():
        assert why_wait([message_id]) == {}


def test_a_person_who_comes_back_is_written_to_again(world: World) -> None:
    maya, priya = mailbox(world.acme), world.acme.contact()
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "unsubscribed")
        session.commit()
    (first,) = queue(world.acme, maya, [priya])
    world.work()
    with world.acme.acting() as session:
        lift_address("email", "priya@foothill.example", "asked for it")
        session.commit()
    (second,) = queue(world.acme, maya, [priya])
    world.work()
    assert states(world.acme, [first, second]) == ["cancelled", "sent"]


def test_refused_rows_are_not_looked_at_again_before_their_time(world: World) -> None:
    maya = mailbox(world.acme, window_from=13 * 60, window_until=14 * 60)
    campaign(world.acme, maya, people(world.acme, 20), stream(world.acme))
    assert world.work() < 10
    assert world.later(hours=1) < 10
    with world.acme.acting():
        assert get_or_404(Channel, maya.id).lease_token is None
