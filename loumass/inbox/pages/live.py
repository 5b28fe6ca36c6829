"""News for open pages, as Server-Sent Events. A page works without it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from uuid import UUID

from flask import Response, current_app, g, request
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import permitted, requires
from loumass.core.database import db
from loumass.core.errors import Forbidden, Refused
from loumass.core.live import Hub
from loumass.inbox.blueprint import pages

#: The part of a topic before its colon -> who may listen.
TOPICS = {
    "inbox": "inbox.read",
    "conversation": "inbox.read",
    "answering": "inbox.read",
    "notifications": "inbox.read",
    "campaign": "campaigns.read",
    "campaigns": "campaigns.read",
    "channels": "channels.read",
    "alerts": "dashboard.read",
    "dashboard": "dashboard.read",
    "tasks": "tasks.read",
    "import": "contacts.import",
    "verification": "contacts.import",
}
_MOST_TOPICS = 50
_TOPIC = re.compile(r"[a-z]+(:[0-9a-f-]{36})?")


@pages.get("/live")
@requires("dashboard.read")
def live() -> ResponseReturnValue:
    """Tells which of `?topic=...` changed, for about 25 seconds; then the browser comes back by itself."""
    topics = set(request.args.getlist("topic"))
    if not topics or len(topics) > _MOST_TOPICS:
        raise Refused(f"Name between one and {_MOST_TOPICS} topics.")
    for topic in topics:
        permission = TOPICS.get(topic.partition(":")[0])
        if permission is None or not _TOPIC.fullmatch(topic):
            raise Refused("There is no such topic.")
        if not permitted(permission):
            raise Forbidden("Your role does not show you this.")
    came_back = "Last-Event-ID" in request.headers
    hub: Hub = current_app.extensions["loumass.hub"]
    organization_id: UUID = g.organization.id
    # Given back before the first byte: an open page must not hold a connection.
    db().close()
    return Response(
        _stream(hub, organization_id, topics, came_back),
        mimetype="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )


def _stream(hub: Hub, organization_id: UUID, topics: set[str], came_back: bool) -> Iterator[str]:
    frames = hub.listen(organization_id, topics)
    yield next(frames)
    # With an id the browser says, when it comes back, that it was here before: it may have missed something.
    yield "id: 1\n\n"
    if came_back:
        for topic in sorted(topics):
            yield f"event: {topic}\ndata: {json.dumps(topic)}\n\n"
    yield from frames
