"""The whole of it by visible labels only: from signing up to an answer in the same thread.

A newcomer with a real list, a mailbox on a real SMTP and IMAP server, Twilio's API with its signed calls, and a real
Chromium. What workers do happens between the clicks (`world.work()`), and time passes when somebody waits
(`world.later()`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, form_call, inbound, status_callback
from tests.stories import conftest as stories
from tests.stories.cast import MAILBOX_SECRET, Vendors
from tests.stories.letters import MAILBOX, bounce_of, reply_to, words_of
from tests.world import World

#: The fixture `vendors`: a mail server, a mailbox and Twilio on loopback.
vendors = stories.vendors
pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]
Picture = Callable[[Page, str], None]

LEADS = """\
Name,Email Address,Cell,Brokerage,Niche
Priya Raman,priya@foothillmain.example,(303) 555-0164,Foothill & Main Realty,residential; luxury
Tom Okafor,tom.okafor@cherrycreek.example,720.555.0198,Cherry Creek Partners,commercial
Ray Dunn,ray.dunn@@dunnhomes,(303) 555-0177,Dunn Homes,
Nobody At All,,,Empty House,
"Vásquez, Elena",ELENA@16thstreet.example,+1 303 555 0121,"Sixteenth Street, Brokers",residential
Marcus Bell, marcus@bellbrothers.example ,1-303-555-0122,Bell Brothers,commercial
Grace Nakamura,grace@lohihomes.example,303 555 0123,LoHi Homes,
"""
PRIYA, TOM, MARCUS = (
    "priya@foothillmain.example",
    "tom.okafor@cherrycreek.example",
    "marcus@bellbrothers.example",
)
ELENAS_NUMBER, GRACES_NUMBER = "+13035550121", "+13035550123"


def press(page: Page, name: str) -> None:
    """The button or link that says so."""
    page.get_by_role("button", name=name, exact=True).or_(
        page.get_by_role("link", name=name, exact=True)
    ).first.click()


def go(page: Page, name: str) -> None:
    """The page of that name in the rail."""
    page.get_by_role("navigation", name="Pages", exact=True).get_by_role("link", name=name).click()


class Newcomer:
    """Somebody who reads only what the pages say."""

    def __init__(self, world: World, vendors: Vendors, open_page: OpenPage, picture: Picture) -> None:
        self.world, self.vendors, self.open_page, self.picture = world, vendors, open_page, picture
        self.page = open_page()
        self._pictures = 0
        self.server = self.address_for_twilio = ""

    def keep(self, name: str) -> None:
        self._pictures += 1
        self.picture(self.page, f"outcome-{self._pictures:02}-{name}")

    def signs_up(self, server: str) -> None:
        page, self.server = self.page, server
        page.goto(f"{server}/login")
        page.get_by_role("link", name="Start an organization").click()
        page.get_by_label("Your name").fill("Rosa Marin")
        page.get_by_label("Organization").fill("Summit Events")
        page.get_by_label("E-mail").fill("rosa@summit.example")
        page.get_by_label("Password").fill("snow on every summit")
        press(page, "Start")
        expect(page.get_by_role("heading", name="Three steps to the first message")).to_be_visible()
        self.keep("signed-up")

    def says_where_the_organization_is(self) -> None:
        page = self.page
        page.get_by_title("Summit Events").click()
        page.get_by_role("link", name="Organization", exact=True).click()
        page.get_by_label("Time zone").select_option("America/Denver")
        page.get_by_label("Postal address").fill("Summit Events, 12 Pearl Street, Boulder, CO 80302")
        press(page, "Save")

    def connects_a_mailbox(self) -> None:
        page, smtp, imap = self.page, self.vendors.smtp, self.vendors.imap
        go(page, "Dashboard")
        press(page, "Connect a channel")
        page.get_by_role("link", name=re.compile("Mailbox .SMTP and IMAP.")).click()
        for label, value in {
            "Sender": "Rosa Marin", "E-mail address": MAILBOX,
            "SMTP server": smtp.host, "SMTP port": str(smtp.port), "SMTP user name": MAILBOX, "SMTP password": MAILBOX_SECRET,
            "IMAP server": imap.host, "IMAP port": str(imap.port), "IMAP user name": MAILBOX, "IMAP password": MAILBOX_SECRET,
        }.items():  # fmt: skip
            page.get_by_label(label).fill(value)
        for label in ("SMTP encryption", "IMAP encryption"):
            page.get_by_label(label).select_option(label=NO_ENCRYPTION)
        press(page, "Connect")
        expect(page.get_by_text("is connected")).to_be_visible()
        self.keep("mailbox")

    def connects_a_number(self) -> None:
        page = self.page
        go(page, "Channels")
        press(page, "Connect a channel")
        page.get_by_role("link", name=re.compile("^Twilio")).click()
        for label, value in {
            "Sender": "Rosa",
            "Account SID": ACCOUNT_SID,
            "Auth token": AUTH_TOKEN,
            "Number": NUMBER,
        }.items():
            page.get_by_label(label).fill(value)
        press(page, "Connect")
        expect(page.get_by_text("is connected")).to_be_visible()
        self.address_for_twilio = page.get_by_label("Address for Twilio").input_value()

    def brings_a_list(self, folder: Path) -> None:
        page = self.page
        file = folder / "denver-brokers.csv"
        file.write_text(LEADS, encoding="utf-8-sig")
        go(page, "Dashboard")
        press(page, "Import a list")
        page.get_by_label("File with the people").set_input_files(file)
        expect(page.get_by_role("heading", name="Match columns")).to_be_visible()
        self.world.work()
        expect(page.get_by_text("5 new contacts")).to_be_visible()
        expect(page.get_by_text("2 refused")).to_be_visible()
        page.get_by_label("Where did you get these addresses?").fill("Sign-up list, Agents on Camera")
        self.keep("columns")
        press(page, "Import 7 rows")
        self.world.work()
        expect(page.get_by_role("heading", name="5 of 7 rows went in")).to_be_visible()
        expect(page.get_by_text("ray.dunn@@dunnhomes")).to_be_visible()
        self.keep("imported")

    def looks_at_the_template(self) -> None:
        page = self.page
        go(page, "Templates")
        page.get_by_role("link", name=re.compile("Event invitation with RSVP")).click()
        expect(page.get_by_text("All saved")).to_be_visible()
        expect(page.get_by_role("region", name="Problems")).to_have_count(0)
        self.keep("template")
        page.get_by_role("navigation", name="Breadcrumb").or_(page.locator("header")).get_by_role(
            "link", name=re.compile("Event invitation with RSVP")
        ).first.click()
        expect(page.get_by_role("link", name="Version 1", exact=True)).to_be_visible()

    def makes_a_campaign(self) -> None:
        page = self.page
        go(page, "Campaigns")
        press(page, "New campaign")
        page.get_by_label(re.compile("Event invitation with RSVP")).check()
        page.get_by_label("Name", exact=True).fill("Denver Broker Night")
        page.get_by_label("In person").check()
        page.get_by_label("Name of the event").fill("Broker Night")
        page.get_by_label("When (optional)").fill("2026-03-20T18:00")
        page.get_by_label("Time zone of the event").fill("America/Denver")
        page.get_by_label("Where (optional)").fill("The Source Hotel")
        self.keep("campaign-details")
        press(page, "Create campaign")
        expect(page.get_by_role("heading", name="Add people")).to_be_visible()

    def adds_the_list(self) -> None:
        page = self.page
        press(page, "Look")
        self.keep("who-would-be-added")
        press(page, "Add 5 people")
        self.world.work()

    def launches(self) -> None:
        page = self.page
        press(page, "Check and start")
        self.keep("check")
        press(page, "Start campaign")
        expect(page.get_by_text("Running").first).to_be_visible()
        self.world.work()
        self.world.later(minutes=2)
        page.reload()
        expect(page.get_by_text("Running").first).to_be_visible()
        expect(page.get_by_role("link", name="Priya Raman")).to_be_visible()
        self.keep("running")

    def answers(self, name: str, words: str) -> None:
        page = self.page
        page.get_by_role("link", name=name).first.click()
        page.get_by_label(f"Answer to {name}").fill(words)
        press(page, "Send and close")
        expect(page.get_by_text(f"to {name} leaves in 10 seconds.")).to_be_visible()
        self.world.later(minutes=1)

    def is_called_by_twilio(self, fields: dict[str, str]) -> None:
        """A call over the wire to this server, signed for the address that the channel's page shows."""
        headers, body = form_call(self.address_for_twilio, fields)
        path = urlsplit(self.address_for_twilio).path
        answer = httpx2.post(f"{self.server}{path}", content=body, headers=headers, trust_env=False)
        assert (answer.status_code, "<Response></Response>" in answer.text) == (200, True)


NO_ENCRYPTION = "None: same machine only"


@pytest.fixture
def rosa(
    world: World, vendors: Vendors, server: str, open_page: OpenPage, picture: Picture, tmp_path: Path
) -> Newcomer:
    """From the login page to a running campaign whose invitations have gone, once to each."""
    rosa = Newcomer(world, vendors, open_page, picture)
    rosa.signs_up(server)
    rosa.says_where_the_organization_is()
    rosa.connects_a_mailbox()
    rosa.connects_a_number()
    rosa.brings_a_list(tmp_path)
    rosa.looks_at_the_template()
    rosa.makes_a_campaign()
    rosa.adds_the_list()
    rosa.launches()
    assert sorted(str(letter["To"]) for letter in vendors.letters) == sorted(
        [PRIYA, TOM, MARCUS, "ELENA@16thstreet.example", "grace@lohihomes.example"]
    )
    return rosa


def test_a_newcomer_goes_from_signing_up_to_an_answer_in_the_same_thread(
    world: World, vendors: Vendors, rosa: Newcomer
) -> None:
    page = rosa.page
    (priyas,) = vendors.letters_to(PRIYA)
    assert "Hi Priya" in words_of(priyas)
    reply = reply_to(priyas, "Count me in. Can I bring my partner Joel?")
    vendors.arrives(reply)
    vendors.arrives(bounce_of(vendors.letters_to(TOM)[0]))
    marcus = open_link(rosa, str(vendors.letters_to(MARCUS)[0]["List-Unsubscribe"]))
    expect(marcus.get_by_text("You are unsubscribed")).to_be_visible()
    world.later(minutes=2)

    page.goto(page.url)
    expect(page.get_by_role("row", name=re.compile("Priya Raman")).get_by_text("Needs BDR")).to_be_visible()
    rosa.keep("funnel-reacts")
    go(page, "Inbox")
    expect(page.get_by_text("Count me in. Can I bring my partner Joel?").first).to_be_visible()
    rosa.keep("reply")
    rosa.answers("Priya Raman", "Of course, bring Joel. You are both on the list.")
    rosa.keep("answered")
    answer = vendors.letters_to(PRIYA)[-1]
    assert "You are both on the list." in words_of(answer)
    assert str(answer["Subject"]) == f"Re: {priyas['Subject']}"
    assert str(answer["In-Reply-To"]) == str(reply["Message-ID"])
    assert str(priyas["Message-ID"]) in str(answer["References"])

    world.later(days=3)
    world.later(minutes=5)  # of office hours
    assert sorted(text["To"] for text in vendors.texts) == [ELENAS_NUMBER, GRACES_NUMBER]
    for text in vendors.twilio.messages:
        rosa.is_called_by_twilio(status_callback(text["sid"], "delivered", to=text["to"]))
    yes = inbound("YES, keep the seat", sender=ELENAS_NUMBER)
    for _ in range(2):  # as Twilio does when an answer was late
        rosa.is_called_by_twilio(yes)
    rosa.is_called_by_twilio(inbound("STOP", sender=GRACES_NUMBER))
    world.work()
    go(page, "Inbox")
    expect(page.get_by_text("YES, keep the seat").first).to_be_visible()
    rosa.keep("text")
    rosa.answers("Elena Vásquez", "It is yours, Elena.")
    assert [text["Body"] for text in vendors.texts_to(ELENAS_NUMBER)][1:] == ["It is yours, Elena."]
    assert {text["From"] for text in vendors.texts} == {NUMBER}

    world.later(days=14)
    assert [len(vendors.letters_to(address)) for address in (PRIYA, TOM, MARCUS)] == [2, 1, 1]
    assert [len(vendors.texts_to(number)) for number in (ELENAS_NUMBER, GRACES_NUMBER)] == [2, 1]
    go(page, "Suppression")
    for address in (TOM, MARCUS, "+1 303 555 0123"):
        expect(page.get_by_text(address).first).to_be_visible()
    go(page, "Dashboard")
    expect(
        page.get_by_role("heading", name=re.compile("Good (morning|afternoon|evening), Rosa"))
    ).to_be_visible()
    rosa.keep("dashboard")


def open_link(rosa: Newcomer, header: str) -> Page:
    """Where the unsubscribe link of a mail leads, confirmed there by somebody who is not signed in."""
    stranger = rosa.open_page()
    stranger.goto(f"{rosa.server}{urlsplit(header.strip('<>')).path}")
    rosa.picture(stranger, "outcome-unsubscribe")
    press(stranger, "Unsubscribe")
    return stranger
