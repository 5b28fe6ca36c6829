"""SMTP in detail: encryption, login, pipelining, envelopes, addresses."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Disconnected, Rejected, Sent, Throttled, Unavailable, Unknown
from loumass.providers.mail.addresses import bounce_address, message_of, on_the_wire
from loumass.providers.smtp.client import Smtp
from loumass.providers.smtp.turns import PROVEN
from tests.fakes.smtp import FakeSmtpServer, Twist
from tests.providers.vendor import Vendor, context, outcomes


class Mailbox(Vendor):
    provider = Smtp

    def __init__(self, server: FakeSmtpServer, **credentials: Any) -> None:
        self.server = server
        self.good_credentials = {
            "email": "maya@acme.example",
            "smtp_host": server.host,
            "smtp_port": server.port,
            "smtp_security": "none",
            **credentials,
        }
        self._count = 0

    def address_that(self, behaviour: object = None) -> str:
        self._count += 1
        return f"person{self._count}@people.example"

    def accepted(self) -> list[str]:
        return [address for received in self.server.received for address in received.recipients]

    def text_received(self, address: str) -> str:
        return next(r.content for r in self.server.received if address in r.recipients).decode()


@contextmanager
def mailbox(credentials: dict[str, Any] | None = None, **server: Any) -> Iterator[Mailbox]:
    with FakeSmtpServer(**server) as fake:
        yield Mailbox(fake, **(credentials or {}))


LOGIN = {"smtp_username": "maya", "smtp_password": "grüße"}


def test_starttls_encrypts_before_the_password_is_told() -> None:
    with mailbox({"smtp_security": "starttls", **LOGIN}, starttls=True, users={"maya": "grüße"}) as vendor:
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Sent)
        assert vendor.server.encrypted_logins == 1


def test_tls_from_the_start() -> None:
    with mailbox(
        {"smtp_security": "implicit", **LOGIN}, implicit_tls=True, users={"maya": "grüße"}
    ) as vendor:
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Sent)
        assert vendor.server.encrypted_logins == 1


def test_a_server_without_starttls_never_sees_the_password() -> None:
    with mailbox({"smtp_security": "starttls", **LOGIN}, users={"maya": "grüße"}) as vendor:
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Disconnected)
        assert not any(command.startswith("AUTH") for command in vendor.server.commands)


def test_a_stranger_s_certificate_disconnects() -> None:
    with mailbox({"smtp_security": "implicit"}, implicit_tls=True) as vendor:
        provider = Smtp(vendor.open().credentials, context(open_tls=ssl.create_default_context))
        (outcome,) = outcomes(provider, vendor.message())
        assert isinstance(outcome, Disconnected)
        assert "certificate" in outcome.reason


def test_a_plain_server_where_tls_is_expected_disconnects() -> None:
    with mailbox({"smtp_security": "implicit"}) as vendor:
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Disconnected | Unavailable)


def test_a_server_that_only_knows_login() -> None:
    credentials = {"smtp_username": "maya", "smtp_password": "secret"}
    with mailbox(credentials, users={"maya": "secret"}, mechanism="LOGIN") as vendor:
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Sent)


def test_a_temporary_login_failure_is_no_disconnection() -> None:
    with mailbox(LOGIN, users={"maya": "grüße"}) as vendor:
        vendor.server.on_login = "454 4.7.0 temporary authentication failure"
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Unavailable)


def test_nobody_listens_there() -> None:
    with mailbox() as vendor:
        port = vendor.server.port
    messages = [vendor.message(), vendor.message()]
    told = outcomes(vendor.open(smtp_port=port), *messages)
    assert [type(outcome) for outcome in told] == [Unavailable, Unavailable]


def test_a_silent_server_is_unavailable() -> None:
    with mailbox() as vendor:
        vendor.server.on_connect = "421 4.3.2 closing for the night"
        assert isinstance(outcomes(vendor.open(), vendor.message())[0], Unavailable)


def test_a_server_that_says_too_many_connections_throttles_the_whole_batch() -> None:
    with mailbox() as vendor:
        vendor.server.on_connect = "421 4.7.0 too many connections, try again in 5 minutes"
        told = outcomes(vendor.open(), vendor.message(), vendor.message())
    assert [type(outcome) for outcome in told] == [Throttled, Throttled]
    assert isinstance(told[0], Throttled)
    assert told[0].retry_after.total_seconds() == 300
    assert vendor.server.connections == 1


def test_the_same_two_connections_serve_many_batches() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        for _ in range(3):
            assert all(
                isinstance(o, Sent) for o in outcomes(provider, *[vendor.message() for _ in range(PROVEN)])
            )
        assert vendor.server.connections == 2


def test_one_connection_is_enough_for_a_few() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        outcomes(provider, *[vendor.message() for _ in range(PROVEN)])
        assert vendor.server.connections == 1


def test_a_pipelining_server_gets_a_letter_per_round_trip() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        outcomes(provider, *[vendor.message() for _ in range(4)])
        verbs = [command[:4] for command in vendor.server.commands]
    assert verbs == ["ehlo", *(["MAIL", "RCPT", "DATA"] * 4)]


def test_a_kept_connection_that_went_stale_is_opened_again() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        assert isinstance(outcomes(provider, vendor.message())[0], Sent)
        for line in vendor.server._lines:
            line.cut()
        assert isinstance(outcomes(provider, vendor.message())[0], Sent)
        assert vendor.server.connections == 2
        assert len(vendor.accepted()) == 2


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_server_that_takes_only_some_messages_per_connection(pipelining: bool) -> None:
    with mailbox(messages_per_connection=3, pipelining=pipelining) as vendor, vendor.open() as provider:
        messages = [vendor.message() for _ in range(10)]
        assert all(isinstance(outcome, Sent) for outcome in outcomes(provider, *messages))
        assert vendor.accepted() == [message.to for message in messages]
        assert vendor.server.connections == 4


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_cut_in_mid_batch_leaves_exactly_one_in_doubt(pipelining: bool) -> None:
    with mailbox(pipelining=pipelining) as vendor, vendor.open() as provider:
        messages = [vendor.message() for _ in range(6)]
        vendor.server.on_content[messages[2].to] = Twist.CUT_BEFORE_ANSWER
        told = [type(outcome) for outcome in outcomes(provider, *messages)]
    assert told == [Sent, Sent, Unknown, Unavailable, Unavailable, Unavailable]
    assert vendor.accepted() == [message.to for message in messages[:3]]


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_cut_before_the_content_leaves_nothing_in_doubt(pipelining: bool) -> None:
    with mailbox(pipelining=pipelining) as vendor, vendor.open() as provider:
        messages = [vendor.message() for _ in range(3)]
        vendor.server.on_data_command[messages[1].to] = Twist.LOSE_AND_CUT
        told = [type(outcome) for outcome in outcomes(provider, *messages)]
    assert told == [Sent, Unavailable, Unavailable]
    assert vendor.accepted() == [messages[0].to]


@pytest.mark.parametrize("pipelining", [True, False])
def test_nonsense_after_the_content_is_doubt(pipelining: bool) -> None:
    with mailbox(pipelining=pipelining) as vendor, vendor.open() as provider:
        messages = [vendor.message(), vendor.message()]
        vendor.server.on_content[messages[0].to] = Twist.NONSENSE
        told = [type(outcome) for outcome in outcomes(provider, *messages)]
    assert told == [Unknown, Unavailable]


def test_an_eager_server_never_gets_content_for_nobody() -> None:
    with mailbox(eager=True) as vendor, vendor.open() as provider:
        bad, good = vendor.message(), vendor.message()
        vendor.server.on_recipient[bad.to] = "550 5.1.1 no such user"
        told = outcomes(provider, bad, good)
    assert [type(outcome) for outcome in told] == [Rejected, Sent]
    assert vendor.accepted() == [good.to]


def test_an_abandoned_batch_sends_no_half_message() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        stream = provider.deliver([vendor.message(), vendor.message(), vendor.message()])
        next(stream)
        stream.close()  # type: ignore[attr-defined]
        assert isinstance(outcomes(provider, vendor.message())[0], Sent)
        assert vendor.accepted() == ["person1@people.example", "person4@people.example"]


@pytest.mark.parametrize(
    "text", [".", "..", "a\n.\nb", "a\r.\rb", "a\n.\r\nb", "a\r\n.\nMAIL FROM:<x>", ".\r\n.\r\n"]
)
def test_dots_and_line_ends_can_neither_end_a_message_nor_start_another(text: str) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        message = vendor.message(text=text)
        outcomes(provider, message, vendor.message())
        assert len(vendor.server.received) == 2
        received = vendor.text_received(message.to)
    assert received.partition("\r\n\r\n")[2].split() == text.split()
    assert "\n" not in received.replace("\r\n", "")
    assert "\r" not in received.replace("\r\n", "")


def test_a_message_over_the_announced_size_is_not_even_offered() -> None:
    with mailbox(size=2_000) as vendor, vendor.open() as provider:
        (outcome,) = outcomes(provider, vendor.message(text="x" * 3_000))
    assert isinstance(outcome, Rejected)
    assert outcome.code == "5.3.4"
    assert not any(command.startswith("MAIL") for command in vendor.server.commands)


def test_an_international_address_needs_a_server_that_takes_it() -> None:
    with mailbox(extensions=("8BITMIME",)) as vendor, vendor.open() as provider:
        refused, taken = outcomes(
            provider,
            vendor.message("jürgen@people.example"),
            vendor.message("jan@bücher.example", mime=b"Subject: plain\r\n\r\nhello\r\n"),
        )
        assert isinstance(refused, Rejected)
        assert isinstance(taken, Sent)
    assert vendor.accepted() == ["jan@xn--bcher-kva.example"]


def test_an_international_address_is_written_in_utf8_where_taken() -> None:
    with mailbox() as vendor, vendor.open() as provider:
        assert isinstance(outcomes(provider, vendor.message("jürgen@people.example"))[0], Sent)
    assert vendor.accepted() == ["jürgen@people.example"]
    assert "SMTPUTF8" in vendor.server.received[0].parameters


@pytest.mark.parametrize(
    "nonsense",
    ["", "nobody", "a@", "@b.example", "a b@c.example", "a@b.example, c@d.example", "<a>@b.example"],
)
def test_what_is_no_address_is_never_offered(nonsense: str) -> None:
    with mailbox() as vendor, vendor.open() as provider:
        message = vendor.message()
        broken = OutgoingMessage(id=message.id, medium="email", to=nonsense, mime=message.mime)
        (outcome,) = outcomes(provider, broken)
    assert isinstance(outcome, Rejected)
    assert outcome.address_is_dead


def test_bounces_go_to_the_mailbox_or_name_their_message() -> None:
    with mailbox() as vendor:
        plain, named, given = (
            vendor.message(),
            vendor.message(),
            vendor.message(envelope_sender="x@acme.example"),
        )
        with vendor.open() as provider:
            outcomes(provider, plain, given)
        with vendor.open(bounce_domain="bounces.acme.example") as provider:
            outcomes(provider, named)
        senders = [received.sender for received in vendor.server.received]
    assert senders[:2] == ["maya@acme.example", "x@acme.example"]
    assert message_of(senders[2]) == named.id


def test_a_bounce_address_cannot_be_made_up() -> None:
    message_id = Mailbox(FakeSmtpServer()).message().id
    address = bounce_address(message_id, "acme.example")
    assert message_of(address) == message_id
    assert message_of(f"<{address.upper()}>") == message_id
    changed = address.replace(address[10], "a" if address[10] != "a" else "b", 1)
    for forged in (
        changed,
        "bounce+@acme.example",
        "bounce+aaaa@acme.example",
        "bounce+!!@x",
        "maya@acme.example",
    ):
        assert message_of(forged) is None
    assert len(address.partition("@")[0]) <= 64


def test_a_domain_beyond_ascii_is_written_as_its_owner_registered_it() -> None:
    assert on_the_wire("a@straße.example") == "a@xn--strae-oqa.example"
    assert on_the_wire("a@MÜNCHEN.example") == "a@xn--mnchen-3ya.example"
    assert on_the_wire("a@plain.example") == "a@plain.example"
    with pytest.raises(UnicodeError):
        on_the_wire("a@" + "ü" * 80 + ".example")
