"""The hits of one message, one by one: when, where it led, who that seems to have been and what says so.

Judged from the raw rows by the rules of the counts. What came a moment ago is left out: what comes with it may yet tell on it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select

from loumass.content.models import ContentLink
from loumass.core import clock
from loumass.core.database import db
from loumass.messages.hit_models import PIXEL
from loumass.messages.hits_classing import raw_hits, seen
from loumass.messages.hits_judging import REASONS, Class, Reason, reasons
from loumass.messages.hits_keeping import SETTLED
from loumass.messages.models import Message

What = Literal["opened", "clicked"]


@dataclass(frozen=True, slots=True)
class HitTold:
    """One hit. `link`: where it led, its merge tags as they were written; None for the picture, and where nobody knows any more."""

    id: UUID
    at: datetime
    what: What
    link: str | None
    by: Class
    reason: Reason
    why: str
    network: str


def hits_of(message: Message) -> list[HitTold]:
    """Every hit of the message that is classed, the oldest first."""
    sent_at = message.sent_at or message.attempted_at
    rows = raw_hits({message.id: sent_at})[message.id]
    found = zip(rows, reasons([seen(row) for row in rows], sent_at), strict=True)
    links, until = _links({row.link for row in rows}), clock.now() - SETTLED
    return [
        HitTold(
            id=row.id,
            at=row.happened_at,
            what="opened" if row.link == PIXEL else "clicked",
            link=links.get(row.link),
            by=REASONS[why][0],
            reason=why,
            why=REASONS[why][1],
            network=row.network,
        )
        for row, why in found
        if row.happened_at <= until
    ]


def _links(refs: Collection[int]) -> dict[int, str]:
    rows = db().execute(select(ContentLink.ref, ContentLink.href).where(ContentLink.ref.in_(refs)))
    return {row.ref: row.href for row in rows}
