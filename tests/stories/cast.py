"""Who plays in the stories: a founder at the pages, her mailbox and number at vendors of ours, and the people written to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import Membership, User
from loumass.campaigns.models import Campaign, Enrollment
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.tenancy import acting_for, globally
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.fakes.twilio import (
    ACCOUNT_SID,
    AUTH_TOKEN,
    NUMBER,
    FakeTwilio,
    form_call,
    inbound,
    status_callback,
)
from tests.stories.browsing import Answer, Browser, File, FlaskCarrier, Page
from tests.stories.letters import MAILBOX, read
from tests.world import World

SAMPLE = Path(__file__).resolve().parents[2] / "docs" / "sample-leads.csv"
MAILBOX_SECRET = "an app password"
PUBLIC = "https://loumass.example"
POSTAL = "Summit Events, 12 Pearl Street, Boulder, CO 80302"


@dataclass
class Vendors:
    """The servers outside: mail goes to `smtp`, arrives in `imap`, texts go to `twilio`."""

    smtp: FakeSmtpServer
    imap: FakeImapServer
    twilio: FakeTwilio

    @property
    def letters(self) -> list[EmailMessage]:
        """Every e-mail that left, oldest first."""
        return [read(one.content) for one in self.smtp.received]

    def letters_to(self, address: str) -> list[EmailMessage]:
        """Every e-mail that left for one address."""
        return [read(one.content) for one in self.smtp.received if address in one.recipients]

    @property
    def texts(self) -> list[dict[str, str]]:
        """Every text that left, as Twilio's API was asked for it."""
        return [
            fields
            for method, path, fields in self.twilio.requests
            if method == "POST" and path.endswith("/Messages.json")
        ]

    def texts_to(self, number: str) -> list[dict[str, str]]:
        """Every text that left for one number."""
        return [fields for fields in self.texts if fields["To"] == number]

    def arrives(self, mail: EmailMessage | bytes) -> int:
        """Something comes into the mailbox; its UID."""
        content = mail if isinstance(mail, bytes) else mail.as_bytes(policy=policy.SMTP)
        return self.imap.inbox.drop_in(content, clock.now())

    def keeps_copies(self) -> None:
        """As most servers do: what was sent through SMTP stands in the Sent folder."""
        filed = {read(mail.content)["Message-ID"] for mail in self.imap.sent.mails}
        for one in self.smtp.received:
            if read(one.content)["Message-ID"] not in filed:
                self.imap.sent.drop_in(one.content, clock.now())


class Bdr:
    """Somebody who does everything on the pages."""

    def __init__(self, world: World, vendors: Vendors, browser: Browser) -> None:
        self.world, self.vendors, self.browser = world, vendors, browser

    @classmethod
    def signs_up(cls, world: World, vendors: Vendors, *, email: str = "rosa@summit.example") -> Bdr:
        """Rosa Marin founds Summit Events and says where it is."""
        browser = Browser(FlaskCarrier(world.app.test_client()))
        page = browser.get("/sign-up")
        page.send(
            name="Rosa Marin", organization="Summit Events", email=email, password="snow on every summit"
        )
        rosa = cls(world, vendors, browser)
        rosa.email = email
        settings = browser.get("/organization")
        settings.send("/organization", timezone="America/Denver", postal_address=POSTAL)
        return rosa

    email: str = ""

    # What she looks at

    def get(self, url: str, **options: Any) -> Page:
        """The page at `url`."""
        return self.browser.get(url, **options)

    @property
    def organization_id(self) -> UUID:
        """Her organization."""
        with globally() as session:
            user = session.scalars(select(User.id).where(User.email_key == self.email)).one()
        with globally(user) as session:
            return session.scalars(select(Membership.organization_id).where(Membership.user_id == user)).one()

    def acting(self) -> AbstractContextManager[Any]:
        """A session of her organization, to look behind the pages."""
        return acting_for(self.organization_id)

    # What she does

    def connects_her_mailbox(self, **more: Any) -> Page:
        """SMTP for sending, IMAP for receiving."""
        smtp, imap = self.vendors.smtp, self.vendors.imap
        given: dict[str, Any] = {
            "channel_name": "Rosa's mailbox", "sender_name": "Rosa Marin", "email": MAILBOX,
            "smtp_host": smtp.host, "smtp_port": str(smtp.port), "smtp_security": "none",
            "smtp_username": MAILBOX, "smtp_password": MAILBOX_SECRET,
            "imap_host": imap.host, "imap_port": str(imap.port), "imap_security": "none",
        }  # fmt: skip
        page = (
            self.get("/channels/connect")
            .browser.get("/channels/connect/smtp/email")
            .send("", "Connect", **{**given, **more})
        )
        assert "is connected" in page.text, page.text[:800]
        return page

    def connects_her_number(self, **more: Any) -> Page:
        """A Twilio number."""
        given: dict[str, Any] = {
            "channel_name": "Rosa's number",
            "sender_name": "Rosa",
            "account_sid": ACCOUNT_SID,
            "auth_token": AUTH_TOKEN,
            "number": NUMBER,
        }
        page = self.get("/channels/connect/twilio/sms").send("", "Connect", **{**given, **more})
        assert "is connected" in page.text, page.text[:800]
        return page

    def lifts_limits(self) -> None:
        """No cap by day or minute on any channel."""
        for address in self.get("/channels").links("/channels/"):
            if len(address.rsplit("/", 1)[-1]) == 36:
                self.get(address).send("/limits", daily_cap="", per_minute="", minimum_gap_seconds="0")

    def uploads(self, name: str, content: bytes) -> Page:
        """A list of people; the page where its columns are matched, once the whole file was looked at."""
        file: File = (name, content, "text/csv")
        page = self.get("/imports/new").form("/imports").send(files={"file": [file]})
        self.world.work()
        return self.get(page.path)

    def imports(self, name: str, content: bytes, **choices: Any) -> Page:
        """A list of people goes in as it was understood; its result page."""
        page = self.uploads(name, content)
        form = page.form("/start")
        button = next(one for one in form.buttons() if one.startswith("Import"))
        page = form.send(button=button, **choices)
        self.world.work()
        return self.get(page.path)

    def imports_template(self, content: str) -> Page:
        """A funnel from a file, looked at and published."""
        draft = (
            self.get("/templates/import")
            .form("/templates/import")
            .send(files={"file": [("funnel.csv", content.encode(), "text/csv")]})
        )
        return draft.send("/versions", "Publish version 1")

    def makes_a_campaign(self, template: str, name: str, **details: Any) -> Page:
        """A campaign from the template, for a dinner, sent by the only mailbox and the only number; where people are added."""
        form = self.get("/campaigns/new").form("/campaigns", button="Create campaign")
        dinner: dict[str, Any] = {
            "event_type": "in_person",
            "event_name": "Summit Dinner",
            "event_local": "2026-04-16T18:30",
            "event_place": "12 Pearl Street",
        }
        return form.send(
            button="Create campaign",
            **{"template": form.choice("template", template), "name": name, **dinner, **details},
        )

    def adds_everybody(self, campaign: Page) -> Page:
        """All contacts enter; the campaign's page."""
        forecast = (
            self.get(campaign.path.removesuffix("/people/new")).follow("Add people").follow("Everybody")
        )
        button = next(one for one in forecast.form("/people").buttons() if one.startswith("Add "))
        page = forecast.send("/people", button)
        self.world.work()
        return page

    def adds_import(self, campaign: Page, name: str) -> Page:
        """Everybody that one list brought enters; the campaign's page."""
        form = self.get(campaign.path.removesuffix("/people/new")).follow("Add people").form(button="Look")
        forecast = form.send(button="Look", **{"import": form.choice("import", name)})  # pyright: ignore[reportArgumentType]  a word of Python
        button = next(one for one in forecast.form("/people").buttons() if one.startswith("Add "))
        page = forecast.send("/people", button)
        self.world.work()
        return page

    def launches(self, campaign: Page) -> Page:
        """Looked over and started; the campaign's page."""
        return self.get(campaign.path).follow("Check and start").send("/start", "Start campaign")

    def runs(self, template: str, name: str, **details: Any) -> Page:
        """A campaign for everybody, made and started; its page."""
        page = self.launches(self.adds_everybody(self.makes_a_campaign(template, name, **details)))
        self.world.work()
        return page

    # Behind the pages

    def contact(self, email: str) -> Contact:
        """The person with that address (or number)."""
        with self.acting() as session:
            return session.scalars(
                select(Contact).where(
                    (Contact.email_key == email) | (Contact.phone == email), Contact.archived_at.is_(None)
                )
            ).one()

    def enrollment(self, email: str, campaign: str = "") -> Enrollment:
        """Where that person stands; the last one they entered unless a campaign is named."""
        contact = self.contact(email)
        with self.acting() as session:
            found = (
                select(Enrollment)
                .where(Enrollment.contact_id == contact.id)
                .order_by(Enrollment.enrolled_at.desc(), Enrollment.id.desc())
            )
            if campaign:
                found = found.join(
                    Campaign,
                    (Campaign.organization_id == Enrollment.organization_id)
                    & (Campaign.id == Enrollment.campaign_id),
                ).where(Campaign.name == campaign)
            return session.scalars(found).first() or _nobody(email)


def _nobody(email: str) -> Enrollment:
    raise AssertionError(f"{email} is in no campaign")


@dataclass
class Twilio:
    """Twilio calling back, as it signs."""

    world: World
    hook_url: str

    def says(
        self, fields: dict[str, str], *, url: str = "", token: str = AUTH_TOKEN, secret_url: str = ""
    ) -> Answer:
        """One signed call; `secret_url` is what it was signed for, when that differs."""
        url = url or self.hook_url
        headers, body = form_call(secret_url or url, fields, token)
        answer = self.world.stranger().post(urlsplit(url).path, data=body, headers=headers)
        return Answer(answer.status_code, url, answer.data, dict(answer.headers))

    def brings(self, text: str, *, sender: str, sid: str = "", **more: str) -> Answer:
        """A text of somebody's."""
        return self.says(inbound(text, sender=sender, sid=sid, **more))

    def reports(self, sid: str, status: str, *, to: str, error: str = "") -> Answer:
        """What became of a text of ours."""
        return self.says(status_callback(sid, status, to=to, error=error))


def ids_of(addresses: Sequence[str]) -> list[str]:
    """The ids that stand at the end of addresses."""
    return [
        one
        for one in (urlsplit(address).path.rstrip("/").rsplit("/", 1)[-1] for address in addresses)
        if len(one) == 36
    ]
