"""A channel is paused, disconnected and removed, and comes back."""

from __future__ import annotations

import pytest

from loumass.channels import connecting
from loumass.channels.models import Channel
from loumass.core.tenancy import get_or_404
from loumass.providers.errors import Disconnected
from tests.channels.connected import sandbox_mailbox, twilio_number
from tests.channels.looking import TWILIO, channels, now, states
from tests.fakes.twilio import NUMBER
from tests.messages.sending import queue
from tests.world import Person, World


def test_pausing_stops_what_is_queued_and_resuming_lets_it_go(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    assert admin.post(f"/channels/{channel.id}/pause").status_code == 302
    queue(world.acme, channel, [world.acme.contact("Anna", email="anna@people.example")])
    world.work()
    assert states(world) == ["queued"]
    assert "Paused by Ada Admin" in admin.get("/channels").text
    assert admin.post(f"/channels/{channel.id}/pause").status_code == 409
    assert admin.post(f"/channels/{channel.id}/resumption").status_code == 302
    world.work()
    assert states(world) == ["sent"]
    assert admin.post(f"/channels/{channel.id}/resumption").status_code == 409


@pytest.mark.usefixtures("twilio")
def test_disconnecting_forgets_the_credentials(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    assert "Keep it" in admin.get(f"/channels/{channel.id}/disconnection").text
    assert now(world.acme, channel).state == "active"
    assert admin.post(f"/channels/{channel.id}/disconnection").status_code == 302
    with world.acme.acting(), pytest.raises(Disconnected):
        connecting.open_provider(get_or_404(Channel, channel.id))
    assert admin.post(f"/channels/{channel.id}/test").status_code == 409
    assert admin.post(f"/channels/{channel.id}/credentials", TWILIO).status_code == 302
    assert now(world.acme, channel).state == "active"


@pytest.mark.usefixtures("twilio")
def test_a_removed_channel_can_come_back_with_its_history(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    assert admin.get(f"/channels/{channel.id}/removal").status_code == 200
    assert admin.post(f"/channels/{channel.id}/removal").status_code == 302
    assert "is removed" in admin.get("/channels").text  # said once
    assert NUMBER not in admin.get("/channels").text
    assert admin.get(f"/channels/{channel.id}").status_code == 404
    assert admin.post("/channels/connect/twilio/sms", TWILIO).status_code == 302
    (back,) = channels(world.acme)
    assert back.id == channel.id
    assert (back.archived_at, back.state) == (None, "active")


def test_what_waits_for_a_removed_channel_is_cancelled(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    admin.post(f"/channels/{channel.id}/pause")
    queue(world.acme, channel, [world.acme.contact("Anna", email="anna@people.example")])
    world.work()
    assert "1 message waits" in admin.get(f"/channels/{channel.id}/removal").text
    admin.post(f"/channels/{channel.id}/removal")
    world.work()
    assert states(world) == ["cancelled"]
