"""People come into a campaign from a source, with a forecast and in slices."""

from __future__ import annotations

import pytest

from loumass.contacts.models import ContactTag, Tag
from loumass.core.ids import uuid7
from tests.campaigns.cast import drafted, step, text_to
from tests.campaigns.reading import FOLLOW_UP, words
from tests.world import World


def test_people_come_from_a_tag_with_a_forecast_and_a_count_of_who_stayed_out(world: World) -> None:
    run = drafted(world.acme, [text_to("hello"), step("done", "end")])
    reached = world.acme.contact("Luis Ortega", email=None, phone="+13035550142")
    people = [
        world.acme.contact(),
        reached,
        world.acme.contact("Gone Away", email="g@a.example", archived_at=world.begins_at),
    ]
    with world.acme.acting() as session:
        tag = Tag(id=uuid7(), name="Guests")
        session.add(tag)
        session.flush()
        session.add_all(ContactTag(contact_id=one.id, tag_id=tag.id) for one in people)
        session.commit()
    url = f"/campaigns/{run.id}/people"
    text = words(world.acme.member.get(f"{url}/new?tag={tag.id}"))
    assert "Add the tag “Guests”?" in text
    assert "Not to be reached (no address, or suppressed)1 person" in text.replace(") 1", ")1")
    assert run.all() == []
    world.acme.member.post(url, {"tag": str(tag.id)})
    assert [one.contact_id for one in run.all()] == [reached.id]
    world.acme.member.post(url, {"tag": str(tag.id)})
    assert len(run.all()) == 1


def test_a_large_source_enters_in_slices(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from loumass.campaigns import enrolling

    monkeypatch.setattr(enrolling, "SLICE", 2)
    run = drafted(world.acme, FOLLOW_UP)
    people = [world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(5)]
    world.acme.member.post(f"/campaigns/{run.id}/people", {"everyone": "1"})
    assert len(run.all()) == 2
    world.work()
    assert {one.contact_id for one in run.all()} == {one.id for one in people}
