"""What happens, as it happens, for programs."""

from __future__ import annotations

from typing import Annotated

from flask import Response, g, request
from pydantic import AfterValidator, Field, WithJsonSchema

from loumass.accounts.guards import permitted, requires
from loumass.core import live
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, Line
from loumass.inbox.api.blueprint import api
from loumass.inbox.hearing import KINDS, kinds_for, listener_to
from loumass.inbox.streaming import stream


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise ValueError("is no event of a stream")
    return kind


Kind = Annotated[str, AfterValidator(_known), WithJsonSchema({"type": "string", "enum": list(KINDS)})]


class EventsQuery(ApiModel):
    """Which events (all that the token may see), from which on, and for how long."""

    event: Annotated[list[Kind], Field(default_factory=list)]
    after: Line | None = None
    seconds: Annotated[int, Field(ge=1, le=int(live.STREAM_SECONDS)), WHOLE] = int(live.STREAM_SECONDS)


@endpoint(api, "GET", "/events", asks=EventsQuery, gives="text/event-stream")
@requires("dashboard.read")
def hear(query: EventsQuery) -> Response:
    """What happens, as Server-Sent Events. Go on from the last id with `Last-Event-ID`; `reset` says that some may be missing."""
    kinds = set(query.event) or set(kinds_for(permitted))
    after = request.headers.get("Last-Event-ID") or query.after
    return stream(listener_to((), kinds, g.user.id, permitted), after, query.seconds)
