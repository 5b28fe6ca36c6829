"""The web server. WEB_CONCURRENCY, which gunicorn reads itself, sets the number of processes."""

from __future__ import annotations

import os
import sys
from typing import Any

from gunicorn import glogging

from loumass.config import Misconfigured, Settings
from loumass.core import logs, memory

try:
    _settings = Settings.from_env()
except Misconfigured as problem:
    sys.exit(str(problem))


class _Logger(glogging.Logger):
    """gunicorn's own words, as structured as ours."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True
        logs.configure(_settings)


logger_class = _Logger

#: Only this machine on a development machine; a host's proxy reaches production.
bind = f"{'0.0.0.0' if _settings.is_production else '127.0.0.1'}:{_settings.port}"  # noqa: S104  behind the host's proxy
#: Greenlets: an open event stream costs a few kilobytes, not a thread (500 streams: 578 pages a second).
worker_class = "gevent"
worker_connections = 2_000
timeout = 60
graceful_timeout = 20 if _settings.is_production else 3
#: Longer than most proxies keep a connection that nobody uses (60 to 100 s): it has to be the proxy that closes it. What it sends in
#: the moment in which we do, after gunicorn's own two seconds, is lost, and somebody reads of a bad gateway.
keepalive = 120
#: Memory that a library leaks does not pile up; the jitter keeps processes from restarting together. One that is alone goes on:
#: nobody would be let in while it sees its streams out and the next one loads.
if int(os.environ.get("WEB_CONCURRENCY") or 1) > 1:
    max_requests = 20_000
    max_requests_jitter = 2_000
control_socket_disable = True


def post_worker_init(_: Any) -> None:
    """The application is loaded."""
    memory.settle()


def post_request(worker: Any, request: Any, *_: Any) -> None:
    """Opens and clicks come by the thousand a second and touch no page: they age no process."""
    if request.path.startswith(("/o/", "/c/")):
        worker.nr -= 1
