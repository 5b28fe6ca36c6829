"""Nobody is forgotten: every number adds up to people who can be listed, each once."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from loumass.messages.models import Message
from tests.stories.browsing import Page
from tests.stories.cast import Bdr
from tests.stories.letters import reply_to
from tests.stories.looking import people_in
from tests.stories.sample import EVERYBODY, PRIYA, TOM
from tests.world import World


def test_every_number_of_a_campaign_adds_up_to_people_who_can_be_listed(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.smtp.on_recipient[TOM] = "550 5.1.1 nobody of that name"
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Yes"))
    for _ in range(4):
        world.later(days=4)
    page = listed.get(campaign.path)
    assert "Finished" in page.text
    assert f"{EVERYBODY} enrolled" in page.text
    assert f"Left so far: {EVERYBODY} people" in page.text
    rows = people_in(listed, campaign).values()
    assert len(rows) == EVERYBODY
    assert all(row["State"] == "ended" and row["Why"] for row in rows)
    for link in page.links("reason="):
        listed_there = listed.get(link)
        assert "Nobody matches" not in listed_there.text
    assert listed.enrollment(TOM).reason == "bounced"
    assert listed.enrollment(PRIYA).reason == "replied"
    with listed.acting() as session:
        states = Counter(session.scalars(select(Message.state).where(Message.direction == "out")))
    assert set(states) == {"sent", "failed"}


def test_lists_of_people_with_equal_times_show_everybody_once_on_their_pages(
    world: World, listed: Bdr
) -> None:
    rows = "".join(f"Same,Time{number:03},same{number}@list.example\n" for number in range(130))
    listed.imports("more.csv", f"First name,Last name,Email\n{rows}".encode())
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    for start in (campaign.path, "/contacts", "/inbox?view=everything"):
        names: list[str] = []
        page: Page | None = listed.get(start)
        while page is not None:
            links = page.tree.xpath(
                "//main//a[starts-with(@href, '/contacts/') or starts-with(@href, '/inbox/')]"
            )
            names += [
                " ".join(link.itertext()).strip() for link in links if "Same" in "".join(link.itertext())
            ]
            following = [one for one in page.links("after=") if "after=" in one]
            page = listed.get(following[0]) if following else None
        assert Counter(names) == Counter(f"Same Time{number:03}" for number in range(130)), start
