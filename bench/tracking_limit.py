"""What `tracking` is compared with: the same web server, the same tokens and answers, and one INSERT for each hit that
commits before its answer, in a view of Flask. The simplest way that keeps every hit, with nothing spared: no session, no
template, connections kept, the statement prepared, the organization set once for each connection.

`thin` is the same INSERT behind our own door: what of the difference is the group commit's alone.
"""

from __future__ import annotations

import queue
from typing import Any, cast

import psycopg
from flask import Flask, Response, abort, request
from psycopg import sql

from loumass.app import create_app
from loumass.core.database import engine
from loumass.messages import tracking_tokens
from loumass.messages.hit_models import PIXEL
from loumass.messages.hits_door import GIF
from loumass.messages.hits_keeping import Address, Keeper, NewHit

_INSERT = (
    "INSERT INTO hit (organization_id, happened_at, message_id, link, is_head, is_prefetch, ip_hash, network, agent)"
    " VALUES (current_organization(), %s, %s, %s, %s, %s, %s, %s, %s)"
)
_HREF = "SELECT href FROM content_link WHERE organization_id = current_organization() AND ref = %s"
CONNECTIONS = 16


class OneByOne(Keeper):
    """Keeps each hit by itself."""

    def __init__(self) -> None:
        super().__init__()
        self._free: queue.SimpleQueue[psycopg.Connection[Any]] = queue.SimpleQueue()
        self._made = 0

    def keep(self, hit: NewHit) -> tuple[bool, Address | None]:
        connection = self._one(hit.organization_number)
        values = (
            hit.happened_at, hit.message_id, hit.link, hit.is_head, hit.is_prefetch, hit.ip_hash, hit.network, hit.agent,
        )  # fmt: skip
        connection.execute(_INSERT, values, prepare=True)
        found = connection.execute(_HREF, (hit.link,)).fetchone() if hit.is_asked else None
        self._free.put(connection)
        return True, Address(found[0], {}) if found else None

    def _one(self, number: int) -> psycopg.Connection[Any]:
        if self._made >= CONNECTIONS or not self._free.empty():
            return self._free.get()
        self._made += 1
        pooled = engine().raw_connection()
        pooled.detach()
        connection = cast("psycopg.Connection[Any]", pooled.dbapi_connection)
        connection.autocommit = True
        found = connection.execute("SELECT id FROM organization WHERE number = %s", (number,)).fetchone()
        assert found is not None
        connection.execute(sql.SQL("SET app.organization_id = {}").format(sql.Literal(str(found[0]))))
        _kept.append(pooled)
        return connection


def _flask(door: Any) -> Flask:
    """One view for both, as a small application would be written."""
    small = Flask(__name__)

    @small.get("/o/<token>")
    @small.get("/c/<token>")
    def hit(token: str) -> Response:
        read = tracking_tokens.read(token)
        if read is None:
            abort(404)
        _, address = door._keeper.keep(door._new(request.environ, read, is_asked=read.link != PIXEL))
        if address is None:
            return Response(GIF, mimetype="image/gif")
        return Response(status=302, headers={"Location": address.href})

    return small


_kept: list[Any] = []
_whole = create_app()
thin: Any = _whole.wsgi_app
thin._keeper = OneByOne()
app = _flask(thin)
