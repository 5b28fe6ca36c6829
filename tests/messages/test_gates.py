"""Nobody is written to after they said no, nor at night; and a message that waits says why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.contacts.suppression import lift_address, suppress
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages.service import (
    close_stream,
    past_due,
    pause_stream,
    resume_stream,
)
from tests.messages.gates import closed, deleted, suppressed, withdrawn
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    events,
    handing_to,
    mailbox,
    message,
    people,
    queue,
    states,
    stream,
    used_today,
)
from tests.world import World


def erased(world: World, contact: Contact, stream_id: UUID) -> None:
    changed(world.acme, contact, erased_at=clock.now())


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
