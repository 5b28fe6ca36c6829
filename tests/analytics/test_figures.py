"""Pages of figures say what happened, each number leads to its people, each table is a file."""

from __future__ import annotations

import csv
import io
import random
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from lxml import html
from pydantic import ValidationError
from sqlalchemy import func, select

from loumass.accounts.models import AuditEntry
from loumass.analytics import attribution, keeping
from loumass.analytics.earning import Earned, earn
from loumass.analytics.figure_pages.blueprint import change_of_share, how_long, in_percent
from loumass.analytics.models import Earning
from loumass.analytics.period import LONGEST, Period, asked
from loumass.contacts.erasing import erase
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.core.money import minor_units, money
from loumass.funnels.kinds.goal import GoalConfig
from loumass.funnels.kinds.settings import complaints
from loumass.messages.models import Conversation, Message
from tests.analytics.busy import Busy, busy
from tests.analytics.figures import campaign_of, channel_of, number, page_of, words
from tests.world import Person, World

PAGES = (
    "/figures",
    "/figures/campaigns",
    "/figures/senders",
    "/figures/colleagues",
    "/figures/people",
    "/figures/values",
)


def file_of(person: Person, url: str) -> list[list[str]]:
    answer = person.get(url)
    assert answer.status_code == 200, url
    assert answer.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))


def people_at(person: Person, url: str) -> int:
    page = page_of(person, url)
    return len(page.xpath("//table[contains(@class, 'table-list')]/tbody/tr"))


def table(page: html.HtmlElement, caption: str) -> list[list[str]]:
    rows = page.xpath("//table[./caption[text()=$caption]]/tbody/tr", caption=caption)
    return [[words(cell) for cell in row.xpath("./td|./th")] for row in rows]


def behind(house: Busy, kind: str, **where: object) -> int:
    """How many people a kind of fact is about, as one would count them."""
    facts = [
        fact
        for fact in house.facts()
        if fact.kind == kind and all(getattr(fact, name) == value for name, value in where.items())
    ]
    return len({fact.contact_id for fact in facts if fact.contact_id})


def taken_for_last(house: Busy, link: str) -> set[UUID]:
    """People with an answer that was taken for what the link asks for, and for nothing else afterwards."""
    last = {fact.message_id: fact for fact in house.facts() if fact.kind == "message.classified"}
    [kind] = parse_qs(urlsplit(link).query)["kind"]
    return {one.contact_id for one in last.values() if one.contact_id and one.facts["class"] == kind}


def test_every_page_says_what_happened_and_leads_to_the_people(world: World) -> None:
    house, ben = busy(world), world.acme.member
    period = f"from={(clock.now() - timedelta(days=80)).date()}&to={clock.now().date()}"

    page = page_of(ben, f"/figures?{period}")
    facts = house.facts()
    for label, kind in (
        ("Sent", "message.sent"),
        ("Replied", "message.replied"),
        ("Opened", "message.opened"),
    ):
        assert number(page, label) == str(sum(fact.kind == kind for fact in facts))
        [box] = page.xpath("//a[contains(@class, 'figure-box')][.//*[text()=$label]]", label=label)
        assert people_at(ben, box.get("href")) == behind(house, kind), label
    assert ["Not interested", "1", "0"] in [[row[0], *row[2:]] for row in table(page, "What replies say")]
    for link in page.xpath("//table[./caption[text()='What replies say']]/tbody//a/@href"):
        assert people_at(ben, link) == len(taken_for_last(house, link)), (
            "who was taken for something else is not behind it"
        )
    machines = {row[0]: row[1:] for row in table(page, "Opens and clicks of people and of machines")}
    assert machines["Opened"][1] == str(sum(fact.kind == "message.fetched" for fact in facts))
    replies = sum(int(cell) for row in table(page, "Replies by weekday and hour") for cell in row[1:])
    assert replies == sum(fact.kind == "message.replied" for fact in facts)
    assert not page_of(ben, "/figures?from=2001-01-01&to=2001-01-07").xpath(
        "//a[contains(@class, 'figure-box')]"
    )

    [line] = table(page_of(ben, f"/figures/campaigns?{period}"), "Campaigns")
    own = sum(fact.kind == "message.sent" and fact.campaign_id == house.run.id for fact in facts)
    assert line[0] == "Broker Night"
    assert line[2].split()[0] == str(own)
    assert line[8].startswith("10 days")

    senders = page_of(ben, f"/figures/senders?{period}")
    for row in senders.xpath("//table[./caption[text()='Senders']]/tbody/tr"):
        assert "Paused" in words(row)
        [link] = row.xpath("./td[@data-label='Sent']/a")
        channel = house.run.email.id if "email" in words(row) else house.run.sms.id
        assert people_at(ben, link.get("href")) == behind(house, "message.sent", channel_id=channel)
    [text_row] = senders.xpath("//table[./caption[text()='By channel']]/tbody/tr[./td[text()='Text']]")
    [link] = text_row.xpath("./td[@data-label='Replied']/a")
    assert people_at(ben, link.get("href")) == behind(house, "message.replied", channel_id=house.run.sms.id)

    colleagues = {
        row[0]: row[1:] for row in table(page_of(ben, f"/figures/colleagues?{period}"), "Colleagues")
    }
    assert [cells[1:3] for name, cells in colleagues.items() if "Ben" in name] == [["2", "6 hours 5 minutes"]]
    assert [cells[1:3] for name, cells in colleagues.items() if "Ann" in name] == [["1", "1 day 6 hours"]]

    people = page_of(ben, f"/figures/people?{period}")
    assert number(people, "People") == "12"
    assert number(people, "Added") == "12"
    bands = {row[0]: row[2] for row in table(people, "How often people react to what they are sent")}
    listed = table(page_of(ben, f"/figures/people?{period}&band=never"), "People by how often they react")
    assert bands["To none"] == str(len(listed))
    assert sum(map(int, bands.values())) == 12

    values = page_of(world.acme.viewer, f"/figures/values?{period}")
    assert table(values, "What campaigns brought") == [
        ["Broker Night", "2", "2,501.00 EUR", "2,501.00 EUR", "2,501.00 EUR"]
    ]
    assert "Write a value down" not in words(values)

    campaign = page_of(ben, f"/campaigns/{house.run.id}/figures?{period}")
    steps = {row[0]: row[1:] for row in table(campaign, "Step by step")}
    warm = sum(fact.kind == "message.sent" and fact.node_id == house.run.nodes["warm"] for fact in facts)
    assert steps["Warm"][0].split()[0] == str(warm)
    assert steps["Done"][-1] == "9"
    for row in campaign.xpath("//table[./caption[text()='By variant']]/tbody/tr"):
        [name] = row.xpath("./td/a")
        assert people_at(ben, name.get("href")) == int(words(row.xpath("./td[2]")[0]))
    ends = {row[0]: row[1] for row in table(campaign, "How people left, and after how long")}
    assert ends == {"Reached the end": "9", "Reached the goal": "2", "Replied": "1"}
    [left] = campaign.xpath("//table[./caption[contains(text(), 'How people left')]]//a[text()='9']")
    assert people_at(ben, left.get("href")) == 9

    # Every table is a file, and each number is in it; whoever takes one away is noted.
    days = file_of(ben, f"/figures/days.csv?{period}")
    assert sum(int(row[1]) for row in days[1:]) == sum(fact.kind == "message.sent" for fact in facts)
    for url in ("/figures/replies.csv", "/figures/machines.csv", "/figures/hours.csv", "/figures/campaigns.csv", "/figures/senders.csv",
                "/figures/colleagues.csv", "/figures/people.csv", "/figures/values.csv", "/figures/engagement.csv",
                *(f"/campaigns/{house.run.id}/figures/{what}.csv" for what in ("days", "steps", "ways", "senders", "hours", "ends"))):  # fmt: skip
        header, *rows = file_of(ben, f"{url}?{period}")
        assert rows, url
        assert {len(row) for row in rows} == {len(header)}, url
    assert world.acme.viewer.get("/figures/engagement.csv").status_code == 403
    assert ben.get(f"/campaigns/{house.run.id}/figures/nothing.csv").status_code == 404
    with world.acme.acting() as session:
        noted = session.scalar(select(func.count()).where(AuditEntry.action == "figures.exported"))
    assert noted == 16

    # A figure's people are a filter like any other: it goes into exports, acts and segments.
    export = file_of(ben, f"/contacts.csv?did=replied&campaign={house.run.id}")
    assert len(export) - 1 == behind(house, "message.replied", campaign_id=house.run.id)
    assert "did=replied" in ben.get("/contacts?did=replied&since=nonsense&until=").text
    assert people_at(ben, "/contacts?did=nonsense") == 12

    # Globex sees none of it.
    for url in PAGES:
        text = page_of(world.globex.admin, url).text_content()
        assert "Broker Night" not in text
        assert "Person 1" not in text
    assert world.globex.admin.get(f"/campaigns/{house.run.id}/figures").status_code == 404


def test_a_value_is_written_down_by_hand_and_taken_away(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.acme.contact("Priya Raman", "priya@foothill.example")
    ben, good = world.acme.member, {
        "email": "Priya@foothill.example", "amount": "1,250.50", "currency": "EUR", "day": clock.now().date().isoformat(), "note": "Two tables",
    }  # fmt: skip
    for wrong, sentence in (
        ({"email": "nobody@x.example"}, "Nobody here has this address."),
        ({"email": ""}, "Whose is it?"),
        ({"amount": "a lot"}, "The amount is not an amount such as 1,250.50."),
        ({"amount": "0"}, "The amount is nothing."),
        ({"amount": "1.255"}, "has more than 2 digits after the point"),
        ({"amount": "NaN"}, "is not an amount that we can count"),
        ({"currency": "XXX"}, "Not a valid choice"),
        ({"day": "2999-01-01"}, "Write a day between"),
        ({"day": ""}, "When was it?"),
    ):
        answer = ben.post("/figures/values", good | wrong)
        assert answer.status_code == 422, wrong
        assert sentence in html.document_fromstring(answer.text).text_content()
    assert world.acme.viewer.post("/figures/values", good).status_code == 403
    # Shares that took long are kept, yet never past the next value.
    monkeypatch.setattr(keeping, "SLOW_SECONDS", -1)
    assert table(page_of(ben, "/figures/values"), "What campaigns brought") == []
    assert ben.post("/figures/values", good).status_code == 303
    page_of(ben, "/figures/values")
    page = page_of(ben, "/figures/values")
    assert len(list(world.app.extensions["loumass.redis"].scan_iter("values:*"))) == 2
    assert table(page, "What campaigns brought") == [
        ["Nobody wrote to them before", "1", "1,250.50 EUR", "1,250.50 EUR", "1,250.50 EUR"]
    ]
    [[person, value, source, *_]] = table(page, "Values")
    assert ("Priya Raman" in person, value, source) == (True, "1,250.50 EUR", "By hand, Two tables")
    [form] = page.xpath("//form[contains(@action, '/removal')]")
    assert world.globex.admin.post(form.get("action")).status_code == 404
    assert ben.post(form.get("action")).status_code == 303
    assert ben.post(form.get("action")).status_code == 404
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Earning)) == 0
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == ["value.added", "value.removed"]

    # What was written of somebody who is erased says nothing of them any more; the value stays.
    assert ben.post("/figures/values", good).status_code == 303
    with world.acme.acting() as session:
        erase(session.scalars(select(Earning.contact_id)).one())
        session.commit()
    with world.acme.acting() as session:
        kept = session.scalars(select(Earning)).one()
    assert (kept.note, kept.amount, kept.currency) == ("", 125050, "EUR")


def test_the_parts_of_campaigns_are_the_whole(world: World) -> None:
    """Whoever wrote to whom how often, and whatever was earned or given back: first, last and shared each sum up to it."""
    chance = random.Random(11)
    campaigns = [campaign_of(world.acme, f"Night {n}") for n in range(4)]
    mailbox = channel_of(world.acme)
    people = world.acme.contacts([{"name": f"P {n}", "email": f"p{n}@x.example"} for n in range(25)])
    now, earned = clock.now(), []
    with world.acme.acting() as session:
        for person in people:
            talk = Conversation(channel_id=mailbox.id, contact_id=person.id, medium="email", counterpart="x", thread_key=str(uuid7()),
                                stream_id=chance.choice(campaigns).id)  # fmt: skip
            session.add(talk)
            session.flush()
            for _ in range(chance.randrange(12)):
                at = now - timedelta(hours=chance.randrange(24 * 60))
                is_in = chance.random() < 0.3
                session.add(
                    Message(
                        conversation_id=talk.id, contact_id=person.id, channel_id=mailbox.id, medium="email", occurred_at=at,
                        direction="in" if is_in else "out", state="received" if is_in else chance.choice(["sent", "sent", "failed"]),
                        stream_id=None if is_in else chance.choice(campaigns).id, is_automatic=is_in and chance.random() < 0.3,
                    )
                )  # fmt: skip
            for n in range(chance.randrange(4)):
                amount = chance.choice([1, 7, -3, 100, 9_999, -5_001, 10**12 + 1])
                at = now - timedelta(hours=chance.randrange(24 * 20))
                own = chance.choice([None, *(one.id for one in campaigns)])
                earned.append(
                    Earned(
                        person.id, amount, chance.choice(["EUR", "JPY"]), at, "order", f"{person.id}-{n}", own
                    )
                )
        assert len(earn(earned)) == len(earned) > 20
        assert earn(earned) == [], "told twice"
        session.commit()
        period = Period(30, asked({}, world_zone()).zone)
        for window in attribution.WINDOWS:
            shares = attribution.shares(period, window)
            for currency in ("EUR", "JPY"):
                whole = sum(one.amount for one in earned if one.currency == currency)
                mine = [one for one in shares if one.currency == currency]
                assert (currency, whole) in [(name, amount) for name, amount, _ in attribution.totals(period)]
                for way in ("first", "last", "linear"):
                    assert sum(getattr(one, way) for one in mine) == whole, (window, currency, way)
            for campaign in campaigns:
                alone = attribution.shares(period, window, campaign.id)
                assert list(alone) == [one for one in shares if one.campaign_id == campaign.id]


def world_zone():
    from zoneinfo import ZoneInfo

    return ZoneInfo("America/Denver")


@pytest.mark.parametrize(
    ("query", "days", "last"),
    [
        ({}, 30, "2026-03-03"),
        ({"days": "7"}, 7, "2026-03-03"),
        ({"from": "2026-02-01", "to": "2026-02-28"}, 28, "2026-02-28"),
        ({"from": "2026-02-28", "to": "2026-02-01"}, 30, "2026-03-03"),
        ({"from": "2020-01-01", "to": "2026-02-01"}, 30, "2026-03-03"),
        ({"from": "x", "to": "2026-02-01"}, 30, "2026-03-03"),
        ({"from": "0001-01-01", "to": "0001-01-02"}, 30, "2026-03-03"),
        ({"from": "9999-12-30", "to": "9999-12-31"}, 30, "2026-03-03"),
    ],
)
def test_a_period_is_any_days_and_nonsense_the_usual_one(
    world: World, query: dict[str, str], days: int, last: str
) -> None:
    period = asked(query, world_zone())
    assert (period.days, period.last.isoformat()) == (days, last)
    assert period.before < period.since < period.until
    assert sum(len(bar) for bar in period.bars()) == days


def test_a_long_period_is_drawn_by_weeks(world: World) -> None:
    period = Period(LONGEST, world_zone())
    assert len(period.bars()) == 105
    assert period.dates_before.startswith("1 Mar 2022")


@pytest.mark.parametrize(
    ("typed", "currency", "minor", "written"),
    [("250", "USD", 25000, "250.00 USD"), ("1,250.5", "EUR", 125050, "1,250.50 EUR"), ("900", "JPY", 900, "900 JPY"),
     ("-0.005", "KWD", -5, "-0.005 KWD"), ("90.5", "JPY", None, ""), ("1e30", "USD", None, ""), ("5", "XXX", None, "")],
)  # fmt: skip
def test_money_is_a_whole_number_of_the_smallest_unit(
    typed: str, currency: str, minor: int | None, written: str
) -> None:
    if minor is None:
        with pytest.raises(ValueError):
            minor_units(typed, currency)
        return
    assert minor_units(typed, currency) == minor
    assert money(minor, currency) == written


def test_how_long_and_how_much_are_said_in_words() -> None:
    assert [how_long(one) for one in (None, 0, 59, 60, 3_700, 90_061)] == [
        "", "under a minute", "under a minute", "1 minute", "1 hour 1 minute", "1 day 1 hour",
    ]  # fmt: skip
    assert [in_percent(one) for one in (None, 0, 100, 12.34)] == ["", "0%", "100%", "12.3%"]
    assert [change_of_share(*one) for one in ((2.0, 1.0), (None, 1.0))] == ["+1.0 points", ""]


@pytest.mark.parametrize(
    ("settings", "price", "sentence"),
    [
        ({}, 0, ""),
        ({"worth": "1,250.50", "currency": "EUR"}, 125050, ""),
        ({"worth": "90", "currency": "JPY"}, 90, ""),
        ({"worth": "-5"}, None, "Amount must be more than nothing."),
        ({"worth": "much"}, None, "Amount is not an amount such as 1,250.50."),
        ({"worth": "9.5", "currency": "JPY"}, None, "Amount is whole in JPY."),
        ({"currency": "XXX"}, None, "Currency is not one of the choices."),
    ],
)
def test_a_goal_may_be_worth_something(settings: dict[str, str], price: int | None, sentence: str) -> None:
    if price is None:
        with pytest.raises(ValidationError) as refused:
            GoalConfig.model_validate(settings)
        assert sentence in complaints(GoalConfig, refused.value).values()
        return
    config = GoalConfig.model_validate(settings)
    assert config.price == price
    assert config.told == ({"worth": str(price), "currency": config.currency} if price else {})
