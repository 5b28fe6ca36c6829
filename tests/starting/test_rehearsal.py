"""`make rehearsal`: what it prints and what the README promises of it hold."""

from __future__ import annotations

import imaplib
import smtplib
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx2
import pytest

from loumass.starting.own_settings import own_settings
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER, signature
from tests.rehearsal.__main__ import IMAP_PORT, SMTP_PORT, TWILIO_PORT, WELCOME, obey
from tests.rehearsal.post import MAILBOX, SECRET, Post
from tests.rehearsal.telephone import INBOUND_PATH, Telephone
from tests.stories.letters import read, words_of
from tests.waiting import until

DOCS = Path(__file__).parents[2] / "docs"
PRIYA, PHONE = "priya@foothillmain.example", "+13035550101"


class Loumass(HTTPServer):
    """Keeps what Twilio calls it with: path, fields, and whether the signature fits."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Keeping)
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.calls: list[tuple[str, dict[str, str], bool]] = []


class _Keeping(BaseHTTPRequestHandler):
    server: Loumass  # pyright: ignore[reportIncompatibleVariableOverride]  it is started by no other

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        fits = self.headers["X-Twilio-Signature"] == signature(f"{self.server.address}{self.path}", fields)
        self.server.calls.append((self.path, fields, fits))
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def loumass() -> Iterator[Loumass]:
    server = Loumass()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def post(told: list[str]) -> Iterator[Post]:
    with Post(0, 0, told.append) as post:
        yield post


@pytest.fixture
def telephone(loumass: Loumass, told: list[str]) -> Iterator[Telephone]:
    with Telephone(0, loumass.address, told.append) as telephone:
        telephone.stopping.set()  # so that the end of the typed lines is the end
        yield telephone


def mailed(post: Post, text: str = "Can you make it?") -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Rosa Marin <{MAILBOX}>", PRIYA, "A seat for you"
    mail["Message-ID"] = "<first@rehearsal.example>"
    mail.set_content(text)
    with smtplib.SMTP(post.smtp.host, post.smtp.port, timeout=10) as wire:
        wire.send_message(mail)


def arrived(post: Post) -> list[EmailMessage]:
    """What lies in the mailbox, read as the printed login says."""
    with imaplib.IMAP4(post.imap.host, post.imap.port, timeout=10) as wire:
        wire.login(MAILBOX, SECRET)
    return [read(mail.content) for mail in post.imap.inbox.mails]


def texted(telephone: Telephone, **more: str) -> httpx2.Response:
    fields = {"To": PHONE, "From": NUMBER, "Body": "Can you make it?", **more}
    url = f"{telephone.base_url}/2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json"
    return httpx2.post(url, data=fields, auth=(ACCOUNT_SID, AUTH_TOKEN), trust_env=False)


def test_the_settings_that_are_copied_allow_exactly_what_it_listens_on() -> None:
    settings = own_settings(DOCS / "rehearsal.env")
    ports = {int(one.rpartition(":")[2]) for one in settings["ALLOWED_PRIVATE_HOSTS"].split(",")}
    assert ports == {SMTP_PORT, IMAP_PORT, TWILIO_PORT}
    assert settings["TWILIO_API_URL"].endswith(f":{TWILIO_PORT}")
    assert settings["SYSTEM_MAIL_URL"].endswith(f":{SMTP_PORT}")
    for word in (MAILBOX, SECRET, NUMBER, ACCOUNT_SID, AUTH_TOKEN, str(SMTP_PORT), str(IMAP_PORT)):
        assert word in WELCOME


def test_a_reply_arrives_in_the_thread_of_the_last_e_mail(
    post: Post, telephone: Telephone, told: list[str]
) -> None:
    mailed(post)
    assert told == [f"e-mail to {PRIYA}: A seat for you"]
    obey([f"reply {PRIYA.upper()} Count me in, and Joel\n", f"away {PRIYA}\n"], post, telephone)
    reply, away = arrived(post)
    assert words_of(reply).startswith("Count me in, and Joel\r\n")
    assert (reply["In-Reply-To"], reply["From"]) == ("<first@rehearsal.example>", PRIYA)
    assert away["Auto-Submitted"] == "auto-replied"
    assert len(post.imap.sent.mails) == 1


def test_a_bounce_names_who_does_not_live_there(post: Post, telephone: Telephone) -> None:
    mailed(post)
    obey([f"bounce {PRIYA}\n"], post, telephone)
    (report,) = arrived(post)
    assert report.get_content_type() == "multipart/report"
    assert f"Final-Recipient: rfc822; {PRIYA}" in report.as_string()


def test_what_is_shown_has_the_thread_and_the_words(
    post: Post, telephone: Telephone, capsys: pytest.CaptureFixture[str]
) -> None:
    obey([f"show {PRIYA}\n"], post, telephone)
    assert capsys.readouterr().out == f"No e-mail has gone to {PRIYA} yet.\n"
    mailed(post)
    obey([f"show {PRIYA}\n", "nonsense\n", "reply\n"], post, telephone)
    said = capsys.readouterr().out
    assert "Message-ID: <first@rehearsal.example>\n\nCan you make it?" in said
    assert said.count("reply ADDRESS WORDS") == 2


def test_a_text_is_reported_delivered_by_a_signed_call(
    telephone: Telephone, loumass: Loumass, told: list[str]
) -> None:
    answer = texted(telephone, StatusCallback=f"{loumass.address}/hooks/twilio/token")
    assert answer.status_code == 201
    until(lambda: loumass.calls, "Loumass is called")
    ((path, fields, fits),) = loumass.calls
    assert (path, fits) == ("/hooks/twilio/token", True)
    assert (fields["MessageSid"], fields["MessageStatus"]) == (answer.json()["sid"], "delivered")
    assert told == [f"text to {PHONE}: Can you make it?"]


def test_who_texts_stop_is_not_texted_until_they_text_start(
    post: Post, telephone: Telephone, loumass: Loumass
) -> None:
    obey([f"text {PHONE} Yes, keep me a seat\n", f"text {PHONE} STOP\n"], post, telephone)
    assert [(path, fields["Body"], fields["From"], fits) for path, fields, fits in loumass.calls] == [
        (INBOUND_PATH, "Yes, keep me a seat", PHONE, True),
        (INBOUND_PATH, "STOP", PHONE, True),
    ]
    assert texted(telephone).json()["code"] == 21610
    obey([f"text {PHONE} start\n"], post, telephone)
    assert texted(telephone).status_code == 201


def test_a_loumass_that_is_not_there_is_named(telephone: Telephone, told: list[str]) -> None:
    telephone = Telephone(0, "http://127.0.0.1:1", told.append)
    telephone.says(PHONE, "Hello")
    assert told[0].startswith(f"Loumass does not answer at http://127.0.0.1:1{INBOUND_PATH}")
