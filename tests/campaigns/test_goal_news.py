"""News of a person lets them reach a goal wherever they wait; who is away is asked when they are back, and not before."""

from __future__ import annotations

from datetime import timedelta

from loumass.contacts.bulk import tag, untag
from loumass.contacts.models import Tag
from loumass.events.models import Event
from tests.campaigns.cast import running, step, wait
from tests.contacts.lists import bring_in
from tests.messages.letters import rows
from tests.world import World

REST, DONE = wait("rest", amount=30, unit="days", after="entered"), step("done", "end")
WON = step("won", "goal", {}, test="tag", tag="Customer")
HERE = step("here", "goal", {}, test="field", field="city", operator="is", value="Denver")


def test_news_for_a_goal_lets_who_is_away_stay_away_until_they_are_back(world: World) -> None:
    waits, away, moves, moves_away = people = [
        world.acme.contact(f"P{n} R", f"p{n}@r.example", city="Boulder") for n in range(4)
    ]
    run, other = (
        running(world.acme, [REST, DONE, WON, HERE], *people),
        running(world.acme, [REST, DONE], waits),
    )
    back_at, rests_until = world.begins_at + timedelta(days=40), other.due(waits)
    for one in (away, moves_away):
        run.happened("contact.away", one, until=back_at.isoformat())
    with world.acme.acting() as session:
        tag([waits.id, away.id], "Customer")
        session.commit()
    for one in (moves, moves_away):
        form = {"first_name": "P", "last_name": "R", "email": one.email, "city": "Denver"}
        assert world.acme.admin.post(f"/contacts/{one.id}/edit", form).status_code == 303
    world.work()
    assert [run.at(one) for one in (waits, moves)] == ["ended: goal", "ended: goal"]
    for one in (away, moves_away):
        stands = run.of(one)
        assert (stands.state, (stands.waiting_for or {})["for"], stands.due_at) == (
            "waiting",
            "away",
            back_at,
        )
    assert (other.at(waits), other.due(waits)) == ("rest", rests_until), "no goal there"
    world.later(days=41)
    assert [run.at(one) for one in (away, moves_away)] == ["ended: goal", "ended: goal"]


def _rule(**asked: object) -> dict[str, object]:
    return {"match": "all", "rules": [asked]}


def test_a_colleague_who_gives_a_person_an_owner_or_another_name_lets_them_reach_the_goal_about_it(
    world: World,
) -> None:
    ben = str(world.acme.member.id)
    given, renamed, by_rule, neither = people = [
        world.acme.contact(f"P{n} R", f"p{n}@r.example") for n in range(4)
    ]
    owned = step("owned", "goal", {}, test="rule", rule=_rule(ask="owner", owner=ben))
    named = step("named", "goal", {}, test="field", field="full_name", operator="is", value="Priya Raman")
    called = step("called", "goal", {}, test="rule", rule=_rule(ask="field", field="full_name", operator="is", value="Prya Raman"))  # fmt: skip
    run = running(world.acme, [REST, DONE, owned, named, called], *people)
    changes = {
        given: {"first_name": "P0", "last_name": "R", "owner": ben},
        renamed: {"first_name": "Priya", "last_name": "Raman"},
        by_rule: {"first_name": "Prya", "last_name": "Raman"},
        neither: {"first_name": "P3", "last_name": "Raman", "owner": str(world.acme.agent.id)},
    }
    for one, form in changes.items():
        answer = world.acme.admin.post(f"/contacts/{one.id}/edit", {"email": one.email, **form})
        assert answer.status_code == 303
    world.work()
    assert [run.at(one) for one in people] == ["ended: goal", "ended: goal", "ended: goal", "rest"]


def test_a_list_that_brings_owners_lets_people_reach_the_goal_about_them(world: World) -> None:
    priya, elena = people = [
        world.acme.contact(f"P{n} R", f"p{n}@r.example", city="Boulder") for n in range(2)
    ]
    owned = step("owned", "goal", {}, test="rule", rule=_rule(ask="owner", owner=str(world.acme.member.id)))
    run = running(world.acme, [REST, DONE, owned], *people)
    bring_in(world, world.acme, f"Email,Owner\n{priya.email},Ben Bdr\n{elena.email},\n")
    world.work()
    assert [run.at(one) for one in people] == ["ended: goal", "rest"]


def test_a_step_of_another_campaign_that_gives_an_owner_or_a_name_lets_people_reach_the_goal_about_it(
    world: World,
) -> None:
    ben = str(world.acme.member.id)
    given, renamed, _ = people = [world.acme.contact(f"P{n} R", f"p{n}@r.example") for n in range(3)]
    owned = step("owned", "goal", {}, test="rule", rule=_rule(ask="owner", owner=ben))
    named = step("named", "goal", {}, test="field", field="full_name", operator="is", value="Prya R")
    run = running(world.acme, [REST, DONE, owned, named], *people)
    gives = step("gives", "assign", how="one", member=ben)
    calls = step("calls", "set_field", field="first_name", value="Prya")
    elsewhere = [running(world.acme, [gives, DONE], given), running(world.acme, [calls, DONE], renamed)]
    world.work()
    assert (elsewhere[0].at(given), elsewhere[1].at(renamed)) == ("ended: finished", "ended: finished")
    assert [run.at(one) for one in people] == ["ended: goal", "ended: goal", "rest"]


def test_whoever_loses_a_tag_reaches_the_goal_of_those_without_it(world: World) -> None:
    by_hand, by_step, keeps = people = [world.acme.contact(f"P{n} R", f"p{n}@r.example") for n in range(3)]
    with world.acme.acting() as session:
        tag([one.id for one in people], "Prospect, Guest")
        session.commit()
    free = step("free", "goal", {}, test="rule", rule=_rule(ask="tag", tag="prospect", **{"not": True}))
    run = running(world.acme, [REST, DONE, free], *people)
    takes = step("takes", "tag", action="remove", tag="Prospect")
    other = step("other", "tag", action="remove", tag="Guest")
    running(world.acme, [takes, DONE], by_step)
    running(world.acme, [other, DONE], keeps)
    [prospect] = rows(world.acme, Tag, name="Prospect")
    with world.acme.acting() as session:
        assert untag([by_hand.id], prospect.id) == 1
        session.commit()
    world.work()
    assert [run.at(one) for one in people] == ["ended: goal", "ended: goal", "rest"]


def test_a_step_tells_of_nobody_whom_it_left_as_they_were(world: World) -> None:
    agent, ben = world.acme.agent, str(world.acme.member.id)
    priya = world.acme.contact("Prya R", "p@r.example", owner_id=agent.id)
    owned = step("owned", "goal", {}, test="rule", rule=_rule(ask="owner", owner=ben))
    named = step("named", "goal", {}, test="field", field="full_name", operator="is", value="Nobody")
    running(world.acme, [REST, DONE, owned, named], priya)
    keeps = step("keeps", "assign", how="one", member=ben)
    same = step("same", "set_field", field="first_name", value="Prya")
    running(world.acme, [keeps, same, DONE], priya)
    world.work()
    assert rows(world.acme, Event, kind="contact.changed") == []
