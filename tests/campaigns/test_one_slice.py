"""Who walks through a step that changes them, and through one that asks about it, in one slice: judged by what they are by then.

The engine, people at rest in a campaign that runs, and the time machine say the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.campaigns.waking import wake_engine
from loumass.contacts.bulk import tag
from loumass.contacts.models import Contact
from loumass.contacts.rules.reading import read
from loumass.contacts.segment_models import Segment
from loumass.funnels.models import Node
from tests.campaigns.cast import Planned, Run, ask, drafted, running, step, wait
from tests.campaigns.simulated import simulated
from tests.world import World

THIS, MEMBER = "this campaign", "the member"
#: Where it is another day of the week than in Denver when the world begins.
FAR = "Pacific/Kiritimati"
THERE = World.begins_at.astimezone(ZoneInfo(FAR)).weekday()
assert World.begins_at.astimezone(ZoneInfo("America/Denver")).weekday() != THERE


@dataclass(frozen=True)
class Case:
    """What a step does to Priya, and a question whose answer is yes afterwards. `is_of_walks`: segments cannot ask it;
    `is_new`: it was no before."""

    does: Planned | None
    asks: dict[str, Any]
    is_of_walks: bool = False
    is_new: bool = True
    is_owned: bool = False


def does(kind: str, **config: Any) -> Planned:
    return step("does", kind, **config)


def said(name: str, operator: str, value: str = "") -> dict[str, Any]:
    return {"ask": "field", "field": name, "operator": operator, "value": value}


ATTENDED = does("set_status", status="Attended")
CASES = {
    "a status here": Case(ATTENDED, {"ask": "status_here", "status": "Attended"}, is_of_walks=True),
    "no other status here": Case(ATTENDED, {"ask": "status_here", "status": "No Activity", "not": True}, is_of_walks=True),
    "a status anywhere": Case(ATTENDED, {"ask": "status", "campaign": "any", "status": "Attended"}),
    "a status in this campaign": Case(ATTENDED, {"ask": "status", "campaign": THIS, "status": "Attended"}),
    "no other status anywhere": Case(ATTENDED, {"ask": "status", "campaign": "any", "status": "No Activity", "not": True}),
    "no other status in this campaign": Case(ATTENDED, {"ask": "status", "campaign": THIS, "status": "No Activity", "not": True}),
    "a new tag": Case(does("tag", action="add", tag="Guest"), {"ask": "tag", "tag": "GUEST"}),
    "a tag less": Case(does("tag", action="remove", tag="lead"), {"ask": "tag", "tag": "Lead", "not": True}),
    "a column": Case(does("set_field", field="city", value="Denver"), said("city", "is", "denver")),
    "an own field": Case(does("set_field", field="Seats", mode="add", by=3), said("seats", "more_than", "2")),
    "a copied field": Case(does("set_field", field="title", mode="copy", source="city"), said("title", "is", "Boulder")),
    "an emptied field": Case(does("set_field", field="city", mode="empty"), said("city", "is_empty")),
    "today": Case(does("set_field", field="seen", mode="today"), {"ask": "field", "field": "seen", "operator": "in_last", "days": 1}),
    "a part of the full name": Case(does("set_field", field="first_name", value="Prue"), said("full_name", "is", "Prue Raman")),
    "where they live": Case(does("set_field", field="timezone", value=FAR), {"ask": "weekday", "weekdays": [THERE]}),
    "a time zone": Case(does("set_field", field="timezone", value=FAR), said("timezone", "is", FAR)),
    "an owner": Case(does("assign", how="one", member=MEMBER), {"ask": "owner", "owner": MEMBER}),
    "an owner in turn": Case(does("assign", how="turns", members=[MEMBER]), {"ask": "owner", "owner": MEMBER}),
    "another owner": Case(does("assign", how="one", member=MEMBER, if_owned="replace"), {"ask": "owner", "owner": MEMBER}, is_owned=True),
    "an owner less": Case(does("assign", how="nobody"), {"ask": "owner", "owner": "nobody"}, is_owned=True),
    "an owner that they keep": Case(does("assign", how="one", member=MEMBER), {"ask": "owner", "owner": MEMBER, "not": True}, is_new=False, is_owned=True),
    "being inside of any campaign": Case(None, {"ask": "campaign", "campaign": "any", "how": "inside"}, is_new=False),
    "being inside of this one": Case(None, {"ask": "campaign", "campaign": THIS, "how": "ever"}, is_new=False),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_questions_after_a_step_know_what_it_did(world: World, case: Case) -> None:
    priya = _priya(world, case)
    asked = case.asks
    if not case.is_of_walks:
        asked = {"match": "all", "rules": [asked, {"ask": "segment", "segment": _segment(world, case.asks)}]}
    steps = [
        *([case.does] if case.does else ()),
        ask("asks", {"yes": "waits", "no": "no"}, test="rule", rule={"match": "all", "rules": [asked]}),
        step(
            "waits",
            "wait_for",
            {"yes": "yes", "timeout": "no"},
            test="rule",
            rule={"match": "any", "rules": [asked]},
        ),
        step("yes", "end", reason="yes"),
        step("no", "end", reason="no"),
    ]
    run = _drafted(world, steps)
    outside = simulated(run, source={"everyone": ""})
    run.add(priya)
    inside = simulated(run)
    _start(run)
    assert run.at(priya) == "ended: yes"
    assert outside.ended == inside.ended == Counter({"yes": 1})


NEW = {name: case for name, case in CASES.items() if case.is_new}


@pytest.mark.parametrize("case", NEW.values(), ids=NEW)
def test_a_goal_that_a_step_fulfils_ends_the_walk_before_the_next_step(world: World, case: Case) -> None:
    assert case.does is not None
    priya = _priya(world, case)
    steps = [
        wait("first", amount=1, unit="hours", after="entered"),
        case.does,
        wait("rest", amount=9, unit="weeks", after="entered"),
        step("done", "end"),
        step("won", "goal", {}, test="rule", rule={"match": "all", "rules": [case.asks]}),
    ]
    run = _drafted(world, steps)
    run.add(priya)
    forecast = simulated(run)
    _start(run)
    assert run.at(priya) == "first"
    world.later(hours=2)
    assert (run.at(priya), run.path(priya)[-1]) == ("ended: goal", ("rest", "goal"))
    assert forecast.ended == Counter({"goal": 1})


def test_plain_questions_know_it_as_well(world: World) -> None:
    priya = _priya(world, CASES["a new tag"])
    run = _drafted(
        world,
        [
            ATTENDED,
            step("named", "tag", action="add", tag="Guest"),
            step("moves", "set_field", field="city", value="Denver"),
            ask("status", {"yes": "tag", "no": "no"}, test="status", status="Attended"),
            ask("tag", {"yes": "city", "no": "no"}, test="tag", tag="guest"),
            ask(
                "city", {"yes": "yes", "no": "no"}, test="field", field="city", operator="is", value="denver"
            ),
            step("yes", "end", reason="yes"),
            step("no", "end", reason="no"),
        ],
    )
    run.add(priya)
    forecast = simulated(run)
    _start(run)
    assert run.at(priya) == "ended: yes"
    assert forecast.ended == Counter({"yes": 1})


def test_a_status_in_another_campaign_is_no_status_here(world: World) -> None:
    """One attended elsewhere; here everybody gets another status."""
    priya, owen = (world.acme.contact(), world.acme.contact("Owen Fitzgerald", "owen@platte.example"))
    running(world.acme, [ATTENDED, wait("rest"), step("done", "end")], priya)
    asks_here = {"ask": "status", "campaign": THIS, "status": "Attended"}
    asks_anywhere = {"ask": "status", "campaign": "any", "status": "Attended"}
    run = _drafted(
        world,
        [
            step("away", "set_status", status="Not Interested"),
            ask("here", {"yes": "wrong", "no": "anywhere"}, test="rule", rule={"match": "all", "rules": [asks_here]}),
            ask("anywhere", {"yes": "elsewhere", "no": "nowhere"}, test="rule", rule={"match": "all", "rules": [asks_anywhere]}),
            *(step(reason, "end", reason=reason) for reason in ("wrong", "elsewhere", "nowhere")),
        ],
    )  # fmt: skip
    run.add(priya, owen)
    forecast = simulated(run)
    _start(run)
    assert (run.at(priya), run.at(owen)) == ("ended: elsewhere", "ended: nowhere")
    assert forecast.ended == Counter({"elsewhere": 1, "nowhere": 1})


def test_a_wait_goes_by_the_time_zone_that_a_step_has_just_set(world: World) -> None:
    priya = world.acme.contact(timezone="America/Denver")
    run = _drafted(
        world,
        [
            does("set_field", field="timezone", value=FAR),
            wait("office", amount=1, unit="minutes", after="entered", opens="09:00", closes="17:00"),
            step("done", "end"),
        ],
    )
    run.add(priya)
    forecast = simulated(run)
    _start(run)
    assert run.due(priya).astimezone(ZoneInfo(FAR)).hour == 9
    due = run.due(priya)
    world.later(days=2)
    assert run.at(priya) == "ended: finished"
    last = forecast.last_moved
    assert last is not None
    assert abs(last - due) < timedelta(minutes=1)


def test_who_is_given_out_in_turn_goes_the_way_of_their_owner(world: World) -> None:
    """Two turns were taken before; five more people come at once, and the member has the first and the last of them."""
    acme = world.acme
    colleagues = [str(acme.member.id), str(acme.admin.id)]
    people = [acme.contact(f"P{number} R", email=f"p{number}@foothill.example") for number in range(7)]
    run = _drafted(
        world,
        [
            step("share", "assign", members=colleagues),
            ask("whose", {"yes": "yes", "no": "no"}, test="rule", rule={"match": "all", "rules": [{"ask": "owner", "owner": MEMBER}]}),
            step("yes", "end", reason="member"),
            step("no", "end", reason="admin"),
        ],
    )  # fmt: skip
    run.add(*people[:2])
    _start(run)
    run.add(*people[2:])
    forecast = simulated(run)
    world.work()
    found = Counter(run.at(one).removeprefix("ended: ") for one in people[2:])
    assert found == forecast.ended == Counter({"member": 3, "admin": 2})


def _priya(world: World, case: Case) -> Contact:
    """Priya Raman of Boulder, a lead, whose owner may be the admin."""
    owner_id = world.acme.admin.id if case.is_owned else None
    priya = world.acme.contact("Priya Raman", city="Boulder", timezone="America/Denver", owner_id=owner_id)
    with world.acme.acting() as session:
        tag([priya.id], "Lead")
        session.commit()
    return priya


def _segment(world: World, question: dict[str, Any]) -> str:
    with world.acme.acting() as session:
        rule = {"match": "all", "rules": [_named(question, world, "any")]}
        segment = Segment(name="Those", name_key="those", rule=read(rule).as_json())
        session.add(segment)
        session.commit()
        return str(segment.id)


def _drafted(world: World, steps: Sequence[Planned]) -> Run:
    """A campaign whose steps name it, and the member, by id."""
    run = drafted(world.acme, steps)
    with world.acme.acting() as session:
        for node in session.scalars(select(Node).where(Node.id.in_(run.nodes.values()))):
            node.config = _named(node.config, world, str(run.id))
        session.commit()
    return run


def _named(config: Any, world: World, campaign: str) -> Any:
    if isinstance(config, dict):
        return {name: _named(value, world, campaign) for name, value in config.items()}
    if isinstance(config, list):
        return [_named(one, world, campaign) for one in config]
    return {THIS: campaign, MEMBER: str(world.acme.member.id)}.get(config, config)


def _start(run: Run) -> None:
    with run.tenant.acting() as session:
        session.get_one(Campaign, (run.tenant.id, run.id)).state = "running"
        wake_engine([run.id])
        session.commit()
    run.tenant.world.work()
