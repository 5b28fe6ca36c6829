"""The demo organization's three templates walked for five weeks among invented people who answer, bounce and say no."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from sqlalchemy import func, select, text

from loumass.campaigns.models import Enrollment
from loumass.config import DEMO_EMAIL, DEMO_PASSWORD
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.tenancy import globally
from loumass.deliveries.models import Delivery
from loumass.events.models import Notice
from loumass.messages.models import Message
from loumass.seeding import PEOPLE, seed
from tests.stories.browsing import Browser, FlaskCarrier, Page
from tests.stories.cast import Bdr, Vendors
from tests.world import World

CAMPAIGNS = {
    "Event invitation with RSVP (ADTV)": "October dinner",
    "Five-touch cold e-mail": "Quiet brokers",
    "No-show follow-up by e-mail and text": "Missed September",
}
ON_PURPOSE = (
    "replies", "declines", "asks", "bounces", "full", "away", "optsout", "complains", "silent", "rejected", "throttled",
    "unavailable", "sent-in-doubt", "lost-in-doubt",
)  # fmt: skip
CROWD = 50
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def maya(world: World) -> Bdr:
    """The demo organization's admin, signed in, with a longer list than the seeded one."""
    assert seed() is True
    assert seed() is False
    browser = Browser(FlaskCarrier(world.app.test_client()))
    browser.get("/login").send("", "Sign in", email=DEMO_EMAIL, password=DEMO_PASSWORD)
    maya = Bdr(world, Vendors(None, None, None), browser)  # pyright: ignore[reportArgumentType]  the sandbox dials nobody
    maya.email = DEMO_EMAIL
    named = [f"Pat,{word.title()},pat.{word}@list.example,\n" for word in ON_PURPOSE]
    crowd = [
        f"Crowd,Number{number},crowd{number}@list.example,(303) 555-{2000 + number}\n"
        for number in range(CROWD)
    ]
    maya.imports("crowd.csv", f"First name,Last name,Email,Mobile\n{''.join(named + crowd)}".encode())
    return maya


def campaigns(maya: Bdr) -> dict[str, Page]:
    """The three campaigns, for everybody, started."""
    for template, name in CAMPAIGNS.items():
        days = -2 if name.startswith("Missed") else 24
        event = (clock.now() + timedelta(days=days)).strftime("%Y-%m-%dT18:30")
        maya.runs(template, name, event_name=name, event_local=event)
    return {name: maya.get("/campaigns").follow(name) for name in CAMPAIGNS.values()}


def test_five_weeks_of_the_demo_add_up(world: World, maya: Bdr) -> None:
    pages = campaigns(maya)
    slices = []
    # Each morning at nine in Denver, and each evening.
    for number in range(5 * 7 * 2):
        slices.append(world.later(hours=12))
        if number == 20:
            some_will_come(maya, pages["October dinner"])
    assert max(slices) < 400
    everybody_ended_or_waits_for_a_reason(maya)
    what_was_sent_was_answered(maya)
    for name, page in pages.items():
        the_page_adds_up(maya, maya.get(page.path), name)
    the_dashboard_adds_up(maya, pages)
    nothing_is_left_behind(world, maya)
    no_link_leads_nowhere(maya)


def some_will_come(maya: Bdr, page: Page) -> None:
    """A BDR reads the answers and notes who is coming."""
    answered = maya.get(f"{page.path}?status=Needs+BDR")
    form = answered.form("/people/status")
    ids = list(form.choices("ids"))
    assert ids, "nobody answered the invitation"
    done = form.send(button="Set status", ids=ids[::2], status="Received RSVP")
    assert "Received RSVP now" in done.text


def everybody_ended_or_waits_for_a_reason(maya: Bdr) -> None:
    with maya.acting() as session:
        rows = session.scalars(select(Enrollment)).all()
    people = len(ON_PURPOSE) + CROWD + len(PEOPLE)
    assert len(rows) == len(CAMPAIGNS) * people
    for one in rows:
        if one.state == "ended":
            assert one.reason
        else:
            assert one.waiting_for, f"somebody is {one.state} for no reason"
            assert one.state == "held" or one.due_at is None or one.due_at > clock.now(), one.waiting_for
    reasons = Counter(one.reason for one in rows if one.state == "ended")
    assert {
        "replied",
        "bounced",
        "opted_out",
        "RSVP, reminded on the day",
        "No answer to five e-mails",
    } <= set(reasons)
    the_rest_was_held_up(maya, [one for one in rows if one.state != "ended"])


def the_rest_was_held_up(maya: Bdr, rows: Sequence[Enrollment]) -> None:
    """Only those are still on their way whose server is always too busy, always full or never says what became of a
    message, who answered and whom no BDR has decided about, and who were away for some days."""
    waits = {one.contact_id for one in rows if (one.waiting_for or {}).get("for") != "status"}
    with maya.acting() as session:
        late = set(session.scalars(select(Contact.email).where(Contact.id.in_(waits))))
        were_away = select(Message.contact_id).where(Message.is_automatic)
        away = set(session.scalars(select(Contact.email).where(Contact.id.in_(were_away))))
    words = ("throttled", "unavailable", "lost-in-doubt", "full")
    assert late - away <= {f"pat.{word}@list.example" for word in words}
    assert len(late) < 15


def what_was_sent_was_answered(maya: Bdr) -> None:
    with maya.acting() as session:
        rows = session.execute(select(Message.direction, Message.state, Message.is_automatic))
        found = Counter((row.direction, row.state, row.is_automatic) for row in rows)
    sent = found["out", "sent", False]
    received = found["in", "received", False] + found["in", "received", True]
    assert sent > 300
    assert found["in", "received", False] > 20
    assert found["in", "received", True] > 5
    assert f"Out {sent} In {received}" in maya.get("/dashboard?days=90").text


def the_page_adds_up(maya: Bdr, page: Page, name: str) -> None:
    rows = people_in(maya, page)
    left = sum(row["State"] == "ended" for row in rows)
    assert f"{len(rows)} enrolled" in page.text
    assert f"Left so far: {left} people" in page.text
    for words, count in (
        ("messaged", sum(bool(row["Last message"]) for row in rows)), ("replied", sum(bool(row["Replied"]) for row in rows)),
        ("RSVP", sum(row["Status"] == "Received RSVP" for row in rows)),
    ):  # fmt: skip
        assert f"{count} {words}" in page.text, f"{name}: {words}"
    assert all(row["Why"] for row in rows)
    reasons = [maya.get(link) for link in page.links("reason=")]
    shown = [re.search(r"([\d,]+) of ([\d,]+) people", one.text) for one in reasons]
    assert sum(int(one[1]) for one in shown if one) == left


def people_in(maya: Bdr, page: Page) -> list[dict[str, str]]:
    return list(
        csv.DictReader(io.StringIO(maya.get(f"{page.path}/people.csv").answer.body.decode("utf-8-sig")))
    )


def the_dashboard_adds_up(maya: Bdr, pages: dict[str, Page]) -> None:
    rows = [row for page in pages.values() for row in people_in(maya, page)]
    everybody = {(row["E-mail"], row["Phone"]) for row in rows}
    needing = {(row["E-mail"], row["Phone"]) for row in rows if row["Status"] == "Needs BDR"}
    coming = {(row["E-mail"], row["Phone"]) for row in rows if row["Status"] == "Received RSVP"}
    page = maya.get("/dashboard?days=90")
    assert f"Contacts {len(everybody)}" in page.text
    assert f"Needs BDR {len(needing)}" in page.text
    assert f"Received RSVP {len(coming)}" in page.text


def nothing_is_left_behind(world: World, maya: Bdr) -> None:
    """Nothing that was brought is not understood, nothing is due and not done, and quiet days are quiet."""
    with maya.acting() as session:
        deliveries = set(session.scalars(select(Delivery.state)))
        late = session.scalar(
            select(func.count()).where(Delivery.state == "pending", Delivery.due_at <= clock.now())
        )
        untold = session.scalar(select(func.count()).select_from(Notice))
    assert deliveries <= {"done", "pending"}
    assert late == untold == 0
    with globally() as session:
        assert session.execute(text("SELECT * FROM due_agenda(:now, 100)"), {"now": clock.now()}).all() == []
    # One server stays too busy: it is asked each hour, and three listeners are told.
    assert sum(world.later(hours=1) for _ in range(24)) < 24 * 6


def no_link_leads_nowhere(maya: Bdr) -> None:
    """Every address on every page within reach is there: three of each kind of page, two with each kind of filter."""
    seen: Counter[tuple[str, str]] = Counter()
    ahead, pages = ["/"], 0
    while ahead:
        page = maya.get(ahead.pop(0))
        pages += 1
        # What scripts and style sheets are made of looks like addresses here and there, and is none.
        for address in page.addresses() if not page.path.startswith("/static/") else ():
            path, _, query = address.partition("?")
            kind = _UUID.sub("*", path)
            aspects = {(kind, part.partition("=")[0]) for part in query.split("&")}
            if any(seen[one] < (2 if one[1] else 3) for one in aspects):
                ahead.append(address)
            seen.update(aspects)
    assert pages > 100
