"""Microsoft Graph for one mailbox, over the guarded client."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx2

from loumass.core.network import AddressRefused
from loumass.providers.base import ProviderContext
from loumass.providers.breaking import broken
from loumass.providers.errors import Throttled, Unavailable
from loumass.providers.kept_http import KeptHttp
from loumass.providers.outlook import errors
from loumass.providers.outlook.credentials import GRAPH, MICROSOFT, OutlookCredentials
from loumass.providers.signed_in import Session

#: Requests a minute of one application to one mailbox: 10,000 in ten minutes (https://learn.microsoft.com/graph/throttling-limits).
MOST_REQUESTS = 1_000
#: Ids that stay the same when a message is moved, as sending does (https://learn.microsoft.com/graph/outlook-immutable-id).
_IDS = 'IdType="ImmutableId"'
_PIECE = 64 * 1024


class Api(KeptHttp):
    """One mailbox. Close it afterwards."""

    def __init__(self, credentials: OutlookCredentials, context: ProviderContext) -> None:
        self.session = Session(MICROSOFT, credentials, context)
        self.base_url = context.base_urls.get("graph", GRAPH).rstrip("/") + "/v1.0"
        self._mailbox, self.context = credentials.mailbox, context

    def get(self, path: str, query: Mapping[str, str] | None = None, *, page: int = 0) -> dict[str, Any]:
        """What Graph says at `path`, or at a link that Graph gave. `page` is how many of a list at most."""
        return self._asked("GET", path, query=query, page=page)

    def post(self, path: str, content: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """What comes of `content` at `path`."""
        return self._asked("POST", path, body=content)

    def patch(self, path: str, content: Mapping[str, Any]) -> dict[str, Any]:
        """What comes of changing what is at `path`."""
        return self._asked("PATCH", path, body=content)

    def delete(self, path: str) -> None:
        """Remove what is at `path`."""
        self._asked("DELETE", path)

    def post_mime(self, path: str, mime: bytes) -> dict[str, Any]:
        """What comes of a whole e-mail at `path`."""
        return self._asked("POST", path, mime=mime)

    def send(self, path: str) -> None:
        """Have a draft sent. What may have been sent without an answer is Unknown. It is never tried twice, but for a token
        that ended early."""
        self._asked("POST", path, sends=True)

    def raw(self, path: str, most: int) -> bytes:
        """The bytes at `path`, of a huge one the first `most`."""
        with self._answer("GET", path, sends=False) as answer:
            content = bytearray()
            for piece in answer.iter_bytes(_PIECE):
                content += piece
                if len(content) >= most:
                    break
            return bytes(content[:most])

    def _asked(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
        mime: bytes | None = None,
        page: int = 0,
        sends: bool = False,
    ) -> dict[str, Any]:
        """Raises ProviderError; a 404 of what does not send is `Gone`."""
        headers = {
            "accept": "application/json",
            "prefer": f"{_IDS}, odata.maxpagesize={page}" if page else _IDS,
        }
        content = b""
        if mime is not None:
            content, headers["content-type"] = base64.b64encode(mime), "text/plain"
        elif body is not None:
            content, headers["content-type"] = json.dumps(dict(body)).encode(), "application/json"
        with self._answer(method, path, query=query, content=content, headers=headers, sends=sends) as answer:
            return _read(_whole(answer, sends), sends)

    @contextmanager
    def _answer(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        sends: bool,
    ) -> Iterator[httpx2.Response]:
        """A good answer whose body is still to be read."""
        url = path if path.startswith(f"{self.base_url}/") else self.base_url + path
        options: dict[str, Any] = {"params": query, "content": content, "timeout": self.context.timeout}
        for is_last in (False, True):
            self._spend()
            token = self.session.token()
            sent = {"prefer": _IDS, **(headers or {}), "authorization": f"Bearer {token}"}
            with self._going(sends), self._http.stream(method, url, headers=sent, **options) as answer:
                if answer.status_code < 300:
                    yield answer
                    return
                refused = _whole(answer, sends)
            if answer.status_code != 401 or is_last:
                now = self.context.now()
                raise errors.of_answer(answer.status_code, refused, answer.headers, now, sends=sends)
            self.session.renew()

    @contextmanager
    def _going(self, sends: bool) -> Iterator[None]:
        """Only what broke before the request was written is certain not to have been done."""
        try:
            yield
        except (AddressRefused, httpx2.TransportError, httpx2.InvalidURL, httpx2.DecodingError) as problem:
            raise broken(problem, "Outlook", sends=sends) from problem

    def _spend(self) -> None:
        wait = self.context.spend(
            f"graph:{self.session.credentials.client_id}:{self._mailbox}", 1, MOST_REQUESTS
        )
        if wait is not None:
            raise Throttled("This minute's share of Outlook's requests is used.", wait)


def _whole(answer: httpx2.Response, sends: bool) -> bytes:
    """The body. One that breaks off says no less than its status, which had come already."""
    try:
        return answer.read()
    except (httpx2.TransportError, httpx2.DecodingError) as problem:
        if sends or answer.status_code >= 300:
            return b""
        raise broken(problem, "Outlook", sends=False) from problem


def _read(body: bytes, sends: bool) -> dict[str, Any]:
    if sends:
        return {}  # accepted: there is nothing to read
    try:
        content = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        content = None
    if isinstance(content, dict):
        return content
    raise Unavailable("Outlook gave no readable answer.")
