"""Whether our mail is welcome: domains that we write from, and senders that are slowed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from flask import Blueprint
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.channels.models import Channel
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import ONE_WORD, Done, ListOut, PageOut, PageQuery, RowModel, listed, paged
from loumass.core.errors import Conflict
from loumass.core.jobs import wake_all
from loumass.core.paging import page
from loumass.core.tenancy import get_or_404
from loumass.deliverability import braking, domains, watching
from loumass.deliverability.models import SendingDomain
from loumass.deliverability.pages import CHECK, MOST

api = Blueprint("deliverability_api", __name__)
ONE = "/sending-domains/<uuid:domain_id>"


class SendingDomainOut(RowModel):
    """A domain that mailboxes write from, and what DNS says of it."""

    id: UUID
    name: str
    state: str
    selectors: list[Any]
    checks: list[Any]
    problem: str
    checked_at: datetime | None


class SelectorsBody(ApiModel):
    """Where the keys of signatures stand, by blanks; empty for what is known."""

    selectors: Annotated[str, Field(max_length=500, pattern=r"^[^\x00]*$")]


class BrakedOut(RowModel):
    """A domain of recipients that is left alone for a while."""

    domain: str
    because: str
    until_at: datetime


class RecipientsBody(ApiModel):
    """A domain of recipients."""

    domain: Annotated[str, Field(min_length=1, max_length=253, pattern=ONE_WORD)]


class TroubleOut(ApiModel):
    """One kind of what came back since yesterday, its share and the limit, in words."""

    words: str
    count: int
    share: str
    limit: str
    is_past: bool


class WatchedOut(ApiModel):
    """A sender: what it sent since yesterday, and what came back. `because`: why it was slowed or stopped."""

    channel_id: UUID
    name: str
    address: str
    medium: str
    state: str
    total: int
    because: str
    troubles: list[TroubleOut]

    @classmethod
    def told(cls, line: watching.Line) -> WatchedOut:
        one = line.channel
        return cls(
            channel_id=one.id,
            name=one.name,
            address=one.address,
            medium=one.medium,
            state=one.state,
            total=one.total,
            because=one.brake_because,
            troubles=[
                TroubleOut(words=words, count=count, share=share, limit=limit, is_past=is_past)
                for words, count, share, limit, is_past in line.troubles
            ],
        )


class AlertOut(RowModel):
    """What was braked, in words."""

    text: str
    detail: str


@endpoint(api, "GET", "/sending-domains", asks=PageQuery, answers=PageOut[SendingDomainOut])
@requires("channels.read")
def list_sending_domains(query: PageQuery) -> PageOut[SendingDomainOut]:
    """Every domain that a mailbox writes from, by name."""
    keys = [SendingDomain.name, SendingDomain.id]
    return paged(page(select(SendingDomain), keys, query.cursor, size=query.limit), SendingDomainOut.of)


@endpoint(api, "GET", ONE, answers=SendingDomainOut)
@requires("channels.read")
def read_sending_domain(domain_id: UUID) -> SendingDomainOut:
    """What DNS says of one domain."""
    return SendingDomainOut.of(get_or_404(SendingDomain, domain_id))


@endpoint(api, "POST", f"{ONE}/check", answers=SendingDomainOut)
@requires("channels.write")
def check_sending_domain(domain_id: UUID) -> SendingDomainOut:
    """Look it up again; the answer stands here in a moment."""
    found = get_or_404(SendingDomain, domain_id)
    wake_all([Wake(CHECK, (str(domain_id),), clock.now())], is_urgent=True)
    return SendingDomainOut.of(found)


@endpoint(api, "PUT", f"{ONE}/selectors", takes=SelectorsBody, answers=SendingDomainOut)
@requires("channels.write")
def change_selectors(domain_id: UUID, body: SelectorsBody) -> SendingDomainOut:
    """Say where the keys of signatures stand."""
    found = get_or_404(SendingDomain, domain_id, lock=True)
    domains.change_selectors(found, body.selectors)
    wake_all([Wake(CHECK, (str(domain_id),), clock.now())], is_urgent=True)
    return SendingDomainOut.of(found)


@endpoint(api, "POST", "/channels/<uuid:channel_id>/release", answers=Done)
@requires("channels.write")
def release_channel(channel_id: UUID) -> Done:
    """Somebody has looked: a slowed sender goes on at its own pace."""
    channel = get_or_404(Channel, channel_id, lock=True)
    if not channel.brake_gap_seconds or channel.state != "active":
        raise Conflict(f"{channel.name} is not slowed any more. Nothing was changed.")
    braking.forgive(channel)
    return Done(done=f"{channel.name} sends at its own pace again.", count=1)


@endpoint(api, "GET", "/braked-domains", answers=ListOut[BrakedOut])
@requires("channels.read")
def list_braked() -> ListOut[BrakedOut]:
    """Domains of recipients that are left alone now."""
    return listed(braking.braked_domains(), BrakedOut.of)


@endpoint(api, "POST", "/braked-domains/release", takes=RecipientsBody, answers=Done)
@requires("channels.write")
def release_recipients(body: RecipientsBody) -> Done:
    """Write to one again before it has cooled down."""
    braking.release_domain(body.domain)
    return Done(done=f"Campaigns write to {body.domain} again.", count=1)


@endpoint(api, "GET", "/deliverability/channels", answers=ListOut[WatchedOut])
@requires("channels.read")
def list_watched() -> ListOut[WatchedOut]:
    """Senders against their budgets, the braked ones first, at most 100."""
    return listed(watching.watched(MOST), WatchedOut.told)


@endpoint(api, "GET", "/deliverability/alerts", answers=ListOut[AlertOut])
@requires("dashboard.read")
def list_alerts() -> ListOut[AlertOut]:
    """What was braked in the last two minutes, at most three."""
    return listed(watching.latest(), AlertOut.of)
