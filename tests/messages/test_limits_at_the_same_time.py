"""Two channels count the same person, or the same brand, at the same time: one waits for the other's commit."""

from __future__ import annotations

import threading
from uuid import UUID

from loumass.channels.models import Channel
from loumass.messages import outbox_lease
from loumass.messages.delivering_windows import Pace, Portion
from tests.messages.limits import branded, ruled, segments_used
from tests.messages.sending import campaign, mailbox, number, states, stream
from tests.messages.test_saying_no_at_the_same_time import Connection
from tests.world import World


def attempted(connection: Connection, channel_id: UUID) -> int:
    """Takes what the channel may send, without a commit; how many messages."""
    lease = connection.do(outbox_lease.take, channel_id)
    assert lease is not None
    portion = Portion(lease, connection.do(outbox_lease.allowance, lease, 100), Pace(lease))
    return len(connection.do(portion.attempt().carry_out).going)


def raced(world: World, channels: list[Channel]) -> list[int]:
    """Both try; the second begins while the first has not committed."""
    first, second = Connection(world.acme), Connection(world.acme)
    found = [attempted(first, channels[0].id)]
    began = threading.Event()

    def tries() -> None:
        began.set()
        found.append(attempted(second, channels[1].id))
        second.do(second.session.commit)

    thread = threading.Thread(target=tries)
    thread.start()
    began.wait()
    thread.join(0.3)
    assert thread.is_alive(), "the second did not wait for the first"
    first.do(first.session.commit)
    thread.join(20)
    assert not thread.is_alive()
    for one in (first, second):
        one.close()
    return found


def test_one_persons_budget(world: World) -> None:
    ruled(world.acme, contact_per_day=1)
    channels = [mailbox(world.acme), mailbox(world.acme, "ben@acme.example")]
    priya = world.acme.contact()
    ids = [campaign(world.acme, one, [priya], stream(world.acme))[0] for one in channels]
    assert raced(world, channels) == [1, 0]
    assert sorted(states(world.acme, ids)) == ["queued", "sending"]


def test_one_brands_segments(world: World) -> None:
    channels = [number(world.acme), number(world.acme, "+13035550101")]
    brand = branded(world.acme, 1, *channels)
    crowd = [
        world.acme.contact(f"P{n}", email=None, phone=f"+1303555020{n}", timezone="America/Denver")
        for n in range(2)
    ]
    ids = [
        campaign(world.acme, channel, [person], stream(world.acme))[0]
        for channel, person in zip(channels, crowd, strict=True)
    ]
    assert raced(world, channels) == [1, 0]
    assert sorted(states(world.acme, ids)) == ["queued", "sending"]
    assert segments_used(world.acme, brand) == 1
