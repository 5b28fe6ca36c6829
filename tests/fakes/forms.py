"""What fakes of HTTP vendors share: a threaded server on loopback, answers, and the ways a connection can break."""

from __future__ import annotations

import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import ClassVar, Self

from tests.fakes.loopback import HOST

ACCEPT_THEN_CUT = "accepts, then cuts without a word"
LOSE_AND_CUT = "drops it, then cuts without a word"
ANSWER_THEN_CUT = "accepts, answers, then cuts"
HANG = "accepts and never answers"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer as the vendor gives it."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class FakeVendor:
    """Listens on loopback while used as a context manager. Subclasses say what a POST and a GET bring."""

    def __init__(self, port: int = 0) -> None:
        self.stopping = Event()
        self.lock = Lock()
        self._server = _Server(self, port)
        self._thread = Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self.base_url = f"http://{HOST}:{self._server.server_port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> Reply | str:
        """The answer, or one of the ways to break."""
        raise NotImplementedError

    def get(self, path: str, headers: Mapping[str, str]) -> Reply | str:
        """The same for a GET."""
        raise NotImplementedError

    def last_answer(self) -> Reply:
        """What ANSWER_THEN_CUT answers."""
        raise NotImplementedError


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, fake: FakeVendor, port: int) -> None:
        self.fake = fake
        super().__init__((HOST, port), _Handler)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is expected here; anything else is shown."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)  # type: ignore[arg-type]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    #: Headers and body leave in one piece.
    wbufsize: ClassVar[int] = -1

    @property
    def fake(self) -> FakeVendor:
        assert isinstance(self.server, _Server)
        return self.server.fake

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  http.server's name
        return

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self._do(self.fake.post(self.path, _lower(self.headers.items()), body))

    def do_GET(self) -> None:
        self._do(self.fake.get(self.path, _lower(self.headers.items())))

    def _do(self, reply: Reply | str) -> None:
        if isinstance(reply, Reply):
            self._answer(reply)
        elif reply == ANSWER_THEN_CUT:
            # Answer and end in one segment, so that nobody can slip a request in between.
            with suppress(AttributeError):  # only Linux can cork; elsewhere the gap is short
                self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
            self._answer(self.fake.last_answer())
            with suppress(OSError):
                self.connection.shutdown(socket.SHUT_WR)
            self.close_connection = True
        else:
            if reply == HANG:
                self.fake.stopping.wait(30)
            self.close_connection = True

    def _answer(self, reply: Reply) -> None:
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)
        self.wfile.flush()


def _lower(headers: list[tuple[str, str]]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers}
