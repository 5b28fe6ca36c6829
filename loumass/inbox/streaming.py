"""The answer that does not end: news of the organization, as Server-Sent Events."""

from __future__ import annotations

import math

from flask import Response, current_app, g

from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.live import Hub, Listener

LONGEST_ID = 40
#: Of anything between us and a browser: neither keep it back, nor change it, nor answer with it again.
HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}


def stream(
    listener: Listener, after: str | None, seconds: float | None = None, drawn: float = 0.0
) -> Response:
    """News for `listener` from `after` on, the id that it says it heard last, for so many seconds at most. `drawn` is how long
    ago its page was."""
    hub: Hub = current_app.extensions["loumass.hub"]
    organization_id = g.organization.id
    # Given back before the first byte: an open page must not hold a connection.
    db().close()
    lasts = min(live.STREAM_SECONDS, seconds or live.STREAM_SECONDS, _seconds_of_token())
    frames = hub.listen(organization_id, listener, after[:LONGEST_ID] if after else None, lasts, drawn)
    return Response(frames, mimetype="text/event-stream", headers=HEADERS)


def _seconds_of_token() -> float:
    """How long what was shown still opens anything: no news tells of a token that runs out."""
    token = g.get("token")
    if token is None or token.expires_at is None:
        return math.inf
    return (token.expires_at - clock.now()).total_seconds()
