"""A message that waits says why, and the claim does as the page says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest

from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages import gates_waiting
from loumass.messages.gates import CHANNEL_GATES, COUNTED_GATES, GATES, RESTING_GATES
from loumass.messages.models import Stream
from loumass.messages.service import (
    why_wait,
)
from tests.messages.gates import at_denver, closed, deleted, suppressed, waiting, withdrawn
from tests.messages.gates_rare import RARE
from tests.messages.limits import branded, got, resting, ruled
from tests.messages.sending import (
    campaign,
    changed,
    mailbox,
    message,
    number,
    people,
    queue,
    stream,
)
from tests.world import World


def arranged(world: World, gate: str) -> UUID:
    """A queued message that `gate` refuses, and nothing else."""
    channel = number(world.acme) if gate in ("quiet_hours", "segments") else mailbox(world.acme)
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
        "day_off": lambda: (
            changed(world.acme, channel, skips_days_off=True),
            resting(world.acme, clock.now().date()),
        ),
        "window": lambda: changed(world.acme, channel, window_from=60, window_until=120),
        "segments": lambda: branded(world.acme, 0, channel),
        "frequency": lambda: (ruled(world.acme, contact_per_day=1), got(world.acme, channel, person)),
    }
    if gate in RARE:
        RARE[gate](world, person, run)
    else:
        change[gate]()
    return message_id


def _stream(world: World, stream_id: UUID) -> Stream:
    with world.acme.acting():
        return get_or_404(Stream, stream_id)


# Those of voicemail alone: tests/voicemail/test_voices.py.
@pytest.mark.parametrize("gate", [gate.name for gate in GATES if not gate.medium])
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
    assert {*RESTING_GATES, *CHANNEL_GATES, *COUNTED_GATES} == set(GATES)
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
