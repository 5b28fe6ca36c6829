"""The pages of campaigns as a BDR uses them, without a browser."""

from __future__ import annotations

from typing import Any

import pytest

from tests.campaigns.cast import drafted, running, step, text_to
from tests.campaigns.reading import FOLLOW_UP, page, words
from tests.campaigns.test_statements import counted
from tests.world import World


def test_a_step_of_the_drawing_lists_its_people(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya, marcus)
    run.told(only=priya)
    url = f"/campaigns/{run.id}"
    links = page(world.acme.viewer.get(url)).xpath("//a[contains(@class, 'funnel-step')]/@href")
    at_pause = next(link for link in links if str(run.nodes["pause"]) in link)
    text = words(world.acme.viewer.get(at_pause))
    assert "Priya Raman" in text
    assert "Marcus Bell" not in text
    assert "1 of 2 people" in text
    assert "3 days after the message of Tue 3 Mar" in text


def test_why_it_waits_is_said_by_the_gate_that_holds_it(world: World) -> None:
    from loumass.channels.models import Channel

    priya = world.acme.contact()
    run = running(world.acme, FOLLOW_UP, priya)
    url = f"/campaigns/{run.id}"
    assert "Acme email is paused" in words(world.acme.viewer.get(url))
    with world.acme.acting() as session:
        row = session.get_one(Channel, (world.acme.id, run.email.id))
        row.state, row.window_from, row.window_until = "active", 1380, 1440
        session.commit()
    text = words(world.acme.viewer.get(url))
    assert "Outside of the sending window of Acme email" in text
    assert "23:00" in text


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?q=mar", ["Marcus Bell"]),
        ("?status=Messaged", ["Priya Raman"]),
        ("?where=left", []),
        ("?status=Nonsense&where=nowhere&at=x", ["Marcus Bell", "Priya Raman"]),
    ],
)
def test_filters_live_in_the_address(world: World, query: str, found: list[str]) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", email="marcus@bell.example")
    run = running(world.acme, FOLLOW_UP, priya, marcus)
    run.told(only=priya)
    names = page(world.acme.viewer.get(f"/campaigns/{run.id}{query}")).xpath(
        "//a[@class='person-name']/text()"
    )
    assert sorted(names) == found


def test_what_needs_somebody_comes_first_page_by_page(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    people = [world.acme.contact(f"P{n} R", email=f"p{n}@r.example") for n in range(7)]
    run = running(world.acme, FOLLOW_UP, *people)
    run.told()
    from loumass.campaigns import people as listing
    from loumass.core.paging import page as paged

    monkeypatch.setattr(
        listing, "page", lambda statement, keys, cursor, **_: paged(statement, keys, cursor, size=3)
    )
    held, needs = run.of(people[5]).id, run.of(people[2]).id
    world.acme.member.post(f"/campaigns/{run.id}/people/hold", {"ids": [str(held)]})
    world.acme.member.post(f"/campaigns/{run.id}/people/status", {"ids": [str(needs)], "status": "Needs BDR"})
    seen: list[str] = []
    url = f"/campaigns/{run.id}"
    while url:
        shown = page(world.acme.member.get(url))
        seen += shown.xpath("//a[@class='person-name']/text()")
        url = next(iter(shown.xpath("//a[@rel='next']/@href")), "")
    assert seen[:2] == ["P5 R", "P2 R"]
    assert sorted(seen) == [f"P{n} R" for n in range(7)]


@pytest.mark.parametrize(
    ("reason", "said"),
    [
        ("erased", "The person was erased"),
        ("past_due", "Past due after a pause"),
        ("no_interest", "No interest"),
    ],
)
def test_how_somebody_left_is_said_in_words(world: World, reason: str, said: str) -> None:
    from loumass.campaigns.ending import end

    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    one = run.all()[0].id
    with world.acme.acting() as session:
        end({one: reason})
        session.commit()
    for query in ("", f"?reason={reason}"):
        text = words(world.acme.member.get(f"/campaigns/{run.id}{query}"))
        assert said in text
        assert reason == "erased" or reason not in text


def test_numbers_are_said_as_people_read_them(world: World) -> None:
    from loumass.channels.models import Channel

    run = drafted(world.acme, [text_to("hello"), step("done", "end")])
    run.add(world.acme.contact(phone="+13035550199"))
    with world.acme.acting() as session:
        session.get_one(Channel, (world.acme.id, run.sms.id)).name = ""
        session.commit()
    for path in ("launch", "settings"):
        text = words(world.acme.member.get(f"/campaigns/{run.id}/{path}"))
        assert "+1 303 555 0100" in text
        assert "+13035550100" not in text


def test_a_page_of_people_costs_the_same_statements_for_two_and_for_forty(world: World) -> None:
    people = [world.acme.contact(f"Guest {n}", email=f"g{n}@crowd.example") for n in range(40)]
    run = running(world.acme, FOLLOW_UP, *people[:2])
    world.acme.member.get(f"/campaigns/{run.id}")
    with counted() as few:
        world.acme.member.get(f"/campaigns/{run.id}")
    run.add(*people[2:])
    world.work()
    with counted() as many:
        world.acme.member.get(f"/campaigns/{run.id}")
    assert len(few) == len(many)


def test_the_export_says_where_everybody_stands_and_runs_no_formula(world: World) -> None:
    priya = world.acme.contact("Priya Raman", company="=cmd|calc")
    run = running(world.acme, FOLLOW_UP, priya)
    run.told()
    answer = world.acme.member.get(f"/campaigns/{run.id}/people.csv")
    header, row = answer.text.removeprefix("\ufeff").strip().split("\r\n")
    assert header.startswith("Name,E-mail,Phone,Company,Stage,Status,Step,Next step,State,Why")
    assert row.startswith(
        "Priya Raman,priya@foothill.example,,'=cmd|calc,,Messaged,Pause,Again,waiting,3 days after the message"
    )


@pytest.mark.parametrize(
    "path", ["", "/settings", "/content", "/launch", "/people/new", "/cancellation", "/resume", "/people.csv"]
)
def test_globex_sees_nothing_of_it(world: World, path: str) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    # What runs already is not launched again: that page leads back to the campaign.
    assert world.acme.admin.get(f"/campaigns/{run.id}{path}").status_code == (
        302 if path == "/launch" else 200
    )
    assert world.globex.admin.get(f"/campaigns/{run.id}{path}").status_code == 404


@pytest.mark.parametrize("path", ["/pause", "/people/status", "/cancellation", "/start", "/people"])
def test_a_viewer_changes_nothing(world: World, path: str) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    assert world.acme.viewer.post(f"/campaigns/{run.id}{path}", {}).status_code == 403
    assert run.now().state == "running"


def test_the_list_shows_how_far_each_is_and_an_empty_one_says_what_to_do(world: World) -> None:
    assert "Whom do you want to write to?" in words(world.acme.viewer.get("/campaigns"))
    run = running(
        world.acme, FOLLOW_UP, world.acme.contact(), world.acme.contact("Marcus Bell", email="m@bell.example")
    )
    run.told()
    text = words(world.acme.viewer.get("/campaigns"))
    assert "Broker Night" in text
    assert "0 of 2 done" in text
    assert "No campaign matches" in words(world.acme.viewer.get("/campaigns?q=zzz"))


def test_the_funnel_of_a_running_campaign_keeps_its_steps(world: World) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    text = page(world.acme.member.get(f"/funnels/{run.now().graph_id}/outline")).text_content()
    assert "Broker Night" in text
    assert "its steps stay as they are" in text


def test_the_people_of_a_running_funnel_are_counted_for_the_builder(world: World) -> None:
    priya, marcus, luis = (
        world.acme.contact(name, email=f"{name.split()[0].lower()}@counted.example")
        for name in ("Priya Raman", "Marcus Bell", "Luis Ortega")
    )
    run = running(world.acme, FOLLOW_UP, priya, marcus, luis)
    run.told(only=priya)
    run.told(only=luis)
    run.happened("message.replied", luis)
    url = f"/api/v1/campaigns/{run.id}/funnel-counts"
    answer: Any = world.acme.viewer.get(url)
    told = answer.json
    steps = {one["key"]: one for one in told["steps"]}
    assert (told["enrolled"], told["outside"]) == (3, 0)
    first = next(key for key, node in run.nodes.items() if str(node) == told["steps"][0]["id"])
    assert (steps[first]["here"], steps[first]["passed"]) == (1, 2)
    assert sum(one["here"] for one in told["steps"]) == 3 - sum(one["dropped"] for one in told["steps"])
    assert [(way["key"], way["branch"], way["people"]) for way in told["ways"]] == [(first, "next", 2)]
    builder = world.acme.member.get(f"/funnels/{run.now().graph_id}").text
    assert f'data-counts-href="{url}"' in builder
    assert f'data-people-href="/campaigns/{run.id}"' in builder
    graph: Any = world.acme.member.get(f"/api/v1/funnels/{run.now().graph_id}")
    assert (graph.json["may_change_steps"], graph.json["may_change_words"]) == (False, True)
    assert world.globex.admin.get(url).status_code == 404
