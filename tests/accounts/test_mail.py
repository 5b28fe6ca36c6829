"""Mail of the installation itself: nothing lost, nothing shown, whatever the server does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from loumass.accounts import mail
from loumass.accounts.models import SystemMail
from loumass.config import Settings
from loumass.core.tenancy import globally
from tests.accounts.conftest import Mailbox
from tests.fakes.smtp import FakeSmtpServer
from tests.world import World


def keep(*recipients: str) -> None:
    with globally() as session:
        for recipient in recipients:
            mail.keep(recipient, f"Hello {recipient}", "plain words", "<p>words</p>")
        session.commit()


def kept() -> dict[str, SystemMail]:
    with globally() as session:
        return {one.recipient: one for one in session.scalars(select(SystemMail))}


def test_a_mail_arrives_whole(world: World, mailbox: Mailbox) -> None:
    keep("ben@acme.example")
    mail.ring_if_due()
    one = mailbox.last("ben@acme.example")
    assert one["Subject"] == "Hello ben@acme.example"
    assert one["Auto-Submitted"] == "auto-generated"
    plain, html = one.get_body(("plain",)), one.get_body(("html",))
    assert plain
    assert plain.get_content().strip() == "plain words"
    assert html
    assert html.get_content().strip() == "<p>words</p>"


def test_an_unusual_name_stays_on_its_line(world: World, mailbox: Mailbox) -> None:
    with globally() as session:
        mail.keep("ben@acme.example", "Grüße von Zoë", "äöü 😀", "<p>ä</p>")
        session.commit()
    mail.ring_if_due()
    assert mailbox.last("ben@acme.example")["Subject"] == "Grüße von Zoë"


def test_a_server_that_is_away_delays_and_loses_nothing(world: World, settings: Settings) -> None:
    with FakeSmtpServer() as server:
        port = server.port
    mail.use(replace(settings, system_mail_url=f"smtp://127.0.0.1:{port}"))
    keep("ben@acme.example")
    mail.ring_if_due()
    world.work()
    waiting = kept()["ben@acme.example"]
    assert waiting.sent_at is None
    assert waiting.sealed_text is not None
    assert "does not answer" in (waiting.problem or "")
    with FakeSmtpServer() as server:
        mail.use(replace(settings, system_mail_url=f"smtp://127.0.0.1:{server.port}"))
        mail.ring_if_due()
        world.work()
        assert server.received == []
        world.later(minutes=2)
        mail.ring_if_due()
        world.work()
        assert len(server.received) == 1
    mail.use(settings)


def test_one_dead_address_does_not_hold_up_the_others(world: World, mailbox: Mailbox) -> None:
    mailbox.server.on_recipient["gone@acme.example"] = "550 5.1.1 no such user"
    keep("gone@acme.example", "ben@acme.example")
    mail.ring_if_due()
    assert [one["To"] for one in mailbox.mails()] == ["ben@acme.example"]
    gone = kept()["gone@acme.example"]
    assert gone.sent_at is None
    assert gone.due_at is None
    assert gone.sealed_text is None
    assert "550" in (gone.problem or "")


def test_a_busy_server_is_asked_again_and_given_up_at_last(world: World, mailbox: Mailbox) -> None:
    mailbox.server.on_recipient["ben@acme.example"] = "451 4.7.1 later"
    keep("ben@acme.example")
    for _ in range(8):
        mail.ring_if_due()
        world.work()
        world.later(hours=5)
    one = kept()["ben@acme.example"]
    assert (one.sent_at, one.due_at, one.attempts) == (None, None, 6)


def test_a_worker_that_died_gives_its_mail_back(world: World, mailbox: Mailbox) -> None:
    keep("ben@acme.example")
    with globally() as session:
        assert len(mail.claim()) == 1
        session.commit()
    mail.ring_if_due()
    assert mailbox.mails() == []
    world.later(minutes=6)
    mail.ring_if_due()
    assert len(mailbox.mails()) == 1


def test_many_mails_go_over_few_connections(world: World, mailbox: Mailbox) -> None:
    keep(*(f"p{number}@acme.example" for number in range(45)))
    mail.ring_if_due()
    assert len({one["To"] for one in mailbox.mails()}) == 45


def test_without_a_server_development_prints_it(
    world: World, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    seen: list[dict[str, object]] = []

    class Log:
        def info(self, event: str, **facts: object) -> None:
            seen.append({"event": event, **facts})

    real, mail.log = mail.log, Log()
    keep("ben@acme.example")
    mail.ring_if_due()
    world.work()
    mail.log = real
    assert [(line["event"], line["to"]) for line in seen] == [("mail.printed", "ben@acme.example")]
    assert "plain words" in str(seen[0]["text"])
    assert kept()["ben@acme.example"].sent_at is not None


def test_without_a_server_production_keeps_it(world: World, settings: Settings) -> None:
    mail.use(replace(settings, environment="production"))
    keep("ben@acme.example")
    mail.ring_if_due()
    world.work()
    mail.use(settings)
    waiting = kept()["ben@acme.example"]
    assert waiting.sealed_text is not None
    assert waiting.due_at is not None
    assert waiting.problem == "SYSTEM_MAIL_URL is not set."


def test_a_password_is_never_sent_in_the_clear(
    world: World, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mail, "LOOPBACK", ())
    with FakeSmtpServer(users={"user": "word"}) as server:
        mail.use(replace(settings, system_mail_url=f"smtp://user:word@127.0.0.1:{server.port}"))
        keep("ben@acme.example")
        mail.ring_if_due()
        world.work()
        assert server.received == []
    mail.use(settings)
    assert "offers no TLS; the password was not sent" in (kept()["ben@acme.example"].problem or "")


@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
def test_tls_and_login_work(world: World, settings: Settings, scheme: str) -> None:
    secure = {"starttls": scheme == "smtp", "implicit_tls": scheme == "smtps"}
    with FakeSmtpServer(users={"us@er": "p/w"}, **secure) as server:  # pyright: ignore[reportArgumentType]
        mail.use(replace(settings, system_mail_url=f"{scheme}://us%40er:p%2Fw@localhost:{server.port}"))
        keep("ben@acme.example")
        mail.ring_if_due()
        world.work()
        assert len(server.received) == 1
    mail.use(settings)
