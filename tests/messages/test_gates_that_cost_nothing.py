"""Whether there is anything of what few have is asked once for a statement, not once for each message."""

from __future__ import annotations

import re

from sqlalchemy import text

from loumass.core.database import db
from loumass.messages.delivering_windows import Pace, Portion
from loumass.messages.outbox_lease import allowance, take
from tests.messages.sending import campaign, mailbox, people, stream
from tests.world import World


def test_gates_that_few_have_are_asked_once_for_a_window(world: World) -> None:
    box = mailbox(world.acme)
    campaign(world.acme, box, people(world.acme, 40), stream(world.acme))
    with world.acme.acting():
        lease = take(box.id)
        assert lease is not None
        attempt = Portion(lease, allowance(lease, 100), Pace(lease)).attempt()
        *_, (statement, values) = attempt.statements
        explained = text(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {statement}")
        plan = "\n".join(db().execute(explained, values).scalars())
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
