"""The dashboard says what is true of Acme, and nothing of Globex."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from redis import Redis
from sqlalchemy import event, select

from loumass.accounts.models import AuditEntry
from loumass.analytics import keeping
from loumass.analytics.listeners import COUNTED
from loumass.analytics.models import DailyCount
from loumass.campaigns.models import Campaign, Enrollment
from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import ContactImport
from loumass.core import clock, database
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.events.service import publish, publish_all
from loumass.funnels.models import Graph
from loumass.messages.models import Conversation, Message, Stream
from loumass.subscriptions import SUBSCRIPTIONS
from tests.house.furnished import furnish
from tests.world import Person, Tenant, World


def page_of(person: Person, url: str = "/dashboard") -> html.HtmlElement:
    answer = person.get(url)
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def number(page: html.HtmlElement, label: str) -> str:
    box = page.xpath("//*[contains(@class, 'figure-box')][.//*[contains(text(), $label)]]", label=label)
    return box[0].xpath(".//*[contains(@class, 'figure-number')]")[0].text_content().strip()


def attention_of(page: html.HtmlElement) -> list[str]:
    return [words(line) for line in page.xpath("//li[@class='notice']")]


def words(element: html.HtmlElement) -> str:
    return " ".join(" ".join(element.itertext()).split())


def campaign_of(tenant: Tenant, name: str = "Denver Broker Night", **also: Any) -> Campaign:
    with tenant.acting() as session:
        graph = Graph()
        session.add(graph)
        session.flush()
        campaign = Campaign(name=name, graph_id=graph.id, **({"state": "running"} | also))
        stream = Stream()
        session.add(stream)
        session.flush()
        campaign.id = stream.id
        session.add(campaign)
        session.commit()
    return campaign


def enrolled(tenant: Tenant, campaign: Campaign, number: int, **also: Any) -> UUID:
    person = tenant.contact(f"Person {number}", email=f"p{number}.{campaign.id}@x.example")
    with tenant.acting() as session:
        session.add(Enrollment(campaign_id=campaign.id, contact_id=person.id, **also))
        session.commit()
    return person.id


def channel_of(tenant: Tenant, address: str = "ben@acme.example", **also: Any) -> Channel:
    with tenant.acting() as session:
        channel = Channel(
            provider="sandbox", medium="email", name=address, address=address, sealed_credentials=b"-", **also
        )
        session.add(channel)
        session.commit()
    return channel


def message_in(tenant: Tenant, channel: Channel, **also: Any) -> None:
    with tenant.acting() as session:
        conversation = Conversation(
            channel_id=channel.id,
            medium="email",
            counterpart="a@b.example",
            thread_key=str(clock.now()) + str(also),
        )
        session.add(conversation)
        session.flush()
        session.add(
            Message(
                conversation_id=conversation.id,
                channel_id=channel.id,
                direction="out",
                medium="email",
                **also,
            )
        )
        session.commit()


def test_a_new_organization_sees_the_three_steps(world: World) -> None:
    page = page_of(world.acme.admin)
    assert "Three steps to the first message" in page.text_content()
    assert not page.xpath("//*[@data-chart]"), "an empty chart tells nothing"


def test_the_steps_that_are_done_say_so(world: World) -> None:
    world.acme.contact()
    page = page_of(world.acme.admin)
    assert [badge.text_content().strip() for badge in page.xpath("//*[contains(@class, 'badge')]")] == [
        "Done"
    ]


def test_the_seven_numbers_count_people_once(world: World) -> None:
    night, webinar = campaign_of(world.acme), campaign_of(world.acme, "Webinar")
    now = clock.now()
    priya = enrolled(
        world.acme, night, 1, status="Needs BDR", status_changed_at=now, last_sent_at=now, replied_at=now
    )
    with world.acme.acting() as session:
        session.add(Enrollment(campaign_id=webinar.id, contact_id=priya, last_sent_at=now))
        session.commit()
    enrolled(world.acme, night, 2, status="Received RSVP", status_changed_at=now, last_sent_at=now)
    enrolled(world.acme, night, 3, last_sent_at=now, bounced_at=now)
    enrolled(
        world.acme, night, 4, enrolled_at=now - timedelta(days=45), last_sent_at=now - timedelta(days=45)
    )
    page = page_of(world.acme.member)
    seen = {
        label: number(page, label)
        for label in ("Contacts", "Enrolled", "Messaged", "Replied", "Needs BDR", "Received RSVP", "Bounced")
    }
    assert seen == {
        "Contacts": "4", "Enrolled": "3", "Messaged": "3", "Replied": "1", "Needs BDR": "1", "Received RSVP": "1", "Bounced": "1",
    }  # fmt: skip
    assert "6" not in number(page_of(world.acme.member, "/dashboard?days=90"), "Enrolled")
    assert number(page_of(world.acme.member, "/dashboard?days=90"), "Enrolled") == "4"


def test_deleted_people_are_not_counted(world: World) -> None:
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1, last_sent_at=clock.now())
    gone = enrolled(world.acme, campaign, 2, last_sent_at=clock.now())
    with world.acme.acting() as session:
        from loumass.contacts.models import Contact

        session.get(Contact, (world.acme.id, gone)).archived_at = clock.now()  # pyright: ignore[reportOptionalMemberAccess]
        session.commit()
    page = page_of(world.acme.member)
    assert (number(page, "Contacts"), number(page, "Messaged")) == ("1", "1")


def test_globex_sees_nothing_of_acme(world: World) -> None:
    campaign_of(world.globex, "Globex Night")
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1, status="Needs BDR", last_sent_at=clock.now())
    channel_of(world.acme, state="disconnected")
    with world.acme.acting() as session:
        publish("message.sent", campaign_id=campaign.id)
        session.commit()
    world.work()
    page = page_of(world.globex.member)
    assert number(page, "Contacts") == "0"
    assert "Denver Broker Night" not in page.text_content()
    assert attention_of(page) == []
    assert "0" in page.xpath("//*[@id='messages-per-day']//*[contains(@class, 'legend')]")[0].text_content()


def test_events_become_days_of_the_organization(world: World) -> None:
    campaign = campaign_of(world.acme)
    late = clock.now().replace(day=3, hour=5, minute=30)  # Monday 22:30 in Denver
    with world.acme.acting() as session:
        publish_all(
            "message.sent",
            [{"happened_at": late, "campaign_id": campaign.id}] * 2 + [{"happened_at": clock.now()}],
        )
        publish("message.received", happened_at=clock.now())
        session.commit()
    world.work()
    with world.acme.acting() as session:
        rows = session.execute(
            select(DailyCount.day, DailyCount.kind, DailyCount.count).order_by(
                DailyCount.kind, DailyCount.day
            )
        ).all()
    assert [(str(day), kind, count) for day, kind, count in rows] == [
        ("2026-03-03", "message.received", 1), ("2026-03-02", "message.sent", 2), ("2026-03-03", "message.sent", 1),
    ]  # fmt: skip


def test_telling_twice_at_once_counts_each_event_once(world: World) -> None:
    campaign_of(world.acme)
    for _ in range(3):
        with world.acme.acting() as session:
            publish_all("message.sent", [{}] * 5)
            session.commit()
    world.work()
    world.work()
    with world.acme.acting() as session:
        assert session.scalars(select(DailyCount.count)).all() == [15]


def test_the_chart_stands_on_thirty_days_with_the_quiet_ones(world: World) -> None:
    campaign_of(world.acme)
    with world.acme.acting() as session:
        publish_all("message.sent", [{"happened_at": clock.now() - timedelta(days=2)}] * 3)
        session.commit()
    world.work()
    rows = page_of(world.acme.viewer).xpath("//*[@id='messages-per-day']//tbody/tr")
    assert len(rows) == 30
    assert rows[-1].xpath(".//time/@datetime") == ["2026-03-03"]
    assert rows[-3].xpath("./td/@data-number") == ["3", "0"]


def test_the_days_download_as_a_file_and_that_is_audited(world: World) -> None:
    answer = world.acme.member.get("/dashboard/messages.csv?days=7")
    lines = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert lines[0] == ["Day", "Out", "In"]
    assert len(lines) == 8
    with world.acme.acting() as session:
        assert session.scalars(select(AuditEntry.action)).all() == ["dashboard.exported"]


def test_what_is_broken_is_named_with_what_waits(world: World) -> None:
    campaign_of(world.acme)
    mailbox = channel_of(
        world.acme,
        "andre@acme.example",
        state="disconnected",
        state_reason="Google withdrew access at 07:58.",
    )
    message_in(world.acme, mailbox, state="queued")
    message_in(world.acme, mailbox, state="in_doubt", attempted_at=clock.now())
    channel_of(world.acme, "ruth@acme.example", state="paused")
    channel_of(world.acme, "fine@acme.example")
    with world.acme.acting() as session:
        session.add(
            ContactImport(
                file_key="k",
                file_name="march.csv",
                file_size=1,
                file_sha256="x",
                state="done",
                refused_count=38,
                created_count=1202,
            )
        )
        session.add(
            ContactImport(
                file_key="k",
                file_name="clean.csv",
                file_size=1,
                file_sha256="x",
                state="done",
                created_count=5,
            )
        )
        session.commit()
    lines = attention_of(page_of(world.acme.admin))
    assert len(lines) == 4
    assert lines[0].startswith(
        "andre@acme.example is disconnected Google withdrew access at 07:58. 1 message waits, it is not lost."
    )
    assert lines[1].startswith("ruth@acme.example is paused")
    assert lines[2].startswith("1 send in doubt")
    assert lines[3].startswith("Import: 38 rows refused march.csv, 1,202 rows went in.")


def test_a_reached_cap_matters_only_while_messages_wait(world: World) -> None:
    campaign_of(world.acme)
    number_ = channel_of(world.acme, "+13035550142", daily_cap=40)
    with world.acme.acting() as session:
        session.add(ChannelDay(channel_id=number_.id, day=clock.now().date(), used=40))
        session.commit()
    assert attention_of(page_of(world.acme.admin)) == []
    message_in(world.acme, number_, state="queued")
    assert attention_of(page_of(world.acme.admin))[0].startswith(
        "+13035550142 is at its cap 40 of 40 today. 1 message goes tomorrow."
    )


def test_people_who_are_held_are_named_with_their_campaign(world: World) -> None:
    campaign = campaign_of(world.acme)
    for n in range(2):
        enrolled(world.acme, campaign, n, state="held", reason="failed")
    assert attention_of(page_of(world.acme.member))[0].startswith(
        "2 people stand still Denver Broker Night holds them"
    )


def test_who_waits_for_an_answer_stands_in_the_greeting(world: World) -> None:
    campaign_of(world.acme)
    mailbox = channel_of(world.acme)
    with world.acme.acting() as session:
        for key, since, closed in (("a", 17, None), ("b", 2, None), ("c", 3, clock.now())):
            session.add(Conversation(channel_id=mailbox.id, medium="email", counterpart=key, thread_key=key, closed_at=closed,
                                     needs_reply_since=clock.now() - timedelta(hours=since)))  # fmt: skip
        session.commit()
    text = words(page_of(world.acme.agent).xpath("//*[@class='greeting']")[0])
    assert "Good morning, Ann" in text
    assert "2 people are waiting for you , the oldest since Mon 16:00." in text


def test_campaigns_under_way_show_how_far_people_walked(world: World) -> None:
    campaign = campaign_of(world.acme)
    campaign_of(world.acme, "Over", state="finished")
    enrolled(world.acme, campaign, 1, state="ended", replied_at=clock.now(), status="Needs BDR")
    enrolled(world.acme, campaign, 2, state="waiting", due_at=clock.now() + timedelta(hours=1))
    enrolled(world.acme, campaign, 3, status="Received RSVP")
    rows = page_of(world.acme.member).xpath("//section[.//h2[text()='Campaigns under way']]//tbody/tr")
    assert [words(cell) for cell in rows[0].xpath("./td")] == [
        "Denver Broker Night", "No event", "33%", "3", "1", "1", "1", "Today 10:00",
    ]  # fmt: skip
    assert len(rows) == 1


@pytest.mark.parametrize("days", ["", "8", "x", "-1", "99999999999999999999"])
def test_a_period_that_we_do_not_offer_is_the_usual_one(world: World, days: str) -> None:
    campaign_of(world.acme)
    assert (
        len(
            page_of(world.acme.viewer, f"/dashboard?days={days}").xpath(
                "//*[@id='messages-per-day']//tbody/tr"
            )
        )
        == 30
    )


def test_the_number_of_statements_does_not_grow_with_what_happened(world: World) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(database.engine(), "before_cursor_execute", note)
        try:
            page_of(world.acme.member)
        finally:
            event.remove(database.engine(), "before_cursor_execute", note)
        return len(seen)

    campaign = campaign_of(world.acme)
    channel_of(world.acme, "a@acme.example", state="paused")
    enrolled(world.acme, campaign, 0)
    few = statements()
    for n in range(1, 6):
        channel_of(world.acme, f"{n}@acme.example", state="paused")
        enrolled(world.acme, campaign_of(world.acme, f"Night {n}"), n)
    assert statements() == few


def test_everything_that_is_counted_is_heard() -> None:
    from loumass.analytics.listeners import on_counted

    assert {kind for kind, listeners in SUBSCRIPTIONS.items() if on_counted in listeners} == set(COUNTED)


def test_a_stranger_is_sent_to_sign_in(world: World) -> None:
    answer = world.stranger().get("/dashboard")
    assert answer.status_code == 302
    assert "/login" in answer.location


def test_numbers_that_count_slowly_are_kept_for_a_minute(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "SLOW_SECONDS", -1)
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1, status="Needs BDR", status_changed_at=clock.now())
    first = page_of(world.acme.member)
    enrolled(world.acme, campaign, 2, status="Needs BDR")
    second = page_of(world.acme.member)
    assert number(first, "Needs BDR") == number(second, "Needs BDR") == "1"
    campaign_of(world.globex)
    assert number(page_of(world.globex.member), "Contacts") == "0"
    assert 0 < world.app.extensions["loumass.redis"].ttl(f"figures:{world.acme.id}:30:2026-03-03") <= 60


def test_numbers_are_counted_when_the_cache_is_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    campaign = campaign_of(world.acme)
    enrolled(world.acme, campaign, 1)
    monkeypatch.setitem(world.app.extensions, "loumass.redis", Redis(port=1, socket_connect_timeout=1))
    assert number(page_of(world.acme.member), "Contacts") == "1"


def test_each_number_lists_just_as_many_people(world: World) -> None:
    night, webinar = campaign_of(world.acme), campaign_of(world.acme, "Webinar")
    now, long_ago = clock.now(), clock.now() - timedelta(days=60)
    for n, (status, sent, replied, bounced) in enumerate(
        [
            ("Needs BDR", now, now, None),
            ("Received RSVP", now, now, None),
            ("Messaged", now, None, now),
            ("Messaged", long_ago, long_ago, None),
            ("No Activity", None, None, None),
        ]
    ):
        enrolled(
            world.acme, night if n % 2 else webinar, n, status=status, status_changed_at=sent or now,
            enrolled_at=sent or now, last_sent_at=sent, replied_at=replied, bounced_at=bounced,
        )  # fmt: skip
    page = page_of(world.acme.member)
    boxes = page.xpath("//a[contains(@class, 'figure-box')]")
    assert len(boxes) == 7
    for box in boxes:
        number = box.xpath(".//*[contains(@class, 'figure-number')]")[0].text_content().strip()
        people = page_of(world.acme.member, box.get("href")).xpath(
            "//table[contains(@class, 'table-list')]/tbody/tr"
        )
        assert len(people) == int(number), box.get("href")


def test_whatever_the_dashboard_leads_to_is_there_for_whoever_sees_it(world: World) -> None:
    house = furnish(world.acme)
    campaign_of(world.acme)
    with world.acme.acting():
        get_or_404(ContactImport, house.contact_import).refused_count = 38
        db().commit()
    for person in world.acme.people.values():
        page = page_of(person)
        links = page.xpath("//main//a/@href")
        assert len(links) > 8
        for link in links:
            assert person.get(link).status_code == 200, f"{person.role} is led to {link}"
