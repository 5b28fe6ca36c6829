"""Copies of what was sent: filed once, where nobody else files them, and never at the cost of a sending."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from loumass.providers.errors import Rejected, Sent, Unknown
from loumass.providers.events import MessageArrived
from loumass.providers.smtp.client import Smtp
from loumass.providers.smtp.credentials import SmtpCredentials
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer, Twist
from tests.providers.test_smtp import Mailbox
from tests.providers.vendor import outcomes


class Office:
    """A plain mail server, which files nothing, and the mailbox beside it."""

    def __init__(self, imap: FakeImapServer, smtp: FakeSmtpServer) -> None:
        self.imap, self.smtp = imap, smtp
        self.vendor = Mailbox(
            smtp, imap_host=imap.host, imap_port=imap.port, imap_security="none",
            imap_username="maya", imap_password="secret",
        )  # fmt: skip

    def open(self, **changes: Any) -> Smtp:
        opened = self.vendor.open(**changes)
        assert isinstance(opened, Smtp)
        return opened

    def filed(self) -> list[bytes]:
        return [mail.content for mail in self.imap.sent.mails]


@pytest.fixture
def office() -> Iterator[Office]:
    with FakeImapServer(users={"maya": "secret"}) as imap, FakeSmtpServer() as smtp:
        yield Office(imap, smtp)


def test_every_accepted_message_is_filed_as_it_was_sent(office: Office) -> None:
    messages = [office.vendor.message(text=f"Number {number}") for number in range(6)]
    with office.open() as provider:
        assert all(isinstance(one, Sent) for one in outcomes(provider, *messages))
    assert office.filed() == [message.mime for message in messages]
    assert office.imap.connections == 1


def test_a_filed_copy_settles_a_doubt_and_is_read_back_as_our_own(office: Office) -> None:
    message = office.vendor.message()
    cursor = office.open().fetch({}).cursor
    with office.open() as provider:
        outcomes(provider, message)
        assert provider.find(message) == Sent("", message_id=message.message_id)
    (item,) = office.open().fetch(cursor).items
    (event,) = office.open().parse(item)
    assert isinstance(event, MessageArrived)
    assert event.is_own_copy


def test_what_was_refused_or_is_in_doubt_is_not_filed(office: Office) -> None:
    refused, doubtful = office.vendor.message(), office.vendor.message()
    office.smtp.on_recipient[refused.to] = "550 5.7.1 no"
    office.smtp.on_content[doubtful.to] = Twist.CUT_BEFORE_ANSWER
    with office.open() as provider:
        assert [type(one) for one in outcomes(provider, refused, doubtful)] == [Rejected, Unknown]
    assert office.filed() == []


def test_what_the_server_has_filed_is_not_filed_again(office: Office) -> None:
    message = office.vendor.message()
    office.imap.sent.drop_in(message.mime)
    with office.open() as provider:
        outcomes(provider, message)
    assert len(office.filed()) == 1


@pytest.mark.parametrize("trouble", ["password", "full", "cut", "nonsense", "no folder"])
def test_a_copy_that_cannot_be_filed_does_not_touch_the_sending(office: Office, trouble: str) -> None:
    if trouble == "password":
        office.imap.users["maya"] = "changed"
    if trouble == "full":
        office.imap.on_append = "NO [OVERQUOTA] the mailbox is full"
    if trouble == "cut":
        office.imap.cut_on = "APPEND"
    if trouble == "nonsense":
        office.imap.on_select = "GIBBERISH (("
    if trouble == "no folder":
        del office.imap.folders[office.imap.sent.name]
    messages = [office.vendor.message() for _ in range(3)]
    with office.open() as provider:
        assert all(isinstance(one, Sent) for one in outcomes(provider, *messages))
    assert office.vendor.accepted() == [message.to for message in messages]
    assert office.imap.connections == 1


def test_nothing_is_filed_where_nobody_wants_it(office: Office) -> None:
    with office.open(sent_copies="never") as provider:
        outcomes(provider, office.vendor.message())
    assert office.imap.connections == 0


@pytest.mark.parametrize(
    ("changes", "files"),
    [
        ({}, True),
        ({"imap_host": ""}, False),
        ({"imap_host": "", "sent_copies": "always"}, False),
        ({"smtp_host": "smtp.gmail.com"}, False),
        ({"smtp_host": "SMTP.Office365.com"}, False),
        ({"smtp_host": "smtp.gmail.com", "sent_copies": "always"}, True),
        ({"smtp_host": "smtp.notgmail.com"}, True),
        ({"sent_copies": "never"}, False),
    ],
)
def test_who_files_copies(changes: dict[str, str], files: bool) -> None:
    given = {"email": "maya@acme.example", "smtp_host": "mail.acme.example", "imap_host": "mail.acme.example"}
    assert SmtpCredentials.model_validate({**given, **changes}).files_copies is files


def test_testing_the_connection_says_where_copies_go(office: Office) -> None:
    assert office.open().check().endswith("copies of what is sent are filed in Sent Items.")
    assert office.open(sent_copies="never").check().endswith("what was sent is looked up in Sent Items.")
