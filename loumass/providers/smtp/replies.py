"""What an SMTP server's answers mean at each step of a conversation (RFC 5321 section 4.2)."""

from __future__ import annotations

from dataclasses import dataclass

from loumass.providers.errors import Disconnected, ProviderError, Rejected, Throttled, Unavailable
from loumass.providers.mail import codes


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer. `code` is -1 when the server talked nonsense."""

    code: int
    text: str

    @property
    def is_good(self) -> bool:
        """Whether the server agreed."""
        return 200 <= self.code < 300

    @property
    def is_final(self) -> bool:
        """Whether the refusal is permanent."""
        return 500 <= self.code < 600

    @property
    def says_goodbye(self) -> bool:
        """Whether the server is about to close the connection."""
        return self.code == 421

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


def login_refused(reply: Reply) -> ProviderError:
    """The answer to AUTH: whatever is no clear refusal is worth another try."""
    if not reply.is_final:
        return _temporary(reply)
    return Disconnected(f"The server refused user name or password: {reply}")


def greeting_refused(reply: Reply) -> ProviderError:
    """The answer to connecting, EHLO or STARTTLS."""
    if reply.is_final:
        return Disconnected(f"The server does not talk to us: {reply}")
    return _temporary(reply)


def sender_refused(reply: Reply) -> ProviderError:
    """The answer to MAIL. A permanent one is about the mailbox, unless it is about the size."""
    if not reply.is_final:
        return _temporary(reply)
    if codes.has_sent_enough(codes.enhanced_code(reply.text), reply.text):
        return Throttled(str(reply), codes.ENOUGH_PAUSE, is_about_us=True)
    code = codes.enhanced_code(reply.text)
    if code == "5.3.4" or reply.code in (552, 523):
        return Rejected(f"The message is too big for the server: {reply}", code or str(reply.code))
    return Disconnected(f"The server does not let this mailbox send: {reply}")


def recipient_refused(reply: Reply) -> ProviderError:
    """The answer to RCPT. A temporary one about address or mailbox (RFC 3463, x.1 and x.2; a bare 450 is the same by
    RFC 5321 section 4.2.3) says nothing about the server."""
    if not reply.is_final:
        error = _temporary(reply)
        code = codes.enhanced_code(reply.text)
        is_theirs = code.startswith(("4.1.", "4.2.")) if code else reply.code == 450
        return Unavailable(error.reason, is_theirs) if isinstance(error, Unavailable) else error
    if codes.has_sent_enough(codes.enhanced_code(reply.text), reply.text):
        return Throttled(str(reply), codes.ENOUGH_PAUSE, is_about_us=True)
    code = codes.enhanced_code(reply.text) or str(reply.code)
    if reply.code == 530 or (code in ("5.5.1", "5.7.0") and "auth" in reply.text.lower()):
        return Disconnected(f"The server wants us to log in first: {reply}")
    return Rejected(str(reply), code, codes.address_is_dead(code, reply.text))


def copy_refused(reply: Reply) -> ProviderError:
    """The answer to the RCPT of somebody who was to get a copy: nobody gets the message, and the one it is for is not to
    blame."""
    error = recipient_refused(reply)
    if isinstance(error, Rejected):
        return Rejected(f"Somebody who was to get a copy was refused, so nobody got it: {reply}", error.code)
    return error


def content_refused(reply: Reply) -> ProviderError:
    """The answer to DATA or to the final dot."""
    if not reply.is_final:
        return _temporary(reply)
    if codes.has_sent_enough(codes.enhanced_code(reply.text), reply.text):
        return Throttled(str(reply), codes.ENOUGH_PAUSE, is_about_us=True)
    code = codes.enhanced_code(reply.text) or str(reply.code)
    return Rejected(str(reply), code, codes.address_is_dead(code, reply.text))


def _temporary(reply: Reply) -> ProviderError:
    if codes.is_too_fast(reply.text):
        return Throttled(str(reply), codes.pause_asked(reply.text))
    return Unavailable(str(reply))
