"""The real engine played forward as fast as it can, and the same campaign simulated: both tell who got what and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from unittest.mock import patch
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from loumass.campaigns.models import Campaign
from loumass.campaigns.simulating.reading import read
from loumass.campaigns.simulating.wishes import Wish
from loumass.core import clock
from loumass.core.agenda import Agenda
from loumass.core.database import db
from loumass.funnels.models import Node
from loumass.funnels.simulating.ledger import Ledger
from loumass.funnels.simulating.people import Person
from loumass.funnels.simulating.posting import Post
from loumass.messages.models import Message
from tests.campaigns.cast import Run

#: (step, contact) -> when the message left.
Letters = dict[tuple[str, UUID], datetime]


class Watching(Ledger):
    """Writes down each message."""

    def __init__(self, home: ZoneInfo) -> None:
        super().__init__(home)
        self.letters: Letters = {}

    def went(self, post: Post, people: Sequence[Person], at: datetime) -> None:
        super().went(post, people, at)
        for person in people:
            assert person.stop is not None
            self.letters[person.stop.node.key, person.contact_id] = at


def simulated(run: Run, **wish: Any) -> Watching:
    """What the simulation says of the campaign as it stands."""
    with run.tenant.acting():
        ready = read(
            Wish(graph_id=db().get_one(Campaign, (run.tenant.id, run.id)).graph_id, **wish), keeps=Watching
        )
    found = ready.simulation.run()
    assert isinstance(found, Watching)
    return found


@contextmanager
def standing_still(at: datetime) -> Iterator[list[datetime]]:
    """A clock that stands until somebody sets it."""
    moment = [at]
    with patch.object(clock, "now", lambda: moment[0]):
        yield moment


def played(run: Run, moment: list[datetime], until: datetime) -> Letters:
    """Let the real engine do everything that becomes due, at the moment when it becomes due."""
    world = run.tenant.world
    world.work(5_000)
    while (due := _next_due(run)) is not None and due <= until:
        moment[0] = max(due, moment[0])
        world.work(5_000)
    keys = _keys(run)
    return {
        (keys[one.node_id], one.contact_id): one.sent_at
        for one in run.messages()
        if one.sent_at and one.node_id and one.contact_id
    }


def _keys(run: Run) -> dict[UUID, str]:
    """Of every step that a message was planned at, also of older versions."""
    with run.tenant.acting() as session:
        planned = select(Message.node_id).where(Message.stream_id == run.id)
        return {
            row.id: row.key for row in session.execute(select(Node.id, Node.key).where(Node.id.in_(planned)))
        }


def _next_due(run: Run) -> datetime | None:
    with run.tenant.acting() as session:
        of = Agenda.organization_id == run.tenant.id
        return session.scalar(select(func.min(Agenda.next_due_at)).where(of))
