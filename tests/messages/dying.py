"""A process that dies at a chosen point between two steps of a send, its clean-up included."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal

import pytest
from sqlalchemy.orm import Session

from loumass.channels.connecting import open_provider
from loumass.channels.models import Channel
from loumass.core.tenancy import serving, transaction
from loumass.messages import delivering
from loumass.messages.delivering import deliver_slice
from loumass.providers.base import OutgoingMessage, Provider
from loumass.providers.errors import Sent
from tests.world import World

#: The vendor has the draft; all is noted and nothing sent; it was sent and nothing noted; the outcome is written down.
Point = Literal["drafted", "noted", "sent", "written"]


class Killed(BaseException):
    """The process is gone: nothing that catches exceptions catches this."""


@dataclass
class _Dying:
    """The process: after its death nothing of it reaches the database."""

    point: Point
    is_dead: bool = False

    def die(self) -> None:
        """End here."""
        self.is_dead = True
        raise Killed

    def dies_when(self, reached: Point) -> None:
        """End here if this is the point."""
        if self.point == reached:
            self.die()

    def transaction(self) -> AbstractContextManager[Session]:
        """The first thing that a dead process cannot do."""
        if self.is_dead:
            raise Killed
        return transaction()

    def opened(self, channel: Channel) -> Provider:
        """The channel's provider, that dies over its first message."""
        provider = open_provider(channel)
        draft, send = provider.draft, provider.send

        def draft_and_die(one: OutgoingMessage) -> str:
            made = draft(one)
            self.dies_when("drafted")
            return made

        def send_and_die(one: OutgoingMessage) -> Sent:
            self.dies_when("noted")
            sent = send(one)
            self.dies_when("sent")
            return sent

        for name, dying in (("draft", draft_and_die), ("send", send_and_die)):
            setattr(provider, name, dying)
        return provider


def killed_at(world: World, channel: Channel, point: Point) -> None:
    """Deliver what is due on `channel` in a process that dies at `point` of its first message."""
    dying, finish = _Dying(point), delivering._Run._finish

    def finish_and_die(run: delivering._Run) -> None:
        finish(run)
        dying.dies_when("written")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivering, "transaction", dying.transaction)
        patch.setattr(delivering, "open_provider", dying.opened)
        patch.setattr(delivering._Run, "_finish", finish_and_die)
        with serving(world.acme.id), pytest.raises(Killed):
            deliver_slice(channel.id)
