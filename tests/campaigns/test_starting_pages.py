"""A campaign is made, looked over, scheduled and started on its pages."""

from __future__ import annotations

from lxml import html

from loumass.campaigns.models import Campaign
from loumass.core.ids import uuid7
from loumass.funnels.models import Template
from tests.campaigns.cast import Run, channel, drafted, graph
from tests.campaigns.reading import FOLLOW_UP, page, template, words
from tests.world import Tenant, World


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
