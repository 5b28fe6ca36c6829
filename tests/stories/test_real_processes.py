"""Web, workers and clock as they run in production, against servers that are really there: one is killed, Redis forgets."""

from __future__ import annotations

import shutil
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine, create_engine, text

from loumass import embedded
from loumass.config import Settings
from loumass.messages.delivering import WINDOW
from tests.conftest import KEY, _empty
from tests.fakes.imap import FakeImapServer
from tests.fakes.loopback import Line
from tests.fakes.smtp import FakeSmtpServer, Received
from tests.stories.browsing import Browser, Page
from tests.stories.cast import POSTAL
from tests.stories.funnels import funnel, step
from tests.stories.processes import HttpCarrier, Processes, free_port, let_time_pass
from tests.waiting import MOST_SECONDS, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]
PEOPLE = 200
MAILBOX, SECOND = "rosa@summit.example", "office@summit.example"
ONE_LETTER = funnel(
    "One letter",
    step("hello", "email_send", "Hello", subject="Hello {{contact.first_name}}", text="Hello."),
    step("over", "end"),
)


class CountingServer(FakeSmtpServer):
    """Tells when it has taken so many messages, and takes its time."""

    def __init__(self) -> None:
        super().__init__()
        self.pause = 0.0
        self.wanted = 0
        self.reached = threading.Event()

    def keep(self, received: Received) -> None:
        time.sleep(self.pause)
        super().keep(received)
        if self.wanted and len(self.received) >= self.wanted:
            self.reached.set()

    def tells_at(self, count: int, *, pause: float) -> None:
        """Forget what came, and tell when `count` more have come, each after `pause` seconds."""
        self.received.clear()
        self.reached.clear()
        self.wanted, self.pause = count, pause

    @property
    def got(self) -> Counter[str]:
        """How often each address was sent to."""
        return Counter(address for one in list(self.received) for address in one.recipients)


class HangingMailbox(FakeImapServer):
    """A mailbox whose server takes connections and, from some moment on, never says a word."""

    def __init__(self) -> None:
        super().__init__(users={SECOND: "secret"})
        self.hangs = False

    def converse(self, line: Line) -> None:
        if self.hangs:
            self.stopping.wait(60)
        else:
            super().converse(line)


@dataclass
class House:
    """A whole installation on this machine."""

    processes: Processes
    smtp: CountingServer
    imap: HangingMailbox
    redis: Redis
    engine: Engine
    browser: Browser
    addresses: list[str] = field(
        default_factory=lambda: [f"person{number}@list.example" for number in range(PEOPLE)]
    )

    def is_prepared(self) -> None:
        """Signed up, a mailbox without limits, 200 people, a published template."""
        go = self.browser
        go.get("/sign-up").send(
            name="Rosa Marin",
            organization="Summit Events",
            email="rosa@summit.example",
            password="snow on every summit",
        )
        go.get("/organization").send("/organization", postal_address=POSTAL)
        channel = go.get("/channels/connect/smtp/email").send(
            "",
            "Connect",
            email="rosa@summit.example",
            smtp_host=self.smtp.host,
            smtp_port=str(self.smtp.port),
            smtp_security="none",
        )
        channel.send("/limits", daily_cap="")
        self.has_a_second_mailbox()
        rows = "".join(f"Person,Number{number},{address}\n" for number, address in enumerate(self.addresses))
        content = f"First name,Last name,Email\n{rows}".encode()
        page = (
            go.get("/imports/new").form("/imports").send(files={"file": [("leads.csv", content, "text/csv")]})
        )
        form = page.form("/start")
        result = form.send(button=next(one for one in form.buttons() if one.startswith("Import")))
        until(lambda: f"{PEOPLE} of {PEOPLE} rows went in" in go.get(result.url).text, "the list goes in")
        draft = (
            go.get("/templates/import")
            .form("/templates/import")
            .send(files={"file": [("funnel.csv", ONE_LETTER.encode(), "text/csv")]})
        )
        draft.send("/versions", "Publish version 1")

    def has_a_second_mailbox(self) -> None:
        """One that is read as well."""
        self.browser.get("/channels/connect/smtp/email").send(
            "", "Connect", email=SECOND, smtp_host=self.smtp.host, smtp_port=str(self.smtp.port), smtp_security="none",
            imap_host=self.imap.host, imap_port=str(self.imap.port), imap_security="none", imap_username=SECOND, imap_password="secret",
        )  # fmt: skip

    def launches(self, name: str) -> Page:
        """A campaign of one letter for everybody; its page."""
        form = self.browser.get("/campaigns/new").form("/campaigns", button="Create campaign")
        mailbox = form.choice("email_channel", MAILBOX)
        page = form.send(
            button="Create campaign",
            template=form.choice("template", "One letter"),
            name=name,
            email_channel=mailbox,
        )
        forecast = page.follow("Everybody")
        page = forecast.send("/people", f"Add {PEOPLE} people")
        return self.browser.get(page.url).follow("Check and start").send("/start", "Start campaign")

    def states(self) -> Counter[str]:
        """How many messages of the newest campaign are in which state."""
        with self.engine.connect() as connection:
            rows = connection.execute(
                text(
                    "SELECT state, count(*) AS people FROM message WHERE stream_id = (SELECT max(id::text)::uuid FROM campaign) GROUP BY state"
                )
            )
            return Counter({row.state: row.people for row in rows})

    def is_finished(self, campaign: Page) -> bool:
        """Whether the campaign's page says so."""
        self.processes.all_run()
        return "Finished" in self.browser.get(campaign.url).text

    def goes_on(self, campaign: Page, before: int) -> bool:
        """Whether more than `before` were taken, or there is nothing left to do."""
        return len(self.smtp.received) > before or self.is_finished(campaign)


@pytest.fixture
def house(database_url: str, settings: Settings) -> Iterator[House]:
    """All processes of the Procfile, their own Redis, a mail server."""
    _empty(database_url)
    folder = Path(tempfile.mkdtemp(prefix="lm-", dir="/tmp"))
    folder.chmod(0o711)
    port = free_port()
    with (
        embedded.redis(folder / "redis", throwaway=True) as redis,
        CountingServer() as smtp,
        HangingMailbox() as imap,
    ):
        base = f"http://127.0.0.1:{port}"
        environment = {
            "ENVIRONMENT": "test", "DATABASE_URL": database_url, "REDIS_URL": redis.url, "PORT": str(port), "PUBLIC_URL": base,
            "SECRET_KEY": settings.secret_key, "SEALING_KEYS": f"test:{KEY}", "HASH_KEY": KEY, "STORAGE_URL": settings.storage_url,
            "ALLOWED_PRIVATE_HOSTS": f"{smtp.host}:{smtp.port},{imap.host}:{imap.port}", "LOG_LEVEL": "info",
        }  # fmt: skip
        processes = Processes(environment, folder)
        engine = create_engine(database_url)
        house = House(processes, smtp, imap, Redis.from_url(redis.url), engine, Browser(HttpCarrier(base)))
        try:
            processes.start()
            until(lambda: processes.answers(port), "the installation answers")
            house.is_prepared()
            yield house
        finally:
            try:
                processes.stop()
            finally:
                engine.dispose()
    shutil.rmtree(folder, ignore_errors=True)


def test_nobody_twice_and_nobody_forgotten_whatever_dies(house: House) -> None:
    everybody_gets_one_letter(house)
    house.imap.hangs = True  # from here on the receiving worker waits for a mailbox most of the time
    a_killed_worker_leaves_at_most_a_window_in_doubt(house)
    redis_forgets_and_nothing_is_lost(house)


def everybody_gets_one_letter(house: House) -> None:
    campaign = house.launches("All well")
    until(lambda: house.is_finished(campaign), "the first campaign finishes")
    assert house.smtp.got == Counter(house.addresses)


def a_killed_worker_leaves_at_most_a_window_in_doubt(house: House) -> None:
    house.smtp.tells_at(60, pause=0.02)
    campaign = house.launches("A worker is killed")
    assert house.smtp.reached.wait(MOST_SECONDS)
    house.processes.kill("deliver")
    taken = house.smtp.got
    house.processes.start("deliver")
    assert house.states()["sending"]
    house.smtp.pause = 0.0
    let_time_pass(house.engine, minutes=4)
    until(
        lambda: sum(house.states()[state] for state in ("sent", "in_doubt")) == PEOPLE,
        "the new worker sends the rest",
    )
    states, got = house.states(), house.smtp.got
    assert max(got.values()) == 1
    assert set(taken) <= set(got)
    assert 0 < states["in_doubt"] <= WINDOW
    assert len(got) >= states["sent"]
    page = house.browser.get(campaign.url).follow("In doubt")
    shown = page.form(button="They were sent")
    assert len(shown.choices("ids")) == states["in_doubt"]
    assert not house.is_finished(campaign)
    shown.send(button="They were sent", ids=list(shown.choices("ids")))
    until(lambda: house.is_finished(campaign), "the second campaign finishes once a person decided")
    assert house.states() == Counter(sent=PEOPLE)
    assert max(house.smtp.got.values()) == 1


def redis_forgets_and_nothing_is_lost(house: House) -> None:
    channel = next(
        one for one in house.browser.get("/channels").links("/channels/") if len(one.rsplit("/", 1)[-1]) == 36
    )
    house.browser.get(channel).send("/limits", per_minute="900")  # so that it takes two slices
    house.smtp.tells_at(30, pause=0.01)
    campaign = house.launches("Redis forgets everything")
    house.redis.flushdb()
    assert house.smtp.reached.wait(MOST_SECONDS)
    while not house.is_finished(campaign):
        house.redis.flushdb()
        before = len(house.smtp.received)
        until(partial(house.goes_on, campaign, before), "it goes on")
    assert house.smtp.got == Counter(house.addresses)
