"""What a person decides about people in a campaign, one by one and for all who match."""

from __future__ import annotations

from loumass.campaigns.models import Campaign
from loumass.core.ids import uuid7
from tests.campaigns.cast import Run, graph, running
from tests.campaigns.reading import FOLLOW_UP, words
from tests.world import World


def test_status_hold_continue_and_end_by_hand(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya, marcus)
    run.told()
    url, one = f"/campaigns/{run.id}", {"ids": [str(run.of(priya).id)]}
    world.acme.member.post(f"{url}/people/status", one | {"status": "Received RSVP"})
    assert run.of(priya).status == "Received RSVP"
    world.acme.member.post(f"{url}/people/hold", one)
    assert "Held by Ben Bdr" in words(world.acme.member.get(url))
    world.later(days=9)
    assert (run.at(priya), run.at(marcus)) == ("pause", "again")
    world.acme.member.post(f"{url}/people/release", one)
    world.work()
    assert run.at(priya) == "again"
    asked = world.acme.member.post(f"{url}/people/end", one)
    assert "End Broker Night for 1 person?" in words(asked)
    assert run.at(priya) == "again"
    world.acme.member.post(f"{url}/people/end", one | {"is_sure": "1"})
    assert run.at(priya) == "ended: by_hand"
    assert {message.state for message in run.messages(priya)} == {"sent", "cancelled"}


def test_everything_means_everybody_who_matches(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya, marcus)
    run.told(only=priya)
    world.acme.member.post(
        f"/campaigns/{run.id}/people/status?status=Messaged", {"everything": "1", "status": "Attended"}
    )
    assert (run.of(priya).status, run.of(marcus).status) == ("Attended", "No Activity")


def test_nobody_chosen_and_people_of_another_campaign_are_refused(world: World) -> None:
    priya = world.acme.contact()
    run, other = running(world.acme, FOLLOW_UP, priya), _other(world)
    for data in ({}, {"ids": ["nonsense"]}, {"ids": [str(other.all()[0].id)]}):
        answer = world.acme.member.post(f"/campaigns/{run.id}/people/status", data | {"status": "Attended"})
        assert answer.status_code == 422
    assert other.all()[0].status == "No Activity"


def _other(world: World) -> Run:
    """Another campaign of Acme with somebody in it, on the same channels."""
    from loumass.campaigns.enrolling import enroll
    from loumass.messages.models import Stream

    contact = world.acme.contact("Luis Ortega", email="luis@mile.example")
    with world.acme.acting() as session:
        graph_id, nodes = graph(session, FOLLOW_UP)
        campaign_id = uuid7()
        session.add(Stream(id=campaign_id))
        session.flush()
        session.add(Campaign(id=campaign_id, graph_id=graph_id, name="Other"))
        session.flush()
        enroll(campaign_id, [contact.id])
        session.commit()
    return Run(world.acme, campaign_id, nodes, None, None)  # pyright: ignore[reportArgumentType]  it sends nothing
