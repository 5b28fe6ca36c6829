"""One logged-in SMTP connection. smtplib opens it; then commands are written raw, so as to pipeline."""

from __future__ import annotations

import base64
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from urllib.parse import urlsplit

from loumass.core.network import AddressRefused
from loumass.providers.base import ProviderContext
from loumass.providers.errors import Disconnected, Unavailable
from loumass.providers.smtp import replies
from loumass.providers.smtp.credentials import SmtpCredentials
from loumass.providers.smtp.replies import Reply
from loumass.providers.smtp.troubles import trouble_with

#: As smtplib reads them.
_LONGEST_LINE = 8192


class Cut(Exception):
    """The connection broke or the server stopped answering; it cannot be used any more."""

    def __init__(self, reason: str, goodbye: Reply | None = None, written: int | None = None) -> None:
        super().__init__(reason)
        #: The 421 that the server said before, if it did.
        self.goodbye = goodbye
        #: How many bytes of what was to be written had surely been taken; None where nothing was being written.
        self.written = written


class Connection:
    """Kept open between messages. Open with `open_connection`."""

    def __init__(self, wire: smtplib.SMTP, timeout: float) -> None:
        self._wire = wire
        self._timeout = timeout
        self._patience = 0.0
        #: How many messages it has taken: a kept connection may have gone stale.
        self.taken = 0
        #: A refused envelope is still open: RSET goes before the next one.
        self.needs_reset = False

    @property
    def extensions(self) -> Mapping[str, str]:
        """What EHLO listed, by lower-case name."""
        return self._wire.esmtp_features

    @property
    def pipelines(self) -> bool:
        """Whether commands may be sent without waiting for answers (RFC 2920)."""
        return "pipelining" in self.extensions

    def write(self, *pieces: bytes) -> None:
        """`pieces` one behind the other, at once where that can be counted. Raises Cut, which says how much was taken."""
        wire, at = self._wire.sock, 0
        if wire is None:
            raise Cut("The connection is closed.", written=0)
        if not isinstance(wire, ssl.SSLSocket):
            # A write that fails under TLS may have carried whole records before: there each piece goes alone.
            pieces = (b"".join(pieces),)
        try:
            for piece in pieces:
                end = at + len(piece)
                while at < end:
                    at += wire.send(piece[at - end :])
        except OSError as problem:
            raise Cut(str(problem), written=at) from problem

    def reply(self, patience: float = 1.0) -> Reply:
        """The next answer, waited for `patience` times as long as usual. Raises Cut."""
        if self._wire.sock is None:
            raise Cut("The connection is closed.")
        if patience != self._patience:
            self._wire.sock.settimeout(self._timeout * patience)
            self._patience = patience
        line = self._line()
        if line[3:4] != b"-":
            return _read((line,))
        lines = [line]
        while line[3:4] == b"-" and line[:3].isdigit():
            line = self._line()
            lines.append(line)
        return _read(tuple(lines))

    def _line(self) -> bytes:
        # Not by smtplib's getreply, which takes several times as long; its buffer is shared, for it read before us.
        if self._wire.file is None:
            self._wire.file = self._wire.sock.makefile("rb")  # pyright: ignore[reportOptionalMemberAccess]  looked at before
        try:
            line = self._wire.file.readline(_LONGEST_LINE + 1)
        except (OSError, ValueError) as problem:  # ValueError: closed meanwhile
            raise Cut(str(problem)) from problem
        if not line:
            raise Cut("Connection unexpectedly closed")
        if len(line) > _LONGEST_LINE:
            raise Cut("The server's answer is too long.")
        return line

    def close(self, *, politely: bool = False) -> None:
        """Give the connection back."""
        if politely and self._wire.sock is not None:
            try:
                self._wire.sock.settimeout(1.0)
                self._wire.sock.sendall(b"QUIT\r\n")
            except OSError:
                pass  # it is going away in any case
        self._wire.close()


@lru_cache(256)
def _read(lines: tuple[bytes, ...]) -> Reply:
    """Servers say the same few things all day."""
    code = int(lines[-1][:3]) if lines[-1][:3].isdigit() else -1
    return Reply(code, b" ".join(line[4:].strip() for line in lines).decode("utf-8", "replace"))


def open_connection(credentials: SmtpCredentials, context: ProviderContext) -> Connection:
    """A greeted, encrypted and logged-in connection. Raises Unavailable, Throttled or Disconnected."""
    host, port = credentials.smtp_host, credentials.smtp_port
    wire = _wire(context, implicit_tls=credentials.smtp_security == "implicit", host=host)
    with _named_failures(host, port):
        try:
            _expect(wire.connect(host, port))
            _greet(wire)
            if credentials.smtp_security == "starttls":
                _encrypt(wire, context)
            if credentials.smtp_username:
                _log_in(wire, credentials.smtp_username, credentials.smtp_password.get_secret_value())
        except BaseException:
            wire.close()
            raise
        if wire.sock is not None:
            wire.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return Connection(wire, context.timeout)


def _wire(context: ProviderContext, *, implicit_tls: bool, host: str) -> smtplib.SMTP:
    class GuardedSmtp(smtplib.SMTP):
        def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
            plain = context.dial(host, port, timeout)
            if not implicit_tls:
                return plain
            try:
                return context.open_tls().wrap_socket(plain, server_hostname=host)
            except BaseException:
                plain.close()
                raise

    wire = GuardedSmtp(
        local_hostname=urlsplit(context.public_url).hostname or "localhost", timeout=context.timeout
    )
    wire._host = host  # type: ignore[attr-defined]  what starttls() compares the certificate with
    return wire


@contextmanager
def _named_failures(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except smtplib.SMTPNotSupportedError as problem:
        raise Disconnected(f"{host}:{port}: {problem}") from problem
    except smtplib.SMTPAuthenticationError as problem:
        raise replies.login_refused(_reply_of(problem)) from problem
    except smtplib.SMTPResponseException as problem:
        if not 200 <= problem.smtp_code < 600:
            raise Unavailable(
                f"What answers at {host}:{port} does not speak SMTP. Check the port."
            ) from problem
        raise replies.greeting_refused(_reply_of(problem)) from problem
    except smtplib.SMTPException as problem:
        raise Unavailable(f"{host}:{port} broke off: {problem}.") from problem
    except (OSError, AddressRefused) as problem:
        raise trouble_with(host, port, problem) from problem


def _greet(wire: smtplib.SMTP) -> None:
    if not 200 <= wire.ehlo()[0] < 300:
        _expect(wire.helo())


def _encrypt(wire: smtplib.SMTP, context: ProviderContext) -> None:
    wire.starttls(context=context.open_tls())
    _greet(wire)


def _log_in(wire: smtplib.SMTP, username: str, password: str) -> None:
    """By the first mechanism that the server knows; a refused password is not tried another way."""
    offered = wire.esmtp_features.get("auth", "").upper().split()
    wire.user, wire.password = username, password
    if "PLAIN" in offered or not offered:
        # By hand, since smtplib sends ASCII only; RFC 4616 says UTF-8.
        secret = base64.b64encode(f"\0{username}\0{password}".encode()).decode()
        code, text = wire.docmd("AUTH", f"PLAIN {secret}")
        if code not in (235, 503):
            raise smtplib.SMTPAuthenticationError(code, text)
    elif not (username + password).isascii():
        raise smtplib.SMTPNotSupportedError("user name and password must be plain ASCII for this server.")
    elif "LOGIN" in offered:
        wire.auth("LOGIN", wire.auth_login)
    elif "CRAM-MD5" in offered:
        wire.auth("CRAM-MD5", wire.auth_cram_md5)
    else:
        raise smtplib.SMTPNotSupportedError(
            f"the server only knows logins that we do not: {' '.join(offered)}."
        )


def _expect(answer: tuple[int, bytes]) -> None:
    if not 200 <= answer[0] < 300:
        raise smtplib.SMTPResponseException(*answer)


def _reply_of(problem: smtplib.SMTPResponseException) -> Reply:
    text = problem.smtp_error
    return Reply(problem.smtp_code, text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text))
