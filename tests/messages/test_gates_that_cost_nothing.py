"""Whether there is anything of what few have is asked once for a statement, not once for each message."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.core.database import db
from loumass.messages.delivering_windows import Pace, Portion
from loumass.messages.outbox_lease import allowance, take
from tests.messages.limits import resting
from tests.messages.sending import campaign, mailbox, people, stream
from tests.world import World


def test_days_off_are_read_once_for_a_window_of_a_channel_that_skips_them(world: World) -> None:
    box = mailbox(world.acme, skips_days_off=True)
    resting(world.acme, date(2026, 11, 26))
    campaign(world.acme, box, people(world.acme, 40), stream(world.acme))
    asked = re.findall(r"on day_off d\w* .*?\(actual rows=\S+ loops=(\d+)\)", _plan_of(world, box))
    assert asked
    assert set(asked) == {"1"}


def test_gates_that_few_have_are_asked_once_for_a_window(world: World) -> None:
    box = mailbox(world.acme)
    campaign(world.acme, box, people(world.acme, 40), stream(world.acme))
    plan = _plan_of(world, box)
    assert "day_off" not in plan
    for table, alias in (("suppression", "s"), ("opt_out_proposal", "p"), ("domain_brake", "d")):
        asked = re.findall(rf"on {table} {alias} .*?\(actual rows=\S+ loops=(\d+)\)", plan)
        assert asked, table
        assert set(asked) <= {"1"}, (table, asked)
    # None of them has one: no message is looked at for them.
    for table, alias in (
        ("suppression", "sp"),
        ("opt_out_proposal", "o"),
        ("domain_brake", "b"),
        ("topic_refusal", "tr"),
    ):
        looked = re.findall(rf"on {table} {alias} .*?loops=(\d+)\)", plan)
        assert set(looked) <= {"0"}, (table, looked)


def _plan_of(world: World, box: Channel) -> str:
    with world.acme.acting():
        lease = take(box.id)
        assert lease is not None
        attempt = Portion(lease, allowance(lease, 100), Pace(lease)).attempt()
        *_, (statement, values) = attempt.statements
        explained = text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}")
        return "\n".join(db().execute(explained, values).scalars())
