"""Who says no in the middle gets no next step, not even one that is queued."""

from __future__ import annotations

from urllib.parse import urlsplit

from tests.stories.cast import Bdr
from tests.stories.looking import channel
from tests.stories.sample import GRACE, PRIYA, TOM
from tests.world import World


def test_an_unsubscribe_stops_what_is_queued_for_the_person(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    mailbox = channel(listed, "Rosa's mailbox").path
    listed.get(mailbox).send("/pause")
    world.later(days=3, minutes=5)
    way_out = urlsplit(str(listed.vendors.letters_to(GRACE)[0]["List-Unsubscribe"]).strip("<>")).path
    world.stranger().post(way_out, data={"List-Unsubscribe": "One-Click"})
    listed.get(mailbox).send("/resumption")
    world.later(minutes=5)
    assert len(listed.vendors.letters_to(GRACE)) == 1
    assert len(listed.vendors.letters_to(PRIYA)) == 2
    assert listed.enrollment(GRACE).reason == "opted_out"


def test_an_address_barred_by_hand_is_left_alone_from_then_on(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    listed.get(f"/contacts/{listed.contact(TOM).id}/stop").send("/stop")
    for _ in range(3):
        world.later(days=3)
    assert len(listed.vendors.letters_to(TOM)) == 1
    assert listed.vendors.texts_to("+13035550102") == []
    assert len(listed.vendors.letters_to(PRIYA)) == 2
