"""Pause and resume, two workers at once, or entering again: nobody gets a message a second time."""

from __future__ import annotations

import threading
from datetime import timedelta

from sqlalchemy import select

from loumass.campaigns.models import Enrollment, Step
from loumass.core import clock, jobs
from tests.stories.cast import Bdr
from tests.stories.looking import sends
from tests.stories.sample import EVERYBODY, MAILED, PRIYA
from tests.world import World


def test_pausing_and_resuming_goes_on_where_everybody_stood(world: World, listed: Bdr) -> None:
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    for _ in range(3):
        listed.get(campaign.path).send("/pause")
        world.later(minutes=20)
        listed.get(campaign.path).send("/resume")
        world.work()
    world.later(days=3, minutes=5)
    assert len(sends(listed)) == 2 * MAILED
    assert set(sends(listed).values()) == {1}
    with listed.acting() as session:
        visits = session.execute(select(Step.enrollment_id, Step.node_id)).all()
    assert len(visits) == len(set(visits))


def test_workers_that_do_the_same_at_the_same_time_send_once(world: World, listed: Bdr) -> None:
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    listed.launches(campaign)
    for _ in range(12):
        world._ring_due()
        rings = list(world.bell.rings)
        pairs = [threading.Thread(target=_do, args=(ring,)) for ring in rings for _ in range(2)]
        for thread in pairs:
            thread.start()
        for thread in pairs:
            thread.join(60)
        clock.advance(timedelta(seconds=3))
    world.work()
    assert len(sends(listed)) == MAILED
    assert set(sends(listed).values()) == {1}


def _do(ring: jobs.Ring) -> None:
    jobs.run(ring.job, str(ring.organization_id), ring.key)


def test_nobody_walks_the_same_campaign_twice_at_once(world: World, listed: Bdr) -> None:
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    again = listed.get(campaign.path).follow("Add people").follow("Everybody")
    assert f"Inside already {EVERYBODY} people" in again.text
    contact = listed.contact(PRIYA)
    forced = again.browser.ask(
        "POST", f"{campaign.path}/people", [("ids", str(contact.id)), ("ids", str(contact.id))]
    )
    assert "0 people added to Spring dinner. Left out: 1 inside already." in forced.text
    world.later(days=3, minutes=5)
    assert set(sends(listed).values()) == {1}
    world.later(days=3)
    world.later(days=4)
    assert listed.enrollment(PRIYA).state == "ended"
    forecast = listed.get(campaign.path).follow("Add people").follow("Everybody")
    forecast.send("/people", f"Add {EVERYBODY} people")
    world.work()
    with listed.acting() as session:
        states = session.scalars(select(Enrollment.state).where(Enrollment.contact_id == contact.id)).all()
    assert sorted(states) == ["ended", "waiting"]
