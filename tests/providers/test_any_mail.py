"""Whatever a mailbox holds, reading it raises nothing, tells the same twice and loses no message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from loumass.messages.cleaning import cleaned
from loumass.providers.events import MessageArrived, MessageBounced, ProviderEvent
from loumass.providers.mail import parsing
from tests.providers.contract import mangled
from tests.providers.mails import ARF, dsn

AT = datetime(2026, 3, 3, 16, tzinfo=UTC)
at_random = settings(max_examples=150, deadline=None, derandomize=True)
FAILED = "Final-Recipient: rfc822; priya@people.example\nAction: failed\nStatus: 5.1.1"
LETTERS = {
    "report": dsn(FAILED).replace("\n", "\r\n").encode(),
    "complaint": ARF.replace("\n", "\r\n").encode(),
    "answer": (
        b"From: =?utf-8?q?Pri=C3=A4ya?= <priya@people.example>\r\nTo: maya@acme.example\r\n"
        b"Subject: =?iso-8859-1?b?R3L832U=?=\r\nIn-Reply-To: <first@acme.example>\r\nMIME-Version: 1.0\r\n"
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: multipart/alternative; boundary="c"'
        b'\r\n\r\n--c\r\nContent-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
        b"\r\nCount me in, gr=C3=BC=C3=9Fe\r\n--c\r\nContent-Type: text/html\r\n\r\n<p>Count me in</p>\r\n--c--\r\n--b"
        b"\r\nContent-Type: image/png; name*=utf-8''%e2%82%ac.png\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-ID: <a@b>\r\n\r\niVBORw0KGgo=\r\n--b--\r\n"
    ),
}
HEADERS = [
    "From", "To", "Subject", "Message-ID", "In-Reply-To", "References", "Date", "Content-Type", "Return-Path",
    "Content-Transfer-Encoding", "Content-Disposition", "Auto-Submitted", "X-Failed-Recipients", "MIME-Version",
]  # fmt: skip
ODD = some.sampled_from([
    "", "<>", "=?utf-8?q?=FF?=", "=?x?b?!!!?=", "multipart/mixed", 'multipart/mixed; boundary=""', "message/rfc822",
    "multipart/report; report-type=delivery-status; boundary=b", "message/delivery-status", "text/plain; charset=\"\0\"",
    "text/html; charset=utf-16", "base64", "x-uuencode", "<a@b> <c@d>", "a b c <<<", "Re: " * 200, "attachment; filename*0*=x",
    "text/plain; charset*=a'b", "mailer-daemon@x", "\ud800", "é" * 100, "text/plain; charset=idna", "text/plain; charset=rot13",
])  # fmt: skip


def read(raw: bytes, *, is_junk: bool = False) -> list[ProviderEvent]:
    """Read twice, and made fit for the database, as a delivery would be."""
    options = {"received_at": AT, "own_addresses": ["maya@acme.example"]}
    first = parsing.read(raw, **options, is_from_junk=is_junk)  # type: ignore[arg-type]
    assert first == parsing.read(raw, **options, is_from_junk=is_junk)  # type: ignore[arg-type]
    for event in first:
        assert "\x00" not in str(cleaned(event))
    return first


@at_random
@given(raw=some.binary(max_size=2_000), is_junk=some.booleans())
def test_any_bytes_arrive(raw: bytes, is_junk: bool) -> None:
    events = read(raw, is_junk=is_junk)
    assert len(events) == 1
    assert isinstance(events[0], MessageArrived)


@pytest.mark.parametrize("kind", LETTERS)
def test_any_damage_to_a_letter_or_report_is_survived(kind: str) -> None:
    @at_random
    @given(seed=some.integers(0, 10**9))
    def damage(seed: int) -> None:
        read(mangled(LETTERS[kind], seed))

    damage()


@at_random
@given(
    lines=some.lists(
        some.tuples(some.sampled_from(HEADERS), some.one_of(ODD, some.text(max_size=40))), max_size=10
    ),
    body=some.one_of(some.binary(max_size=300), some.sampled_from(list(LETTERS.values()))),
)
def test_any_headers_are_survived(lines: list[tuple[str, str]], body: bytes) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in lines).encode("utf-8", "surrogatepass")
    read(head + b"\r\n" + body)


@at_random
@given(
    action=some.sampled_from(["failed", "FAILED", "delayed", "delivered", "relayed", "", "x"]),
    status=some.one_of(
        some.from_regex(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}", fullmatch=True), some.text(max_size=12)
    ),
    diagnostic=some.text(max_size=60),
)
def test_only_a_five_ever_counts_for_good(action: str, status: str, diagnostic: str) -> None:
    one_line = " ".join(diagnostic.split())
    fields = f"Final-Recipient: rfc822; priya@people.example\nAction: {action}\nStatus: {' '.join(status.split())}\n"
    for event in read(
        f"{dsn(f'{fields}Diagnostic-Code: smtp; {one_line}')}".encode("utf-8", "surrogatepass")
    ):
        if isinstance(event, MessageBounced):
            assert event.permanent == event.code.startswith("5")
            assert not event.address_is_dead or event.permanent


def test_an_endless_nest_is_survived() -> None:
    raw = b"From: a@b.example\r\n"
    for depth in range(2_000):
        raw += b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (depth, depth)
    (event,) = read(raw)
    assert isinstance(event, MessageArrived)
