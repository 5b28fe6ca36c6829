"""Steps that do something for everybody who comes: fields written, owners given in turn, the better way found."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select, update

from loumass.campaigns.models import Enrollment
from loumass.contacts.models import Contact, ContactField
from loumass.events.models import Event
from loumass.funnels.models import NodeTurn, SplitTrial
from tests.campaigns.cast import running, send, step
from tests.world import World


def _contact(world: World, contact: Contact) -> Contact:
    with world.acme.acting() as session:
        return session.get_one(Contact, (world.acme.id, contact.id))


def test_a_field_is_written_copied_counted_in_and_emptied(world: World) -> None:
    priya, owen = (
        world.acme.contact(fields={"visits": "4"}),
        world.acme.contact("Owen Fitzgerald", "owen@platte.example"),
    )
    run = running(
        world.acme,
        [
            step("level", "set_field", field="Customer level", value="Gold"),
            step("count", "set_field", field="visits", mode="add", by=2),
            step("copy", "set_field", field="title", mode="copy", source="visits"),
            step("zone", "set_field", field="timezone", value="Europe/Berlin"),
            step("day", "set_field", field="seen", mode="today"),
            step("gone", "set_field", field="company", mode="empty"),
            step("done", "end"),
        ],
        priya,
        owen,
    )
    assert run.at(priya) == run.at(owen) == "ended: finished"
    found = _contact(world, priya)
    day = world.begins_at.date().isoformat()
    assert found.fields == {"customer_level": "Gold", "visits": "6", "seen": day}
    assert (found.title, found.company, found.timezone, found.timezone_source) == (
        "6",
        "",
        "Europe/Berlin",
        "given",
    )
    assert _contact(world, owen).fields == {"customer_level": "Gold", "visits": "2", "seen": day}
    with world.acme.acting() as session:
        assert {"customer_level", "seen"} <= set(session.scalars(select(ContactField.key)))


def test_people_are_given_out_in_turn_across_slices_and_who_left_is_passed_over(world: World) -> None:
    acme = world.acme
    colleagues = [str(acme.member.id), str(acme.admin.id)]
    people = [acme.contact(f"Person {number}", email=f"p{number}@foothill.example") for number in range(5)]
    owned = acme.contact("Owned Already", email="owned@foothill.example", owner_id=acme.admin.id)
    run = running(
        acme, [step("share", "assign", members=[*colleagues, str(UUID(int=7))]), step("done", "end")]
    )
    run.add(*people[:2], owned)
    world.work()
    run.add(*people[2:])
    world.work()
    owners = [str(_contact(world, one).owner_id) for one in people]
    assert sorted(owners[:2]) == sorted(colleagues)
    assert abs(owners.count(colleagues[0]) - owners.count(colleagues[1])) == 1
    assert _contact(world, owned).owner_id == acme.admin.id
    with acme.acting() as session:
        assert session.scalars(select(NodeTurn.taken)).one() == 5
        told = session.scalars(select(Event).where(Event.kind == "contact.assigned")).all()
        assert {event.contact_id for event in told} == {one.id for one in people}


def test_a_split_is_tried_on_some_and_the_better_way_takes_the_rest(world: World) -> None:
    acme = world.acme
    people = [acme.contact(f"Person {number}", email=f"p{number}@foothill.example") for number in range(12)]
    run = running(
        acme,
        [
            step(
                "best", "split", {"a": "first", "b": "second"}, winner="people", after_people=8, patience=24
            ),
            send("first", ways={"next": "done"}),
            send("second", ways={"next": "done"}),
            step("rest", "wait", {"next": "done"}, amount=9, unit="weeks", after="entered"),
            step("done", "end"),
        ],
    )
    run.add(*people[:8])
    world.work()
    assert {run.at(one) for one in people[:8]} == {"first", "second"}
    run.add(*people[8:11])
    world.work()
    assert {run.at(one) for one in people[8:11]} == {"best"}
    assert timedelta() <= run.due(people[8]) - (world.begins_at + timedelta(hours=24)) < timedelta(minutes=5)
    first = [one for one in people[:8] if run.at(one) == "first"]
    run.told("sent")
    with acme.acting() as session:
        replied = {"replied_at": world.begins_at + timedelta(hours=1)}
        session.execute(
            update(Enrollment).where(Enrollment.contact_id.in_([one.id for one in first])).values(replied)
        )
        session.commit()
    world.later(hours=25)
    assert {run.at(one) for one in people[8:11]} == {"first"}
    run.add(people[11])
    world.work()
    assert run.at(people[11]) == "first"
    with acme.acting() as session:
        trial = session.scalars(select(SplitTrial)).one()
        assert (trial.taken, trial.winner) == (8, "a")
        assert trial.figures == {"a": [len(first), len(first)], "b": [8 - len(first), 0]}
