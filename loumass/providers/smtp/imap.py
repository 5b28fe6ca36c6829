"""One logged-in IMAP connection with every failure named. IMAPClient speaks; we dial."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, IMAPClientError, LoginError
from imapclient.imap4 import IMAP4WithTimeout

from loumass.core.network import AddressRefused
from loumass.providers.base import ProviderContext
from loumass.providers.errors import Disconnected, Unavailable
from loumass.providers.smtp.credentials import SmtpCredentials
from loumass.providers.smtp.troubles import trouble_with

#: Response codes (RFC 5530) of a login that may go well later.
_PASSING = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")


def connect(credentials: SmtpCredentials, context: ProviderContext) -> IMAPClient:
    """A connection, logged in as `credentials` say; give it back with `leave`. Raises Unavailable or Disconnected."""
    with named_failures(credentials):
        client = _GuardedImap(credentials, context)
        try:
            if credentials.imap_security == "starttls":
                client.starttls(context.open_tls())
            _log_in(client, *credentials.imap_login)
        except BaseException:
            leave(client)
            raise
        return client


@contextmanager
def named_failures(credentials: SmtpCredentials) -> Iterator[None]:
    """Whatever goes wrong inside is raised as Unavailable or Disconnected."""
    host, port = credentials.imap_host, credentials.imap_port
    try:
        yield
    except CapabilityError as problem:
        raise Disconnected(f"{host}:{port}: {_sentence(problem)}") from problem
    except IMAPClientError as problem:
        raise Unavailable(_broken_off(host, port, problem)) from problem
    except (OSError, AddressRefused) as problem:
        raise trouble_with(host, port, problem) from problem
    except (ValueError, LookupError, TypeError, AttributeError) as problem:
        # imaplib and IMAPClient take answers apart trustingly: a server that talks nonsense ends up here.
        raise Unavailable(f"{host}:{port} answers in a way that cannot be read: {problem}.") from problem


def leave(client: IMAPClient) -> None:
    """Say goodbye and close."""
    try:
        client.logout()
    except (IMAPClientError, OSError, ValueError):
        client.shutdown()  # it was closed from the other side


class _GuardedImap(IMAPClient):
    def __init__(self, credentials: SmtpCredentials, context: ProviderContext) -> None:
        self._context = context
        super().__init__(
            credentials.imap_host,
            port=credentials.imap_port,
            ssl=credentials.imap_security == "implicit",
            ssl_context=context.open_tls(),
            timeout=context.timeout,
        )
        self.normalise_times = False

    def _create_IMAP4(self) -> IMAP4WithTimeout:  # noqa: N802  IMAPClient's name
        context, tls = self._context, self.ssl_context if self.ssl else None

        class GuardedImap4(IMAP4WithTimeout):
            def _create_socket(self, timeout: float | None = None) -> socket.socket:
                plain = context.dial(self.host, self.port, context.timeout)
                if tls is None:
                    return plain
                try:
                    return tls.wrap_socket(plain, server_hostname=self.host)
                except BaseException:
                    plain.close()
                    raise

        return GuardedImap4(self.host, self.port, context.timeout)


def _log_in(client: IMAPClient, username: str, password: str) -> None:
    try:
        _tell_password(client, username, password)
    except LoginError as problem:
        said = _sentence(problem)
        if any(code in said.upper() for code in _PASSING):
            raise Unavailable(f"The IMAP server cannot log us in now: {said}") from problem
        raise Disconnected(f"The IMAP server refused user name or password: {said}") from problem


def _tell_password(client: IMAPClient, username: str, password: str) -> None:
    """By LOGIN, which knows ASCII only and may be switched off; else by AUTHENTICATE PLAIN, in UTF-8 (RFC 4616)."""
    is_ascii = (username + password).isascii()
    if client.has_capability("AUTH=PLAIN") and (not is_ascii or client.has_capability("LOGINDISABLED")):
        client.plain_login(username, password)
    elif is_ascii:
        client.login(username, password)
    else:
        raise Disconnected("User name and password must be plain ASCII for this IMAP server.")


def _broken_off(host: str, port: int, problem: IMAPClientError) -> str:
    said = _sentence(problem)
    if said.startswith("unexpected response"):
        return f"What answers at {host}:{port} does not speak IMAP. Check the port."
    return f"{host}:{port}: {said}"


def _sentence(problem: Exception) -> str:
    """What the server said, out of the quotes that imaplib leaves around it, ending like a sentence."""
    said = re.sub(r"""^b(['"])(.*)\1$""", r"\2", str(problem)).strip()
    return said if said.endswith((".", "!", "?")) else f"{said}."
