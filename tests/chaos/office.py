"""One organization of the house: it signs up, connects a mailbox, brings a list in and writes to it, all at its pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tests.chaos.house import MAILBOX, SECRET, House, states_of
from tests.chaos.postoffice import Letter
from tests.fakes.imap import FakeImapServer
from tests.stories.browsing import Browser, Page
from tests.stories.cast import POSTAL
from tests.stories.funnels import funnel, step
from tests.waiting import until

SUBJECTS = ("First letter", "Second letter")
TWO_LETTERS = funnel(
    "Two letters",
    step("first", "email_send", "First", subject=SUBJECTS[0], text="Hello {{contact.first_name}}."),
    step("second", "email_send", "Second", subject=SUBJECTS[1], text="Hello again."),
    step("over", "end"),
)
UNDER_WAY = """
    SELECT count(*) FROM enrollment e
    WHERE e.campaign_id = CAST(:id AS uuid) AND e.state <> 'ended' AND NOT EXISTS (
        SELECT FROM message m WHERE m.enrollment_id = e.id AND m.state = 'in_doubt')
"""


class Office:
    """Rosa at her desk."""

    def __init__(self, house: House, name: str) -> None:
        self.house, self.name = house, name
        self.browser: Browser = house.browser()
        self.email = f"rosa@{name.lower().replace(' ', '-')}.example"
        page = self.browser.get("/sign-up")
        page.send(name="Rosa Marin", organization=name, email=self.email, password="snow on every summit")
        self.id = house.number("SELECT id FROM organization WHERE name = :name", name=name)
        self.addresses: list[str] = []

    def can_write(self, people: int) -> None:
        """A mailbox without limits whose server files copies by itself, one that falls silent, people, two letters."""
        self.browser.get("/organization").send("/organization", postal_address=POSTAL)
        self._connects(MAILBOX, self.house.mail.mailbox).send("/limits", daily_cap="")
        self._connects("office@summit.example", self.house.silent)
        self.house.silent.is_silent = True  # from here on somebody who receives waits for it most of the time
        self.addresses = [f"person{number}@list.example" for number in range(people)]
        rows = "".join(f"Person,Number{n},{one}\n" for n, one in enumerate(self.addresses))
        self.brings_in(f"First name,Last name,Email\n{rows}")
        template = self.browser.get("/templates/import").form("/templates/import")
        draft = template.send(files={"file": [("funnel.csv", TWO_LETTERS.encode(), "text/csv")]})
        draft.send("/versions", "Publish version 1")

    def _connects(self, address: str, mailbox: FakeImapServer) -> Page:
        mail = self.house.mail
        return self.browser.get("/channels/connect/smtp/email").send(
            "", "Connect", email=address, smtp_host=mail.host, smtp_port=str(mail.port), smtp_security="none",
            imap_host=mailbox.host, imap_port=str(mailbox.port), imap_security="none", imap_username=MAILBOX,
            imap_password=SECRET, sent_copies="never",
        )  # fmt: skip

    def starts_import(self, content: str) -> str:
        """The id of a list that goes in."""
        file = ("leads.csv", content.encode(), "text/csv")
        page = self.browser.get("/imports/new").form("/imports").send(files={"file": [file]})
        form = page.form("/start")
        page = form.send(button=next(one for one in form.buttons() if one.startswith("Import")))
        return page.path.rstrip("/").rsplit("/", 1)[-1]

    def brings_in(self, content: str) -> str:
        """The id of a list that went in."""
        import_id = self.starts_import(content)
        until(lambda: self.import_state(import_id) == "done", "the list goes in")
        return import_id

    def import_state(self, import_id: str) -> str:
        """As the import's row says it."""
        return self.house.rows(
            "SELECT state FROM contact_import WHERE id = CAST(:id AS uuid)", id=import_id
        )[0].state  # fmt: skip

    def launches(self, name: str) -> Campaign:
        """Two letters for everybody, started."""
        self.house.processes.all_run()
        form = self.browser.get("/campaigns/new").form("/campaigns", button="Create campaign")
        page = form.send(
            button="Create campaign", template=form.choice("template", "Two letters"), name=name,
            email_channel=form.choice("email_channel", MAILBOX),
        )  # fmt: skip
        forecast = page.follow("Everybody")
        people = f"Add {len(self.addresses):,} people"
        page = forecast.send("/people", people)
        campaign = Campaign(self, page.path.rstrip("/").rsplit("/", 1)[-1])
        until(lambda: campaign.people == len(self.addresses), "everybody is in")
        self.browser.get(page.url).follow("Check and start").send("/start", "Start campaign")
        return campaign


class Campaign:
    """Two letters on their way to everybody."""

    def __init__(self, office: Office, campaign_id: str) -> None:
        self.office, self.house, self.id = office, office.house, campaign_id
        self.letters: list[Letter] = [(one, subject) for one in office.addresses for subject in SUBJECTS]

    def pauses(self) -> None:
        """Nothing that waits may go from here on."""
        self._page().send("/pause")

    def resumes(self) -> None:
        """It goes on."""
        self._page().send("/resume")

    def _page(self) -> Page:
        return self.office.browser.get(f"/campaigns/{self.id}")

    @property
    def people(self) -> int:
        """How many entered."""
        return self.house.number(
            "SELECT count(*) FROM enrollment WHERE campaign_id = CAST(:id AS uuid)", id=self.id
        )

    @property
    def states(self) -> Counter[str]:
        """How many messages are in which state."""
        return states_of(self.house, self.id)

    @property
    def is_finished(self) -> bool:
        """Whether the campaign has come to its end."""
        found = self.house.rows("SELECT state FROM campaign WHERE id = CAST(:id AS uuid)", id=self.id)
        return found[0].state == "finished"

    @property
    def is_at_rest(self) -> bool:
        """Whether everybody has come to the end or waits for what is in doubt."""
        self.house.processes.all_run()
        return self.house.number(UNDER_WAY, id=self.id) == 0

    def goes_on_until(self, count: int) -> None:
        """Wait until the mail server has taken `count` letters, or nothing is left to send."""
        mail = self.house.mail
        until(lambda: mail.has_taken(count, 0.2) or self.is_at_rest or self._waits(), "the campaign goes on")

    def comes_to_rest(self, *, in_time: bool = False) -> None:
        """Wait for it; `in_time`, whenever nothing has moved for two seconds, minutes pass."""
        mail = self.house.mail
        while not self.is_at_rest:
            before = len(mail.received)
            until(
                lambda: len(mail.received) > before or self.is_at_rest or (in_time and self._waits()),  # noqa: B023  asked at once
                "everybody moves on as far as possible",
            )

    def _waits(self) -> None:
        mail = self.house.mail
        if not mail.has_taken(len(mail.received) + 1, 2.0):
            self.house.time_passes()

    def everybody_got_each_letter_once(self) -> None:
        """By what the mail server took and by what the rows say."""
        until(lambda: self.is_finished, "the campaign finishes")
        got, states = self.house.mail.got, self.states
        twice, never = duplicates(got), missing(self.letters, got)
        assert not twice, f"{len(twice)} letters came more than once: {twice[:5]}"
        assert not never, f"{len(never)} letters never came: {never[:5]}"
        assert got == Counter(self.letters), "somebody got what was meant for nobody"
        assert states == Counter(sent=len(self.letters)), f"the rows say {states}"


def duplicates(got: Counter[Letter]) -> list[Letter]:
    """What was taken more than once."""
    return [letter for letter, times in got.items() if times > 1]


def missing(letters: Sequence[Letter], got: Counter[Letter]) -> list[Letter]:
    """What was never taken."""
    return [letter for letter in letters if not got[letter]]
