"""The dashboard says what is true of Acme, and nothing of Globex."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.campaigns.models import Enrollment
from loumass.contacts.models import ContactImport
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.events.service import publish, publish_all
from tests.analytics.figures import attention_of, campaign_of, channel_of, enrolled, number, page_of, words
from tests.house.furnished import furnish
from tests.world import World


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


@pytest.mark.parametrize(
    ("messaged", "bounced", "note", "is_red"),
    [
        (3, 1, "33.3%, too few to judge", False),
        (40, 1, "2.5%, limit 5% a day", False),
        (5, 4, "80.0%, too few to judge", False),
        (5, 5, "100%, limit 5% a day", True),
        (0, 0, "0%, limit 5% a day", False),
    ],
)
def test_few_bounces_are_no_alarm_whatever_their_share(
    world: World, messaged: int, bounced: int, note: str, is_red: bool
) -> None:
    campaign, now = campaign_of(world.acme), clock.now()
    for n in range(messaged):
        enrolled(world.acme, campaign, n, last_sent_at=now, bounced_at=now if n < bounced else None)
    box = page_of(world.acme.member).xpath("//*[@class='figure-box'][./*[text()='Bounced']]")[0]
    assert words(box) == f"Bounced {bounced} {note}"
    assert bool(box.xpath("./*[contains(@class, 'text-red')]")) is is_red


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


def test_a_stranger_is_sent_to_sign_in(world: World) -> None:
    answer = world.stranger().get("/dashboard")
    assert answer.status_code == 302
    assert "/login" in answer.location


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
