"""Gmail's API for one mailbox: Google's library writes the requests, the guarded client sends them."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx2

from loumass.core.http import whole_answer
from loumass.core.network import AddressRefused
from loumass.providers.base import ProviderContext
from loumass.providers.breaking import broken
from loumass.providers.errors import Throttled, Unavailable, Unknown
from loumass.providers.gmail import errors
from loumass.providers.gmail.credentials import GOOGLE, GmailCredentials
from loumass.providers.kept_http import KeptHttp
from loumass.providers.signed_in import Session

#: Quota units a minute of one mailbox, and of one project (https://developers.google.com/workspace/gmail/api/reference/quota).
USER_UNITS, PROJECT_UNITS = 15_000, 1_200_000
#: What each call costs there.
UNITS = {
    "profile": 1, "history": 2, "get": 5, "list": 5, "thread": 10, "draft": 10, "send": 100, "watch": 100, "stop": 50,
}  # fmt: skip
#: A mail of 50 MB, which Gmail takes in, as base64.
MAXIMUM_ANSWER = 70 * 1024 * 1024
Call = Callable[[Any], Any]


class Api(KeptHttp):
    """One mailbox. Close it afterwards."""

    def __init__(self, credentials: GmailCredentials, context: ProviderContext) -> None:
        self.session = Session(GOOGLE, credentials, context)
        self._mailbox, self._client_id = credentials.mailbox, credentials.client_id
        self.context = context
        self._users: Any = None

    def ask(self, what: str, call: Call, *, sends: bool = False) -> dict[str, Any]:
        """The answer to what `call` builds of the users' resource; `what` names its cost in UNITS.

        Raises ProviderError; what may have been sent without an answer is Unknown. None of it is tried twice, but for a
        token that ended early. A 404 of what does not send is `Gone`.
        """
        self._spend(UNITS[what])
        token = self.session.token()
        status, headers, body = self._sent(call, token, sends)
        if status == 401:
            self.session.renew()
            status, headers, body = self._sent(call, self.session.token(), sends)
        if status == 404 and not sends:
            raise Gone("Gmail does not have it any more.")
        if status >= 300:
            raise errors.of_answer(status, body, headers, self.context.now(), sends=sends)
        return _read(body, sends)

    def _sent(self, call: Call, token: str, sends: bool) -> tuple[int, httpx2.Headers, bytes]:
        request = call(self._resource())
        try:
            answer = whole_answer(
                self._http,
                request.method,
                request.uri,
                most=MAXIMUM_ANSWER,
                content=request.body,
                headers={**request.headers, "authorization": f"Bearer {token}", "accept-encoding": "gzip"},
                timeout=self.context.timeout,
            )
        except (httpx2.TransportError, AddressRefused) as problem:
            raise broken(problem, "Gmail", sends=sends) from problem
        return answer.status_code, answer.headers, answer.content

    def _resource(self) -> Any:
        if self._users is None:
            self._users = _service(self.context.base_urls.get("gmail", "")).users()
        return self._users

    def _spend(self, units: int) -> None:
        for name, most in (
            (f"gmail:{self._mailbox}", USER_UNITS),
            (f"google:{self._client_id}", PROJECT_UNITS),
        ):
            wait: timedelta | None = self.context.spend(name, units, most)
            if wait is not None:
                raise Throttled("This minute's share of Gmail's quota is used.", wait)


class Gone(Unavailable):
    """Gmail does not have what was asked for."""


def _service(base_url: str) -> Any:
    # Loaded here: nobody pays for it before they use Gmail.
    from googleapiclient.discovery import build_from_document
    from googleapiclient.discovery_cache import get_static_doc
    from googleapiclient.http import HttpMock

    document = json.loads(get_static_doc("gmail", "v1") or "{}")
    if base_url:
        document |= {"rootUrl": f"{base_url.rstrip('/')}/", "baseUrl": f"{base_url.rstrip('/')}/"}
    # It only writes requests: its own connection is never used.
    return build_from_document(document, http=HttpMock())


def _read(body: bytes, sends: bool) -> dict[str, Any]:
    try:
        content = json.loads(body) if body else {}
    except ValueError:
        content = None
    if isinstance(content, dict):
        return content
    if sends:
        raise Unknown("Gmail said yes in a way that cannot be read.")
    raise Unavailable("Gmail gave no readable answer.")
