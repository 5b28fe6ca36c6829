"""The whole of it by visible labels only: from signing up to an answer in the same thread.

A newcomer with a real list, a mailbox on a real SMTP and IMAP server, and a real Chromium. What workers
do happens between the clicks (`world.work()`), and time passes when somebody waits (`world.later()`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.stories import conftest as stories
from tests.stories.cast import MAILBOX_SECRET, Vendors
from tests.stories.letters import MAILBOX, reply_to, words_of
from tests.world import World

#: The fixture `vendors`: a mail server, a mailbox and Twilio on loopback.
vendors = stories.vendors
pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]
Picture = Callable[[Page, str], None]

LEADS = """\
Name,Email Address,Cell,Brokerage,Niche
Priya Raman,priya@foothillmain.example,(303) 555-0164,Foothill & Main Realty,residential; luxury
Tom Okafor,tom.okafor@cherrycreek.example,720.555.0198,Cherry Creek Partners,commercial
Ray Dunn,ray.dunn@@dunnhomes,(303) 555-0177,Dunn Homes,
Nobody At All,,,Empty House,
"Vásquez, Elena",elena@16thstreet.example,+1 303 555 0121,"Sixteenth Street, Brokers",residential
"""


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

    def __init__(self, world: World, vendors: Vendors, page: Page, picture: Picture) -> None:
        self.world, self.vendors, self.page, self._picture = world, vendors, page, picture
        self._pictures = 0

    def keep(self, name: str) -> None:
        self._pictures += 1
        self._picture(self.page, f"outcome-{self._pictures:02}-{name}")

    def signs_up(self, server: str) -> None:
        page = self.page
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

    def brings_a_list(self, folder: Path) -> None:
        page = self.page
        file = folder / "denver-brokers.csv"
        file.write_text(LEADS, encoding="utf-8-sig")
        go(page, "Dashboard")
        press(page, "Import a list")
        page.get_by_label("File with the people").set_input_files(file)
        expect(page.get_by_role("heading", name="Match columns")).to_be_visible()
        self.world.work()
        page.reload()
        expect(page.get_by_text("3 new contacts")).to_be_visible()
        expect(page.get_by_text("2 refused")).to_be_visible()
        page.get_by_label("Where did you get these addresses?").fill("Sign-up list, Agents on Camera")
        self.keep("columns")
        press(page, "Import 5 rows")
        self.world.work()
        page.reload()
        expect(page.get_by_role("heading", name="3 of 5 rows went in")).to_be_visible()
        expect(page.get_by_text("ray.dunn@@dunnhomes")).to_be_visible()
        self.keep("imported")

    def looks_at_the_template(self) -> None:
        page = self.page
        go(page, "Templates")
        page.get_by_role("link", name=re.compile("Event invitation with RSVP")).click()
        expect(page.get_by_text("No problems.")).to_be_visible()
        self.keep("template")
        press(page, "Versions and details")
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
        press(page, "Add 3 people")
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


NO_ENCRYPTION = "None: only for a server on the same machine"


def test_a_newcomer_goes_from_signing_up_to_an_answer_in_the_same_thread(
    world: World, vendors: Vendors, server: str, open_page: OpenPage, picture: Picture, tmp_path: Path
) -> None:
    rosa = Newcomer(world, vendors, open_page(), picture)
    rosa.signs_up(server)
    rosa.says_where_the_organization_is()
    rosa.connects_a_mailbox()
    rosa.connects_a_number()
    rosa.brings_a_list(tmp_path)
    rosa.looks_at_the_template()
    rosa.makes_a_campaign()
    rosa.adds_the_list()
    rosa.launches()

    priyas = vendors.letters_to("priya@foothillmain.example")
    assert len(priyas) == 1, [str(letter["To"]) for letter in vendors.letters]
    assert "Hi Priya" in words_of(priyas[0])

    vendors.arrives(reply_to(priyas[0], "Count me in. Can I bring my partner Joel?"))
    world.later(minutes=2)
    page = rosa.page
    go(page, "Inbox")
    expect(page.get_by_text("Count me in. Can I bring my partner Joel?").first).to_be_visible()
    page.get_by_role("link", name="Priya Raman").first.click()
    expect(page.get_by_label("Answer to Priya Raman")).to_be_visible()
    expect(page.get_by_text("Needs BDR").first).to_be_visible()
    rosa.keep("reply")
    page.get_by_label("Answer to Priya Raman").fill("Of course, bring Joel. You are both on the list.")
    press(page, "Send and close")
    expect(page.get_by_text("to Priya Raman is on its way.")).to_be_visible()
    rosa.keep("answered")
    world.later(minutes=1)
    answer = vendors.letters_to("priya@foothillmain.example")[-1]
    assert "You are both on the list." in words_of(answer)
    assert str(answer["In-Reply-To"]) == str(vendors_reply_id(vendors))
    assert str(priyas[0]["Message-ID"]) in str(answer["References"])
    go(page, "Dashboard")
    expect(page.get_by_role("heading", name="Good morning, Rosa")).to_be_visible()
    rosa.keep("dashboard")


def vendors_reply_id(vendors: Vendors) -> str:
    """The Message-ID of the last mail that came into the mailbox."""
    found = re.search(
        rb"^Message-ID: (\S+)", vendors.imap.inbox.mails[-1].content, re.MULTILINE | re.IGNORECASE
    )
    assert found is not None
    return found[1].decode()
