"""What is asked for to connect a mailbox."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import SecretStr, model_validator

from loumass.providers.credentials import Credentials, asked
from loumass.providers.mail.addresses import is_plausible

Security = Literal["implicit", "starttls", "none"]
SentCopies = Literal["auto", "always", "never"]
_SECURITY = {
    "implicit": "TLS (port 465 or 993)",
    "starttls": "STARTTLS (port 587 or 143)",
    "none": "None: same machine only",
}
_COPIES = {
    "auto": "File one where needed",
    "always": "Always file one",
    "never": "Never file one",
}
_SENDING, _RECEIVING, _ADDRESSES = "Sending (SMTP)", "Receiving (IMAP)", "Addresses"
#: Their SMTP servers put a copy into Sent by themselves, though not always at once.
_FILE_THEMSELVES = (
    "gmail.com", "googlemail.com", "google.com", "office365.com", "outlook.com", "hotmail.com", "live.com",
    "yahoo.com", "aol.com", "zoho.com", "zoho.eu", "zoho.in",
)  # fmt: skip


class SmtpCredentials(Credentials):
    """One mailbox. Without an IMAP server it only sends: replies and bounces stay unseen."""

    email: str = asked("E-mail address", "What people see and answer to", max_length=254)
    smtp_host: str = asked(
        "SMTP server", "Like smtp.example.com", group=_SENDING, min_length=1, max_length=253
    )
    smtp_port: int = asked("SMTP port", group=_SENDING, default=587, ge=1, le=65535)
    smtp_security: Security = asked("SMTP encryption", group=_SENDING, default="starttls", choices=_SECURITY)
    smtp_username: str = asked(
        "SMTP user name",
        "Often the e-mail address; empty for a server without login",
        group=_SENDING,
        default="",
    )
    smtp_password: SecretStr = asked(
        "SMTP password", "Some mailboxes want an app password here", group=_SENDING, default=SecretStr("")
    )
    imap_host: str = asked(
        "IMAP server",
        "Like imap.example.com; empty if replies need not be seen here",
        group=_RECEIVING,
        default="",
        max_length=253,
    )
    imap_port: int = asked("IMAP port", group=_RECEIVING, default=993, ge=1, le=65535)
    imap_security: Security = asked(
        "IMAP encryption", group=_RECEIVING, default="implicit", choices=_SECURITY
    )
    imap_username: str = asked("IMAP user name", "Empty: as for SMTP", group=_RECEIVING, default="")
    imap_password: SecretStr = asked(
        "IMAP password", "Empty: as for SMTP", group=_RECEIVING, default=SecretStr("")
    )
    sent_copies: SentCopies = asked(
        "Copies in Sent",
        "Gmail, Microsoft 365 and others file their own. By its copy a message in doubt can be looked up",
        group=_RECEIVING,
        default="auto",
        choices=_COPIES,
    )
    has_plus_addresses: bool = asked(
        "Answers may come to plus addresses",
        "If mail to you+anything@ reaches this mailbox, answers name their conversation for certain",
        group=_ADDRESSES,
        default=False,
    )
    bounce_domain: str = asked(
        "Bounce domain",
        "If every address at this domain ends in the mailbox above, bounces name their message for certain",
        group=_ADDRESSES,
        default="",
        max_length=190,
    )

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        if not is_plausible(self.email):
            raise ValueError(f"{self.email} is not an e-mail address.")
        for host in (self.smtp_host, self.imap_host, self.bounce_domain):
            if any(character in host for character in "/ @:"):
                raise ValueError(f"{host} is not a host name: leave out protocol, port and path.")
        if self.smtp_username and not self.smtp_password.get_secret_value():
            raise ValueError("SMTP password is missing.")
        return self

    @property
    def address(self) -> str:
        """The mailbox."""
        return self.email

    @property
    def settings(self) -> dict[str, bool]:
        """What messages are written by."""
        return {"has_plus_addresses": self.has_plus_addresses}

    @property
    def files_copies(self) -> bool:
        """Whether we file copies of what was sent."""
        if not self.imap_host or self.sent_copies == "never":
            return False
        host = self.smtp_host.lower()
        files_itself = any(host == domain or host.endswith(f".{domain}") for domain in _FILE_THEMSELVES)
        return self.sent_copies == "always" or not files_itself

    @property
    def imap_login(self) -> tuple[str, str]:
        """User name and password for IMAP: its own, or else those for SMTP."""
        username = self.imap_username or self.smtp_username or self.email
        return username, (self.imap_password.get_secret_value() or self.smtp_password.get_secret_value())
