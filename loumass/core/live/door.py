"""The way in for streams: a few are opened at a time. When all come back at once, as after a restart, pages still find the
database free."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

PATHS = frozenset({"/live", "/api/v1/events"})
#: Of a process. The database's pool has several times as many connections.
AT_ONCE = 4


class StreamsDoor:
    """Stands before the application: whoever wants a stream proves who they are in turn. An open one holds no place."""

    def __init__(self, app: WSGIApplication) -> None:
        self._app, self._turns = app, threading.Semaphore(AT_ONCE)

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """The answer."""
        if environ.get("PATH_INFO") not in PATHS:
            return self._app(environ, start_response)
        with self._turns:
            return self._app(environ, start_response)
