"""A local hour stays that hour over the change of summer time."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.stories.cast import Bdr
from tests.stories.funnels import funnel, step
from tests.stories.sample import DENVER, MAILED
from tests.world import World


def test_a_local_hour_stays_that_hour_over_the_change_of_summer_time(world: World, listed: Bdr) -> None:
    morning = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "opens": "08:30", "closes": "08:45"}
    listed.imports_template(
        funnel(
            "Mornings",
            step("first", "email_send", subject="First", text="One"),
            step("till-morning", "wait", "Next morning", amount=3, unit="days", after="sent", **morning),
            step("second", "email_send", subject="Second", text="Two"),
            step("over", "end"),
        )
    )
    world.later(days=2)  # Thursday 9:00; the clocks change on Sunday
    listed.runs("Mornings", "Over the change")
    world.later(days=3, hours=22)  # Monday 8:00
    assert len(listed.vendors.letters) == MAILED
    for _ in range(9):
        world.later(minutes=5)
    sent = [
        datetime.strptime(str(mail["Date"]), "%a, %d %b %Y %H:%M:%S %z").astimezone(DENVER)
        for mail in listed.vendors.letters
        if mail["Subject"] == "Second"
    ]
    assert len(sent) == MAILED
    assert all((8, 30) <= (moment.hour, moment.minute) <= (8, 36) for moment in sent)
    assert all(moment.utcoffset() == timedelta(hours=-6) for moment in sent)
