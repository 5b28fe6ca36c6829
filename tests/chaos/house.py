"""A whole installation on this machine: every process of the Procfile, servers and a post office of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, text

from loumass.config import psycopg_url
from tests.chaos.postoffice import PostOffice, SilentMailbox
from tests.chaos.servers import Servers
from tests.conftest import KEY
from tests.fakes.imap import FakeImapServer
from tests.house.declared_keys import keys_that_lead_nowhere
from tests.stories.browsing import Browser
from tests.stories.processes import HttpCarrier, Processes, free_port, let_time_pass
from tests.waiting import until

MAILBOX = "rosa@summit.example"
SECRET = "snow on every summit"


class House:
    """Its processes, its servers, and what stands in its database."""

    def __init__(self, folder: Path, servers: Servers, mail: PostOffice, silent: SilentMailbox) -> None:
        self.servers, self.mail, self.silent = servers, mail, silent
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.processes = Processes(self._environment(folder), folder)
        #: The superuser: it sees every organization, and behind every page.
        self.engine: Engine = create_engine(psycopg_url(servers.database_url), pool_pre_ping=True)

    def _environment(self, folder: Path) -> dict[str, str]:
        reached = ",".join(f"{one.host}:{one.port}" for one in (self.mail, self.mail.mailbox, self.silent))
        return {
            "ENVIRONMENT": "test", "DATABASE_URL": self.servers.database_url, "REDIS_URL": self.servers.redis_url,
            "PORT": str(self.port), "PUBLIC_URL": self.url, "SECRET_KEY": "a house of chaos signs with this",
            "SEALING_KEYS": f"test:{KEY}", "HASH_KEY": KEY, "STORAGE_URL": f"file://{folder / 'files'}",
            "ALLOWED_PRIVATE_HOSTS": reached, "LOG_LEVEL": "info",
        }  # fmt: skip

    def browser(self) -> Browser:
        """Somebody's browser, not signed in."""
        return Browser(HttpCarrier(self.url))

    def rows(self, statement: str, **bound: Any) -> list[Any]:
        """What `statement` finds, in whichever organization."""
        with self.engine.connect() as connection:
            return list(connection.execute(text(statement), bound))

    def number(self, statement: str, **bound: Any) -> int:
        """The one number that `statement` finds."""
        return self.rows(statement, **bound)[0][0]

    def time_passes(self, *, leases: bool = True) -> None:
        """As if some minutes had gone by: what was put off is due, and what was meant to be forgotten is forgotten.

        Without `leases` whoever holds one keeps it.
        """
        let_time_pass(self.engine, minutes=6, leases=leases)
        for bell in self.servers.redis.scan_iter("bell:*"):
            self.servers.redis.delete(bell)


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """A house whose processes run."""
    servers = Servers(folder)
    try:
        with (
            FakeImapServer(users={MAILBOX: SECRET}) as mailbox,
            PostOffice(mailbox) as mail,
            SilentMailbox(users={MAILBOX: SECRET}) as silent,
        ):
            house = House(folder, servers, mail, silent)
            try:
                house.processes.start()
                # Longer where a machine that has just been started reads all of it from its disk.
                until(lambda: house.processes.answers(house.port), "the installation answers", 600)
                yield house
                with house.engine.connect() as connection:
                    assert keys_that_lead_nowhere(connection) == []
            finally:
                mail.may_answer.set()
                for name in list(house.processes.running):
                    house.processes.kill(name)
                house.engine.dispose()
    finally:
        servers.stop()


def states_of(house: House, campaign_id: str) -> Counter[str]:
    """How many messages of the campaign are in which state."""
    found = house.rows(
        "SELECT state, count(*) AS messages FROM message WHERE stream_id = CAST(:id AS uuid) GROUP BY state",
        id=campaign_id,
    )
    return Counter({row.state: row.messages for row in found})
