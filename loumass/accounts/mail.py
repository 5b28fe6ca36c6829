"""Mail of the installation itself: resets and invitations. Kept until sent, its text sealed."""

from __future__ import annotations

import json
import smtplib
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit
from uuid import UUID

import structlog
from sqlalchemy import DateTime, bindparam, case, delete, null, select, update

from loumass.accounts.models import Organization, SystemMail
from loumass.config import Settings
from loumass.core import clock, jobs, network
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.secrets import associated_data, seal, unseal
from loumass.core.tenancy import globally

BATCH = 20
#: A job that died while it sent gives its mails back after this long.
LEASE = timedelta(minutes=5)
BACKOFF = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 15, 60, 240))
TIMEOUT_SECONDS = 20
KEPT = timedelta(days=30)
LOOPBACK = ("localhost", "127.0.0.1", "::1")
_NOWHERE = UUID(int=0)
log = structlog.get_logger("mail")


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to send."""

    id: UUID
    recipient: str
    subject: str
    text: str
    html: str
    attempts: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a letter; `retry_at` is None when it was sent or failed for good."""

    letter: Letter
    problem: str | None = None
    retry_at: datetime | None = None


_settings: Settings | None = None


def use(settings: Settings) -> None:
    """Take `settings` for this process."""
    global _settings  # noqa: PLW0603  one installation, one outgoing server
    _settings = settings


def keep(recipient: str, subject: str, text: str, html: str, *, is_decoy: bool = False) -> None:
    """Keeps a mail in the current transaction; `ring` after the commit makes it go at once.

    A decoy is kept alike and never sent: who asks about a stranger's address must not feel a difference.
    """
    mail_id = uuid7()
    sealed = seal(json.dumps([text, html]).encode(), _bound_to(mail_id))
    kept = SystemMail(id=mail_id, recipient=recipient, subject=subject, sealed_text=sealed)
    if is_decoy:
        # None would become the column's default.
        kept.recipient, kept.due_at = "", null()
    db().add(kept)


def ring(organization_id: UUID) -> None:
    """Rings a worker, after the commit. Mail belongs to no organization; a job needs one to run for: any will do."""
    jobs.ring(jobs.Ring("accounts.send_mail", organization_id, "[]"))


def ring_if_due() -> None:
    """Rings when any mail is due: what a crash, a silent bell or a busy server left. For the clock."""
    with globally() as session:
        is_due = session.scalar(select(SystemMail.id).where(*_due()).limit(1))
    if is_due:
        ring_for_anybody()


def ring_for_anybody() -> None:
    """Rings where no organization is known yet: for resets."""
    with globally() as session:
        somebody = session.scalar(select(Organization.id).order_by(Organization.id).limit(1))
    if somebody:
        ring(somebody)


def forget_old() -> None:
    """Deletes what was sent or given up a month ago, with whom it went to. For the clock."""
    with globally() as session:
        old = SystemMail.due_at.is_(None) & (SystemMail.created_at < clock.now() - KEPT)
        session.execute(delete(SystemMail).where(old), execution_options={"synchronize_session": False})
        session.commit()


def claim() -> list[Letter]:
    """Up to BATCH letters that are due, oldest first, leased to the caller. Commit before sending."""
    due = (
        select(SystemMail.id)
        .where(*_due())
        .order_by(SystemMail.due_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(SystemMail)
        .where(SystemMail.id.in_(due.scalar_subquery()))
        .values(attempts=SystemMail.attempts + 1, due_at=clock.now() + LEASE)
        .returning(
            SystemMail.id,
            SystemMail.recipient,
            SystemMail.subject,
            SystemMail.sealed_text,
            SystemMail.attempts,
        )
    )
    letters = []
    for row in db().execute(statement, execution_options={"synchronize_session": False}):
        text, html = json.loads(unseal(row.sealed_text, _bound_to(row.id)))
        letters.append(Letter(row.id, row.recipient, row.subject, text, html, row.attempts))
    # An update returns its rows in any order; whoever gets two mails reads the later one last.
    return sorted(letters, key=lambda letter: letter.id)


def send(letters: Sequence[Letter]) -> list[Outcome]:
    """Hands `letters` over, over one connection, and says what became of each."""
    settings = _in_use()
    if not settings.system_mail_url:
        return [_without_server(letter, settings) for letter in letters]
    outcomes: list[Outcome] = []
    try:
        with _connected(settings.system_mail_url) as server:
            for letter in letters:
                outcomes.append(_handed_over(server, letter, settings))
    except (OSError, smtplib.SMTPException) as problem:
        log.warning("mail.server_away", problem=str(problem))
        outcomes += [
            _later(letter, f"The mail server does not answer: {problem}")
            for letter in letters[len(outcomes) :]
        ]
    return outcomes


def record(outcomes: Sequence[Outcome]) -> None:
    """Keeps what became of letters, in one statement; what was sent is forgotten but for its subject."""
    again_at = bindparam("again_at", type_=DateTime(timezone=True))
    statement = (
        update(SystemMail.__table__)  # pyright: ignore[reportArgumentType]  a Table at run time
        .where(SystemMail.id == bindparam("mail_id"))
        .values(
            sent_at=bindparam("at"),
            problem=bindparam("why"),
            due_at=again_at,
            sealed_text=case((again_at.is_(None), None), else_=SystemMail.sealed_text),
        )
    )
    now = clock.now()
    db().execute(
        statement,
        [
            {
                "mail_id": outcome.letter.id,
                "at": None if outcome.problem else now,
                "why": outcome.problem,
                "again_at": outcome.retry_at,
            }
            for outcome in outcomes
        ],
    )


def message(letter: Letter, sender: str, at: datetime) -> EmailMessage:
    """The complete mail."""
    composed = EmailMessage(policy=SMTP)
    composed["From"] = sender
    composed["To"] = letter.recipient
    composed["Subject"] = letter.subject
    composed["Date"] = format_datetime(at)
    composed["Message-ID"] = make_msgid(letter.id.hex, parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(letter.text)
    composed.add_alternative(letter.html, subtype="html")
    return composed


def _handed_over(server: smtplib.SMTP, letter: Letter, settings: Settings) -> Outcome:
    try:
        server.send_message(message(letter, settings.system_mail_from, clock.now()))
    except smtplib.SMTPRecipientsRefused as problem:
        code, said = next(iter(problem.recipients.values()))
        reason = f"{code} {said.decode(errors='replace')}"
        return Outcome(letter, reason) if code >= 500 else _later(letter, reason)
    except smtplib.SMTPResponseException as problem:
        return _later(letter, f"{problem.smtp_code} {problem.smtp_error!r}")
    return Outcome(letter)


def _without_server(letter: Letter, settings: Settings) -> Outcome:
    if settings.is_production:
        log.error("mail.no_server", remedy="set SYSTEM_MAIL_URL; the mail waits")
        return Outcome(letter, "SYSTEM_MAIL_URL is not set.", clock.now() + BACKOFF[-1])
    log.info("mail.printed", to=letter.recipient, subject=letter.subject, text=f"\n{letter.text}")
    return Outcome(letter)


def _later(letter: Letter, problem: str) -> Outcome:
    if letter.attempts > len(BACKOFF):
        return Outcome(letter, problem)
    return Outcome(letter, problem, clock.now() + BACKOFF[letter.attempts - 1])


@contextmanager
def _connected(url: str) -> Iterator[smtplib.SMTP]:
    """A connection to the operator's own server. TLS wherever it is offered, always with a password."""
    parts = urlsplit(url)
    host, port = parts.hostname or "localhost", parts.port
    is_here = host in LOOPBACK
    # A relay on this machine has a certificate for another name, if any.
    context = ssl._create_unverified_context() if is_here else network.trusted()  # noqa: S323
    if parts.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, port or 465, timeout=TIMEOUT_SECONDS, context=context)
    else:
        connection = smtplib.SMTP(host, port or 587, timeout=TIMEOUT_SECONDS)
    with connection as server:
        server.ehlo()
        if parts.scheme == "smtp" and server.has_extn("starttls"):
            server.starttls(context=context)
            server.ehlo()
        elif parts.scheme == "smtp" and parts.password and not is_here:
            raise smtplib.SMTPException(f"{host} offers no TLS; the password was not sent.")
        if parts.username:
            server.login(unquote(parts.username), unquote(parts.password or ""))
        yield server


def _due() -> tuple:
    return SystemMail.sent_at.is_(None), SystemMail.due_at <= clock.now()


def _bound_to(mail_id: UUID) -> bytes:
    return associated_data("system_mail.sealed_text", _NOWHERE, mail_id)


def _in_use() -> Settings:
    if _settings is None:
        raise RuntimeError("accounts.mail.use(settings) was not called")
    return _settings
