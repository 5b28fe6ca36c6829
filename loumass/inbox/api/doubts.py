"""Sends of which nobody knows whether they went, and why messages wait."""

from __future__ import annotations

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.core.api import endpoint
from loumass.core.api.models import Done, Ids, PageOut, PageQuery, RowModel, paged
from loumass.core.database import db
from loumass.core.errors import NotFound
from loumass.core.paging import page
from loumass.inbox.api.blueprint import api
from loumass.messages import queries
from loumass.messages.models import Message
from loumass.messages.outbox_queueing import ring_channels
from loumass.messages.settling import decide


class DoubtOut(RowModel):
    """A message that may have gone."""

    id: UUID
    medium: str
    contact_id: UUID | None
    channel_id: UUID | None
    to_address: str
    subject: str
    attempted_at: datetime | None


class DecideBody(Ids):
    """What is decided: it went (`sent`), it goes again (`send`), or it is given up (`drop`)."""

    decision: Literal["sent", "send", "drop"]


@endpoint(api, "GET", "/messages/in-doubt", asks=PageQuery, answers=PageOut[DoubtOut])
@requires("messages.settle")
def list_doubts(query: PageQuery) -> PageOut[DoubtOut]:
    """Messages in doubt."""
    statement = select(Message).where(Message.is_in_doubt)
    return paged(page(statement, [Message.id], query.cursor, size=query.limit), DoubtOut.of)


@endpoint(api, "POST", "/messages/in-doubt", takes=DecideBody, answers=Done)
@requires("messages.settle")
def settle(body: DecideBody) -> Done:
    """Decide what became of them."""
    if db().scalar(select(Message.id).where(Message.id.in_(body.ids)).limit(1)) is None:
        raise NotFound("None of these messages is here. Nothing was changed.")
    count = decide(body.ids, body.decision)
    if body.decision == "send":
        ring_channels(queries.channels_of(body.ids))
    return Done(done=f"{count:,} are settled.", count=count)
