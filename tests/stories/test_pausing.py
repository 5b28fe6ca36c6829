"""A pause stops what is queued; going on and publishing again flood nobody."""

from __future__ import annotations

from tests.stories.cast import Bdr
from tests.stories.looking import channel, people_in, sends
from tests.stories.sample import MAILED
from tests.world import World


def test_a_pause_stops_what_is_queued_already_and_going_on_asks(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    mailbox = channel(listed, "Rosa's mailbox").path
    listed.get(mailbox).send("/pause")
    listed.launches(campaign)
    world.work()
    listed.get(campaign.path).send("/pause")
    listed.get(mailbox).send("/resumption")
    world.later(hours=5)
    assert vendors.letters == []
    asked = listed.get(campaign.path).send("/resume")
    assert "became due while it was paused" in asked.text
    assert vendors.letters == []
    asked.send("/resume", "Resume campaign", what="spread", hours="11")
    world.later(minutes=5)
    assert 0 < len(vendors.letters) < MAILED / 2
    for _ in range(13):
        world.later(hours=1)
    assert len(sends(listed)) == len(vendors.letters) == MAILED


def test_past_due_steps_may_be_skipped_or_ended(world: World, listed: Bdr) -> None:
    for choice, ends in (("skip", False), ("end", True)):
        campaign = listed.runs("Dinner invitation", f"Dinner, {choice}")
        listed.get(campaign.path).send("/pause")
        world.later(days=4)
        before = len(listed.vendors.letters)
        listed.get(campaign.path).send("/resume").send("/resume", "Resume campaign", what=choice)
        world.later(minutes=5)
        assert len(listed.vendors.letters) == before
        assert ("Finished" in listed.get(campaign.path).text) == ends
        assert all(row["Why"] for row in people_in(listed, campaign).values())


def test_publishing_the_template_again_touches_no_running_campaign(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    draft = listed.get("/templates").follow("Dinner invitation").follow("Outline")
    draft.send("/steps", "Add step", kind="email_send")
    world.later(days=1)
    assert len(listed.vendors.letters) == MAILED
    world.later(days=2, minutes=5)
    assert len(listed.vendors.letters) == 2 * MAILED
