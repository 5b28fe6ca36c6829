"""The pages of campaigns as a BDR uses them, without a browser."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

import pytest
from lxml import html

from loumass.campaigns.models import Campaign
from loumass.contacts.models import ContactTag, Tag
from loumass.core.ids import uuid7
from loumass.funnels.models import Template
from loumass.funnels.service import clone_graph
from tests.campaigns.cast import Planned, Run, channel, drafted, graph, running, send, step, text_to, wait
from tests.campaigns.test_statements import counted
from tests.world import Tenant, World

FOLLOW_UP = [send("hello"), wait("pause", amount=3, unit="days"), send("again"), step("done", "end")]


def page(answer: Any, status: int = 200) -> html.HtmlElement:
    assert answer.status_code == status, answer.text[:3000]
    return html.document_fromstring(answer.text)


def words(answer: Any, status: int = 200) -> str:
    return re.sub(r"\s+", " ", page(answer, status).xpath("//main")[0].text_content())


def template(tenant: Tenant, steps: list[Planned] | None = None, name: str = "Cold e-mail") -> UUID:
    """A published template."""
    with tenant.acting() as session:
        draft, _ = graph(session, steps or FOLLOW_UP)
        row = Template(id=uuid7(), name=name, draft_graph_id=draft)
        session.add(row)
        session.flush()
        row.published_graph_id = clone_graph(draft, template_id=row.id, number=1)
        session.commit()
        return row.id


def newest(tenant: Tenant) -> Campaign:
    from sqlalchemy import select

    with tenant.acting() as session:
        return session.scalars(
            select(Campaign).order_by(Campaign.created_at.desc(), Campaign.id.desc())
        ).first()  # pyright: ignore[reportReturnType]


def test_a_campaign_is_made_from_a_template_filled_and_started(world: World) -> None:
    mailbox, made_from = channel(world.acme, state="active"), template(world.acme)
    priya = world.acme.contact()
    form = {"name": "Broker Night", "template": str(made_from), "event_type": "", "owner": str(world.acme.member.id),
            "email_channel": str(mailbox.id), "sms_channel": "", "is_exit_on_reply": "y"}  # fmt: skip
    answer = world.acme.member.post("/campaigns", form)
    campaign = newest(world.acme)
    assert answer.headers["Location"] == f"/campaigns/{campaign.id}/people/new"
    assert (campaign.name, campaign.state, campaign.is_reply_in_thread) == ("Broker Night", "draft", False)
    base = f"/campaigns/{campaign.id}"
    assert "Nobody is in it yet" in words(world.acme.member.get(f"{base}/launch"))
    assert "Priya Raman" in words(world.acme.member.get(f"{base}/people/new?q=priya"))
    world.acme.member.post(f"{base}/people", {"ids": [str(priya.id)]})
    assert "1 person × up to 2 e-mails = 2 at 200 a day" in words(world.acme.member.get(f"{base}/launch"))
    world.acme.member.post(f"{base}/start")
    assert newest(world.acme).state == "running"
    world.work()
    listed = words(world.acme.member.get(base))
    assert "Priya Raman" in listed
    assert "Foothill" not in listed
    assert "1 enrolled" in listed


def test_a_form_that_fails_keeps_what_was_typed(world: World) -> None:
    made_from = template(world.acme)
    answer = world.acme.member.post(
        "/campaigns",
        {
            "name": "",
            "template": str(made_from),
            "event_type": "in_person",
            "event_name": "Gala",
            "event_timezone": "Mars/Base",
            "owner": "",
            "email_channel": "",
            "sms_channel": "",
        },
    )
    text = words(answer, 422)
    assert "Give the campaign a name" in text
    assert "There is no such time zone" in text
    assert page(answer, 422).xpath("//input[@name='event_name']/@value") == ["Gala"]


def test_an_unpublished_template_makes_no_campaign(world: World) -> None:
    with world.acme.acting() as session:
        draft, _ = graph(session, FOLLOW_UP)
        row = Template(id=uuid7(), name="Draft only", draft_graph_id=draft)
        session.add(row)
        session.commit()
    assert "No template is published yet" in words(world.acme.member.get("/campaigns/new"))
    answer = world.acme.member.post(
        "/campaigns",
        {
            "name": "X",
            "template": str(row.id),
            "event_type": "",
            "owner": "",
            "email_channel": "",
            "sms_channel": "",
        },
    )
    assert answer.status_code == 422


def test_the_event_is_read_in_its_own_timezone(world: World) -> None:
    run = drafted(world.acme, FOLLOW_UP)
    url = f"/campaigns/{run.id}/settings"
    form = {"name": "Gala", "event_type": "in_person", "event_name": "Gala", "event_local": "2026-03-12T18:00", "event_timezone": "Europe/Berlin",
            "event_place": "Tempelhof", "owner": "", "email_channel": str(run.email.id), "sms_channel": ""}  # fmt: skip
    assert world.acme.member.post(url, form).status_code == 303
    now = run.now()
    assert now.event_at is not None
    assert (now.event_at.isoformat(), now.event_timezone) == ("2026-03-12T17:00:00+00:00", "Europe/Berlin")
    shown = page(world.acme.member.get(url))
    assert shown.xpath("//input[@name='event_local']/@value") == ["2026-03-12T18:00"]
    assert (
        "Thu 12 March, 18:00 Berlin"
        in html.document_fromstring(world.acme.member.get(url).text).text_content()
    )


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
        listing, "page", lambda statement, keys, cursor: paged(statement, keys, cursor, size=3)
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


def test_cancelling_asks_with_the_number(world: World) -> None:
    run = running(world.acme, FOLLOW_UP, world.acme.contact())
    url = f"/campaigns/{run.id}/cancellation"
    assert "1 person is still inside" in words(world.acme.member.get(url))
    world.acme.member.post(url)
    assert run.now().state == "cancelled"


def test_a_scheduled_start_happens_by_itself_and_can_be_taken_back(world: World) -> None:
    priya = world.acme.contact()
    run = drafted(world.acme, FOLLOW_UP)
    _activate(world, run)
    run.add(priya)
    url = f"/campaigns/{run.id}"
    assert "That time has passed" in words(
        world.acme.member.post(f"{url}/schedule", {"at": "2026-03-03T08:00"}), 422
    )
    world.acme.member.post(f"{url}/schedule", {"at": "2026-03-04T09:00"})
    assert (run.now().state, run.now().starts_at.isoformat()) == ("scheduled", "2026-03-04T16:00:00+00:00")  # pyright: ignore[reportOptionalMemberAccess]
    world.acme.member.post(f"{url}/unschedule")
    world.later(days=2)
    assert run.now().state == "draft"
    world.acme.member.post(f"{url}/schedule", {"at": "2026-03-07T09:00"})
    world.later(days=3)
    assert run.now().state == "running"
    assert run.at(priya) == "hello"


def test_a_scheduled_start_that_something_stops_says_so(world: World) -> None:
    run = drafted(world.acme, FOLLOW_UP)
    _activate(world, run)
    run.add(world.acme.contact())
    world.acme.member.post(f"/campaigns/{run.id}/schedule", {"at": "2026-03-04T09:00"})
    _activate(world, run, "disconnected")
    world.later(days=2)
    assert run.now().state == "draft"
    assert "It did not start as scheduled. Acme email is disconnected." in words(
        world.acme.member.get(f"/campaigns/{run.id}")
    )


def _activate(world: World, run: Run, state: str = "active") -> None:
    from loumass.channels.models import Channel

    with world.acme.acting() as session:
        for one in (run.email, run.sms):
            session.get_one(Channel, (world.acme.id, one.id)).state = state
        session.commit()


def test_starting_with_something_in_the_way_is_refused(world: World) -> None:
    run = drafted(world.acme, FOLLOW_UP)
    world.acme.member.post(f"/campaigns/{run.id}/start")
    assert run.now().state == "draft"


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
    text = page(world.acme.member.get(f"/funnels/{run.now().graph_id}")).text_content()
    assert "Broker Night" in text
    assert "its steps stay as they are" in text
