"""What vendors sent us in vain, and news that a part of the installation could not take in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

from flask import Response
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import (
    MOST_AT_ONCE,
    Done,
    Id,
    ListOut,
    PageOut,
    PageQuery,
    RowModel,
    listed,
    paged,
)
from loumass.core.errors import NotFound
from loumass.core.jobs import wake_all
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.core.words import plural
from loumass.deliveries import service as deliveries
from loumass.deliveries.models import Delivery
from loumass.events.parked import parked, tell_again
from loumass.webhooks.api.blueprint import api
from loumass.webhooks.delivery_pages import raw_file
from loumass.webhooks.jobs import receive


class DeliveryOut(RowModel):
    """Something that a vendor sent and that could not be understood."""

    id: UUID
    channel_id: UUID
    problem: str | None
    received_at: datetime


class RetryBody(ApiModel):
    """Which; null for all."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=MOST_AT_ONCE)] | None


class ParkedOut(RowModel):
    """A part, what it stumbled over, how many pieces of news wait, and since when."""

    listener: str
    problem: str
    count: int
    since: datetime


@endpoint(api, "GET", "/deliveries", asks=PageQuery, answers=PageOut[DeliveryOut])
@requires("channels.read")
def list_deliveries(query: PageQuery) -> PageOut[DeliveryOut]:
    """What vendors sent and nobody understood, the latest first."""
    statement = select(Delivery).where(Delivery.state == "failed")
    keys_ = [Delivery.received_at, Delivery.id]
    return paged(page(statement, keys_, query.cursor, descending=True, size=query.limit), DeliveryOut.of)


@endpoint(api, "POST", "/deliveries/retry", takes=RetryBody, answers=Done)
@requires("channels.write")
def retry_deliveries(body: RetryBody) -> Done:
    """Try again to understand them: some, or with `ids` null all."""
    if body.ids is not None and not deliveries.known(list(body.ids)):
        raise NotFound("None of these is here. Nothing was changed.")
    channel_ids = deliveries.try_again(None if body.ids is None else list(body.ids))
    wake_all([receive.wake(clock.now(), str(one)) for one in channel_ids])
    return Done(
        done=f"They are tried again, on {plural(len(channel_ids), 'channel')}.", count=len(channel_ids)
    )


@endpoint(api, "GET", "/deliveries/<uuid:delivery_id>/raw", gives="application/octet-stream")
@requires("channels.write")
def download_delivery(delivery_id: UUID) -> Response:
    """The raw item, for a developer to look at; that is noted."""
    return raw_file(get_or_404(Delivery, delivery_id))


@endpoint(api, "GET", "/parked-news", answers=ListOut[ParkedOut])
@requires("channels.read")
def list_parked() -> ListOut[ParkedOut]:
    """News that a part of the installation could not take in, by part and problem."""
    return listed(parked(), ParkedOut.of)


@endpoint(api, "POST", "/parked-news/tell-again", answers=Done)
@requires("channels.write")
def tell_parked_again() -> Done:
    """Tell all of it again."""
    count = tell_again()
    audit("events.told_again", count=count)
    return Done(done=f"{plural(count, 'piece')} of news told again.", count=count)
