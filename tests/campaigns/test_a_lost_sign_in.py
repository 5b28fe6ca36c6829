"""A sign-in is taken away in the middle of a campaign: that mailbox stops with its own people, the pool carries on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

from loumass.channels.connecting import Checked
from loumass.channels.models import Channel
from loumass.channels.service import reconnect
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.providers.gmail.client import Gmail
from loumass.providers.gmail.credentials import GmailCredentials
from tests.campaigns.test_pools import pooled, start
from tests.channels.connected import connected, loopback
from tests.fakes.google import FakeGoogle
from tests.fakes.graph import FakeGraph
from tests.world import World

BEN = "ben@acme.example"


@pytest.fixture
def vendors() -> Iterator[tuple[FakeGoogle, FakeGraph]]:
    with FakeGoogle() as google, FakeGraph(now=clock.now, address=BEN) as graph:
        google.now = lambda: clock.now().timestamp()
        with loopback(base_urls={**google.base_urls, **graph.base_urls}, timeout=5.0):
            yield google, graph


def standing(world: World, channel: Channel) -> str:
    with world.acme.acting():
        return get_or_404(Channel, channel.id).state


def test_a_sign_in_taken_away_stops_one_mailbox_and_the_pool_carries_on(
    world: World, vendors: tuple[FakeGoogle, FakeGraph]
) -> None:
    google, graph = vendors
    maya = connected(world.acme, "gmail", "email", **google.signed_in())
    ben = connected(world.acme, "outlook", "email", **graph.credentials())
    run, crowd = pooled(world, [maya, ben], 10)
    world.work()
    first = {one.contact_id: one.channel_id for one in run.messages()}
    assert Counter(first.values()) == {maya.id: 5, ben.id: 5}
    google.revoke()
    world.later(days=3, hours=1)
    assert (standing(world, maya), standing(world, ben)) == ("disconnected", "active")
    assert Counter((one.channel_id, one.state) for one in run.messages()) == {
        (maya.id, "sent"): 5, (maya.id, "queued"): 5, (ben.id, "sent"): 10,
    }  # fmt: skip
    late = world.acme.contact("Late Silent", email="late.silent@r.example")
    run.add(late)
    start(run)
    world.work()
    assert [(one.channel_id, one.state) for one in run.messages(late)] == [(ben.id, "sent")]
    page = world.acme.member.get(f"/campaigns/{run.id}").text
    assert "is disconnected: The sign-in at Google has ended" in page
    # Signed in again, its own people get their second letter, in the thread of the first, once.
    again = GmailCredentials.model_validate(google.signed_in())
    with world.acme.acting() as session:
        reconnect(get_or_404(Channel, maya.id), Gmail, again, Checked(True, "It works.", {}, again))
        session.commit()
    world.later(hours=1)
    assert standing(world, maya) == "active"
    everybody = [*google.sent, *graph.sent]
    assert Counter(one.to for one in everybody) == {**{one.email: 2 for one in crowd}, late.email: 1}
    assert {one.contact_id: one.channel_id for one in run.messages() if one.contact_id != late.id} == first
