"""Pausing, resuming and cancelling on the pages: what is past due is listed and asked about."""

from __future__ import annotations

from tests.campaigns.cast import running
from tests.campaigns.reading import FOLLOW_UP, page, words
from tests.world import World


def test_pausing_and_resuming_from_the_page_asks_what_becomes_of_the_past_due(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    url = f"/campaigns/{run.id}"
    world.acme.member.post(f"{url}/pause")
    assert "Paused since" in words(world.acme.member.get(url))
    world.later(days=5)
    assert world.acme.member.post(f"{url}/resume").headers["Location"] == f"{url}/resume"
    text = words(world.acme.member.get(f"{url}/resume"))
    assert "1 person became due while it was paused" in text
    assert "Pause" in text
    assert world.acme.member.post(f"{url}/resume", {"what": "flood"}).status_code == 422
    assert run.now().state == "paused"
    world.acme.member.post(f"{url}/resume", {"what": "skip"})
    world.work()
    assert run.at(priya) == "ended: finished"
    assert len(run.messages()) == 1


def test_who_is_past_due_can_be_listed_before_anything_is_decided(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    run.add(marcus)
    world.work()
    world.acme.member.post(f"/campaigns/{run.id}/pause")
    world.later(days=5)
    nina = world.acme.contact("Nina Petrov", email="nina@lofts.example")
    run.add(nina)
    asked = page(world.acme.member.get(f"/campaigns/{run.id}/resume"))
    links = asked.xpath("//main//a[contains(@href, 'past_due')]/@href")
    listed = [_people_on(world, link) for link in links]
    assert listed == [{"Priya Raman", "Marcus Bell"}, {"Marcus Bell"}, {"Priya Raman"}]


def _people_on(world: World, link: str) -> set[str]:
    rows = page(world.acme.member.get(link)).xpath("//tr[@data-live-row]//*[contains(@class, 'person')]//a")
    return {" ".join(row.text_content().split()) for row in rows}


def test_cancelling_asks_with_the_number(world: World) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    url = f"/campaigns/{run.id}/cancellation"
    assert "1 person is still inside" in words(world.acme.member.get(url))
    world.acme.member.post(url)
    assert run.now().state == "cancelled"
