"""What can go wrong on the way to a mail server, said so that somebody can mend it."""

from __future__ import annotations

import socket
import ssl

from loumass.core.network import AddressRefused
from loumass.providers.errors import Disconnected, ProviderError, Unavailable

#: OpenSSL's reasons when the other side does not begin with TLS.
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST", "UNKNOWN_PROTOCOL"})


def trouble_with(host: str, port: int, problem: OSError | AddressRefused) -> ProviderError:
    """What `problem` of a connection means."""
    match problem:
        case AddressRefused():
            return Disconnected(str(problem))
        case ssl.SSLCertVerificationError():
            return Disconnected(f"The certificate of {host} is not valid: {problem.verify_message}.")
        case ssl.SSLError():
            return _without_tls(host, port, problem)
        case _:
            return Unavailable(_unreachable(host, port, problem))


def _unreachable(host: str, port: int, problem: OSError) -> str:
    match problem:
        case TimeoutError():
            return f"{host}:{port} does not answer."
        case socket.gaierror(errno=socket.EAI_AGAIN):
            return f"{host} cannot be looked up just now."
        case socket.gaierror():
            return f"No server is called {host}. Check how the name is written."
        case ConnectionRefusedError():
            return f"Nothing listens at {host}:{port}. Check the port."
        case _:
            return f"{host}:{port} cannot be reached: {problem.strerror or problem}."


def _without_tls(host: str, port: int, problem: ssl.SSLError) -> ProviderError:
    if isinstance(problem, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return Unavailable(f"{host}:{port} hung up while TLS was being agreed on.")
    if problem.reason in _NO_TLS:
        return Disconnected(
            f"{host}:{port} does not begin with TLS. Choose another encryption or another port."
        )
    return Disconnected(f"{host}:{port} does not agree on TLS with us: {problem.reason}.")
