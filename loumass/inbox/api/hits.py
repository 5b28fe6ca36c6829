"""Who opened a message and clicked in it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from loumass.accounts.guards import requires
from loumass.core.api import endpoint
from loumass.core.api.models import PageOut, PageQuery, RowModel, paged
from loumass.core.paging import page_of
from loumass.core.tenancy import get_or_404
from loumass.inbox.api.blueprint import api
from loumass.messages.hit_models import Hit
from loumass.messages.hits_judging import Class, Reason
from loumass.messages.hits_told import What, hits_of
from loumass.messages.models import Message


class HitsQuery(PageQuery):
    """Which of them: openings or clicks, of whom."""

    what: What | None = None
    by: Class | None = None


class HitOut(RowModel):
    """The picture was fetched (`opened`), or a link followed (`clicked`; `link` says where it led). `by`: who that seems to have
    been; `reason`, and `why` in words: what says so. `network`: whose it was, where that is known.
    """

    id: UUID
    at: datetime
    what: What
    link: str | None
    by: Class
    reason: Reason
    why: str
    network: str


@endpoint(api, "GET", "/messages/<uuid:message_id>/hits", asks=HitsQuery, answers=PageOut[HitOut])
@requires("inbox.read")
def list_hits(message_id: UUID, query: HitsQuery) -> PageOut[HitOut]:
    """Each opening and click, the latest first, half a minute after it came."""
    found = [
        hit
        for hit in hits_of(get_or_404(Message, message_id))
        if query.what in (None, hit.what) and query.by in (None, hit.by)
    ]
    rows = page_of(
        found, lambda hit: (hit.at, hit.id), [Hit.happened_at, Hit.id], query.cursor, size=query.limit
    )
    return paged(rows, HitOut.of)
