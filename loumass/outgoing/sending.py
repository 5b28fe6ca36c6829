"""One attempt: a POST through the guarded client, bounded in time and size. Plain values in, plain values out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx2

from loumass.core import clock, http
from loumass.core.network import AddressRefused

TIMEOUT = httpx2.Timeout(10.0, connect=5.0)
#: For all of an answer: who sends it letter by letter is cut off as well.
MOST_SECONDS = 15.0
#: What is read of an answer, and what is kept of it.
MOST_READ, MOST_KEPT = 64 * 1024, 2000
AGENT = "Loumass-Webhooks/1"
#: Answers that ask for patience.
_BUSY = (429, 503)


@dataclass(frozen=True, slots=True)
class Request:
    """What is posted where. With a `refusal` nothing is: it says why."""

    url: str
    body: bytes
    headers: Mapping[str, str]
    refusal: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of an attempt. `status` is None when nobody answered; `problem` is empty for a success.

    `is_final`: trying again is no use. `rests`: seconds that they asked us to wait.
    """

    status: int | None = None
    problem: str = ""
    is_final: bool = False
    rests: float | None = None
    content: bytes = b""
    is_whole: bool = True

    @property
    def is_success(self) -> bool:
        return not self.problem

    @property
    def is_hosts_fault(self) -> bool:
        """Nobody answered, or the answer was that it is broken or busy."""
        return not self.is_final and (self.status is None or self.status >= 500 or self.status in _BUSY)

    @property
    def kept(self) -> str:
        """The first letters of what came back."""
        return self.content[:MOST_KEPT].decode("utf-8", "replace").replace("\x00", "")


def send_all(requests: Sequence[Request]) -> list[Answer]:
    """An answer for each, all of them at once. No transaction may be open."""
    if not requests:
        return []
    with http.client(timeout=TIMEOUT) as client, ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(lambda one: send(client, one), requests))


def send(client: httpx2.Client, request: Request) -> Answer:
    """One attempt."""
    if request.refusal:
        return Answer(problem=request.refusal, is_final=True)
    headers = {**request.headers, "Content-Type": "application/json", "User-Agent": AGENT}
    try:
        with client.stream("POST", request.url, content=request.body, headers=headers) as answer:
            content, is_whole = _read(answer)
            return _judged(answer, content, is_whole)
    except AddressRefused as refused:
        return Answer(problem=str(refused), is_final=True)
    except httpx2.TimeoutException:
        return Answer(problem="Nobody answered in time.")
    except httpx2.InvalidURL as problem:
        return Answer(problem=f"The address cannot be called: {problem}.", is_final=True)
    except httpx2.HTTPError as problem:
        return Answer(problem=f"The connection failed: {problem or type(problem).__name__}.")


def _read(answer: httpx2.Response) -> tuple[bytes, bool]:
    """The beginning of the answer, and whether that is all of it."""
    content, until = bytearray(), time.monotonic() + MOST_SECONDS
    for piece in answer.iter_bytes():
        content += piece
        if len(content) > MOST_READ:
            return bytes(content[:MOST_READ]), False
        if time.monotonic() > until:
            raise httpx2.ReadTimeout("the answer did not end")
    return bytes(content), True


def _judged(answer: httpx2.Response, content: bytes, is_whole: bool) -> Answer:
    status = answer.status_code
    said = {"status": status, "content": content, "is_whole": is_whole}
    if 200 <= status < 300:
        return Answer(**said)
    if 300 <= status < 400:
        return Answer(**said, problem="It answered with a redirect, which is not followed.", is_final=True)
    if status == HTTPStatus.GONE:
        return Answer(**said, problem="It answered 410: it is gone and wants no more calls.", is_final=True)
    return Answer(**said, problem=f"It answered {_named(status)}.", rests=_rests(answer.headers))


def _named(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return str(status)


def _rests(headers: Mapping[str, str]) -> float | None:
    """Seconds of a Retry-After, which is a number or a date (RFC 9110, section 10.2.3)."""
    value = headers.get("retry-after", "").strip()
    if value.isdecimal() and len(value) < 9:
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - clock.now()).total_seconds(), 0.0)
