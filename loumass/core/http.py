"""The one outgoing HTTP client. It dials only checked addresses, follows nothing and reads no proxies."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from contextlib import suppress
from functools import cache
from typing import Any

import httpcore2
import httpx2

from loumass.core.network import checked_addresses

TIMEOUT = httpx2.Timeout(20.0, connect=10.0)
MAXIMUM_ANSWER = 10 * 1024 * 1024


class _GuardedBackend(httpcore2.SyncBackend):
    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        try:
            *first, last = checked_addresses(host, port)
        except OSError as problem:
            raise httpcore2.ConnectError(f"{host} was not found: {problem}") from problem
        for address in first:
            with suppress(httpcore2.ConnectError, httpcore2.ConnectTimeout):  # the next one may answer
                return super().connect_tcp(address, port, timeout, local_address, socket_options)
        return super().connect_tcp(last, port, timeout, local_address, socket_options)


@cache
def _trusted() -> ssl.SSLContext:
    # Not the one of `core.network`: the client writes into it which protocols it speaks.
    return httpx2.create_ssl_context(trust_env=False)


class _GuardedTransport(httpx2.HTTPTransport):
    def __init__(self) -> None:
        super().__init__(verify=_trusted(), trust_env=False, retries=0)
        self._pool._network_backend = _GuardedBackend()


def client(base_url: str = "", **options: Any) -> httpx2.Client:
    """A guarded client; `options` go to httpx2.Client (auth, headers, timeout).

    Requests raise AddressRefused for addresses we do not dial, httpx2.TransportError otherwise.
    """
    options.setdefault("timeout", TIMEOUT)
    return httpx2.Client(
        base_url=base_url, transport=_GuardedTransport(), trust_env=False, follow_redirects=False, **options
    )


class AnswerTooLarge(httpx2.ReadError):
    """The answer is larger than we take."""


def whole_answer(
    http: httpx2.Client, method: str, url: str, *, most: int = MAXIMUM_ANSWER, **request: Any
) -> httpx2.Response:
    """The answer to `request`, read in pieces so that none can fill the memory.

    Raises AnswerTooLarge beyond `most` bytes, and what the client raises.
    """
    content = bytearray()
    with http.stream(method, url, **request) as answer:
        for piece in answer.iter_bytes():
            content += piece
            if len(content) > most:
                raise AnswerTooLarge("The answer is too big.")
        kept = {name: value for name, value in answer.headers.items() if name != "content-encoding"}
        return httpx2.Response(answer.status_code, headers=kept, content=bytes(content))
