"""Reading a mailbox: cursors, catching up, renumbered folders, Sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from imapclient import imap_utf7

from loumass.core import clock
from loumass.core.network import dial
from loumass.providers.base import FetchedBatch
from loumass.providers.errors import Disconnected, Unavailable
from loumass.providers.events import MessageArrived
from loumass.providers.smtp import mailbox
from loumass.providers.smtp.client import Smtp
from tests.fakes.imap import FakeImapServer
from tests.fakes.loopback import Line, LoopbackServer
from tests.fakes.smtp import FakeSmtpServer
from tests.providers.test_smtp import Mailbox
from tests.providers.vendor import context


class Reading:
    """A mailbox that is polled again and again, keeping its cursor as a channel would."""

    def __init__(self, imap: FakeImapServer, smtp: FakeSmtpServer, **credentials: Any) -> None:
        self.imap = imap
        self.vendor = Mailbox(
            smtp,
            smtp_username="maya",
            smtp_password="secret",
            imap_host=imap.host,
            imap_port=imap.port,
            **{"imap_security": "none", **credentials},
        )
        self.cursor: dict[str, Any] = {}

    @property
    def provider(self) -> Smtp:
        opened = self.vendor.open()
        assert isinstance(opened, Smtp)
        return opened

    def poll(self) -> FetchedBatch:
        batch = self.provider.fetch(self.cursor)
        self.cursor = batch.cursor
        return batch

    def arrive(self, subject: str, **more: Any) -> None:
        self.imap.inbox.drop_in(_mail(subject), **more)

    def subjects(self) -> list[str]:
        """Everything that has come since, in as many batches as it takes."""
        found: list[str] = []
        for _ in range(50):
            batch = self.poll()
            found += [_subject(item.body) for item in batch.items]
            if not batch.more:
                return found
        raise AssertionError("The mailbox never ends.")


@pytest.fixture
def reading() -> Iterator[Reading]:
    with FakeImapServer(users={"maya": "secret"}) as imap, FakeSmtpServer() as smtp:
        yield Reading(imap, smtp)


def test_an_old_mailbox_starts_at_its_end(reading: Reading) -> None:
    reading.arrive("Long ago")
    assert reading.subjects() == []
    reading.arrive("Now")
    assert reading.subjects() == ["Now"]


def test_nothing_new_is_nothing_although_servers_always_return_the_last_message(reading: Reading) -> None:
    reading.subjects()
    reading.arrive("One")
    assert reading.subjects() == ["One"]
    assert reading.subjects() == []


def test_what_came_while_away_comes_in_batches(reading: Reading) -> None:
    reading.subjects()
    for number in range(mailbox.BATCH * 2 + 3):
        reading.arrive(f"Mail {number}")
    first = reading.poll()
    assert len(first.items) == mailbox.BATCH
    assert first.more
    assert len(reading.subjects()) == mailbox.BATCH + 3


def test_a_batch_is_bounded_in_bytes_too(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "BATCH_BYTES", 250)
    reading.subjects()
    for number in range(4):
        reading.arrive(f"Mail {number} {'x' * 100}")
    assert len(reading.poll().items) == 1
    assert len(reading.subjects()) == 3


def test_an_enormous_message_is_read_in_part(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "MAXIMUM_MESSAGE", 2_000)
    reading.subjects()
    reading.imap.inbox.drop_in(_mail("Big") + b"x" * 100_000)
    (item,) = reading.poll().items
    assert len(item.body) == 2_000
    (event,) = reading.provider.parse(item)
    assert isinstance(event, MessageArrived)
    assert event.subject == "Big"


def test_great_gaps_in_the_numbers_are_crossed(reading: Reading, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailbox, "UID_WINDOW", 100)
    reading.subjects()
    reading.imap.inbox.uid_next = 950
    reading.arrive("Beyond the gap")
    assert reading.subjects() == ["Beyond the gap"]


def test_a_renumbered_mailbox_is_read_again_and_known_by_its_content(reading: Reading) -> None:
    reading.subjects()
    reading.arrive("Before")
    known = {item.identity for item in reading.poll().items}
    reading.imap.inbox.rebuild()
    reading.arrive("After")
    items = reading.poll().items
    assert [_subject(item.body) for item in items] == ["Before", "After"]
    assert items[0].identity in known
    assert items[1].identity not in known
    assert reading.subjects() == []


def test_a_renumbered_mailbox_does_not_bring_back_last_year(reading: Reading) -> None:
    long_ago = datetime.now(UTC) - timedelta(days=300)
    reading.arrive("Last year", arrived_at=long_ago)
    reading.subjects()
    reading.imap.inbox.rebuild()
    reading.arrive("Today")
    assert reading.subjects() == ["Today"]


def test_a_server_that_does_not_tell_the_next_number(reading: Reading) -> None:
    reading.imap.hides_uid_next = True
    reading.arrive("Old")
    assert reading.subjects() == []
    reading.arrive("New")
    assert reading.subjects() == ["New"]


def test_our_own_sent_mail_is_seen_as_our_own(reading: Reading) -> None:
    reading.subjects()
    reading.imap.sent.drop_in(_mail("By hand", sender="maya@acme.example"))
    reading.arrive("A reply")
    events = [reading.provider.parse(item)[0] for item in reading.poll().items]
    assert [(e.subject, e.is_own_copy) for e in events if isinstance(e, MessageArrived)] == [
        ("A reply", False),
        ("By hand", True),
    ]


def test_the_time_of_arrival_is_the_server_s(reading: Reading) -> None:
    reading.subjects()
    moment = clock.now().replace(microsecond=0) - timedelta(hours=5)
    reading.arrive("Earlier", arrived_at=moment)
    assert reading.poll().items[0].received_at == moment


def test_polling_marks_nothing_as_read(reading: Reading) -> None:
    reading.subjects()
    reading.arrive("Unread")
    reading.subjects()
    assert not any(command.startswith("SELECT") for command in reading.imap.commands)
    assert all("BODY[]" not in command for command in reading.imap.commands)


def test_a_wrong_password_disconnects(reading: Reading) -> None:
    reading.imap.users["maya"] = "changed"
    with pytest.raises(Disconnected):
        reading.poll()


def test_a_server_that_is_busy_is_only_unavailable(reading: Reading) -> None:
    reading.imap.on_login = "NO [UNAVAILABLE] try again later"
    with pytest.raises(Unavailable):
        reading.poll()


@pytest.mark.parametrize("command", ["EXAMINE", "UID SEARCH", "UID FETCH", "LIST"])
def test_a_cut_anywhere_is_unavailable_and_loses_nothing(reading: Reading, command: str) -> None:
    reading.subjects()
    reading.arrive("Important")
    reading.imap.cut_on = command
    with pytest.raises(Unavailable):
        reading.poll()
    reading.imap.cut_on = ""
    assert reading.subjects() == ["Important"]


@pytest.mark.parametrize("security", ["implicit", "starttls"])
def test_encryption(security: str) -> None:
    server = FakeImapServer(
        users={"maya": "secret"}, implicit_tls=security == "implicit", starttls=security == "starttls"
    )
    with server as imap, FakeSmtpServer() as smtp:
        reading = Reading(imap, smtp, imap_security=security)
        assert reading.subjects() == []
        assert imap.encrypted_logins == 1


def test_a_server_without_starttls_never_sees_the_password(reading: Reading) -> None:
    changed = reading.vendor.open(imap_security="starttls")
    with pytest.raises(Disconnected):
        changed.fetch({})
    assert not any(command.startswith("LOGIN") for command in reading.imap.commands)


def test_a_sent_folder_without_special_use_is_found_by_its_name() -> None:
    with (
        FakeImapServer(users={"maya": "secret"}, special_use=False, sent_name="Sent") as imap,
        FakeSmtpServer() as smtp,
    ):
        reading = Reading(imap, smtp)
        message = reading.vendor.message()
        imap.sent.drop_in(message.mime)
        assert reading.provider.find(message) is not None
        assert reading.provider.find(reading.vendor.message()) is None


@pytest.mark.parametrize("name", ["Gesendet", "INBOX/Envoy\u00e9s", "Sent Messages"])
def test_a_sent_folder_has_a_name_in_many_languages(name: str) -> None:
    with (
        FakeImapServer(users={"maya": "secret"}, special_use=False, sent_name=_utf7(name)) as imap,
        FakeSmtpServer() as smtp,
    ):
        reading = Reading(imap, smtp)
        message = reading.vendor.message()
        imap.sent.drop_in(message.mime)
        assert reading.provider.find(message) is not None


def test_what_landed_in_junk_is_read_and_marked(reading: Reading) -> None:
    reading.subjects()
    reading.imap.junk.drop_in(_mail("Re: An invitation"))
    (item,) = reading.poll().items
    (event,) = reading.provider.parse(item)
    assert isinstance(event, MessageArrived)
    assert event.is_junk
    assert reading.subjects() == []


def test_what_is_moved_from_junk_to_the_inbox_is_new(reading: Reading) -> None:
    reading.subjects()
    reading.imap.junk.drop_in(_mail("Not junk at all"))
    (junk,) = reading.poll().items
    reading.imap.inbox.drop_in(_mail("Not junk at all"))
    (moved,) = reading.poll().items
    assert junk.identity != moved.identity


def test_junk_that_pretends_to_be_us_says_nothing(reading: Reading) -> None:
    reading.subjects()
    reading.imap.junk.drop_in(_mail("I am you", sender="maya@acme.example"))
    (item,) = reading.poll().items
    assert reading.provider.parse(item) == []


def test_a_full_inbox_does_not_starve_junk_and_sent(reading: Reading) -> None:
    reading.subjects()
    for number in range(mailbox.BATCH + 5):
        reading.arrive(f"Mail {number}")
    reading.imap.junk.drop_in(_mail("In junk"))
    reading.imap.sent.drop_in(_mail("In sent", sender="maya@acme.example"))
    assert {"In junk", "In sent"} <= set(reading.subjects())


@pytest.mark.parametrize(("username", "password"), [("maya", "geh\u00e9im"), ("m\u00e4ya", "secret")])
def test_a_login_beyond_ascii(reading: Reading, username: str, password: str) -> None:
    reading.imap.users = {username: password}
    assert reading.vendor.open(imap_username=username, imap_password=password).fetch({}).items == []


@pytest.mark.parametrize("nonsense", ["a..b", "x" * 64 + ".example", ".example"])
@pytest.mark.parametrize("part", ["imap_host", "smtp_host"])
def test_a_name_that_no_server_can_have_is_said_so(reading: Reading, part: str, nonsense: str) -> None:
    provider = Smtp(reading.vendor.open(**{part: nonsense}).credentials, context(dial=dial))
    with pytest.raises(Unavailable, match="No server is called"):
        provider.check() if part == "smtp_host" else provider.fetch({})


@pytest.mark.parametrize(
    "greeting",
    [
        "HTTP/1.1 400 Bad Request",
        "220 a mail server",
        "\xff\xfe",
        "* OK hello\r\n* CAPABILITY",
        "",
        "* BYE no",
    ],
)
def test_what_speaks_another_language_is_unavailable(greeting: str) -> None:
    with Babble(greeting) as server, FakeSmtpServer() as smtp:
        vendor = Mailbox(smtp, smtp_username="m", smtp_password="p", imap_host=server.host,
                         imap_port=server.port, imap_security="none")  # fmt: skip
        with pytest.raises(Unavailable):
            vendor.open().fetch({})


class Babble(LoopbackServer):
    """Says the same whatever it is told."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words

    def converse(self, line: Line) -> None:
        for _ in range(20):
            line.write(f"{self.words}\r\n".encode("latin-1"))
            if not line.read_line():
                return


def _utf7(name: str) -> str:
    return imap_utf7.encode(name).decode()


def test_without_imap_nothing_is_fetched_or_found() -> None:
    with FakeSmtpServer() as smtp:
        vendor = Mailbox(smtp)
        provider = vendor.open()
        assert provider.fetch({"x": 1}) == FetchedBatch([], {"x": 1}, more=False)
        assert provider.find(vendor.message()) is None
        assert "No IMAP server" in provider.check()


def test_a_silent_imap_server_is_unavailable() -> None:
    with FakeSmtpServer() as smtp:
        # An SMTP server greets, but never the way IMAP does.
        vendor = Mailbox(
            smtp,
            smtp_username="m",
            smtp_password="p",
            imap_host=smtp.host,
            imap_port=smtp.port,
            imap_security="none",
        )
        provider = Smtp(vendor.open().credentials, context())
        with pytest.raises(Unavailable):
            provider.fetch({})


def _mail(subject: str, sender: str = "priya@people.example") -> bytes:
    return (
        f"From: {sender}\r\nTo: maya@acme.example\r\nSubject: {subject}\r\n"
        f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S} +0000\r\n"
        f"Message-ID: <{subject.replace(' ', '.')[:40]}@people.example>\r\n\r\nHello\r\n"
    ).encode()


def _subject(raw: bytes) -> str:
    return raw.partition(b"Subject: ")[2].partition(b"\r\n")[0].decode()
