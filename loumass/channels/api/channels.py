"""Senders: listed, limited, named, paused, let go on, disconnected, removed. Mailboxes are known as e-mail accounts too."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from flask import g
from pydantic import Field
from sqlalchemy import select

from loumass.accounts.guards import requires
from loumass.channels import queries, service
from loumass.channels.api.blueprint import api
from loumass.channels.brands import change_brand
from loumass.channels.models import Channel
from loumass.channels.pages import live_or_404, no_longer_watched, today
from loumass.channels.past_due import Choice
from loumass.channels.service import Limits
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import WHOLE, Medium, PageOut, PageQuery, RowModel, paged
from loumass.core.paging import page

ONE = "/channels/<uuid:channel_id>"
ACCOUNT = "/email-accounts/<uuid:channel_id>"
Count = Annotated[int, Field(ge=0, le=1_000_000), WHOLE]
OneLine = Annotated[str, Field(max_length=120, pattern=r"^[^\x00-\x1f\x7f]*$")]


class ChannelQuery(PageQuery):
    """Senders of one medium."""

    medium: Medium | None = None


class ChannelOut(RowModel):
    """A mailbox, number or caller id."""

    id: UUID
    provider: str
    medium: str
    name: str
    address: str
    sender_name: str
    state: str
    state_reason: str
    state_changed_at: datetime
    daily_cap: int | None
    per_minute: int | None
    minimum_gap_seconds: int
    window_weekdays: list[int]
    window_from: int
    window_until: int
    owner_id: UUID | None
    created_at: datetime


class SegmentsOut(RowModel):
    """What the brand of a number used of its segments today, by all its numbers."""

    brand_id: UUID
    brand: str
    used: int
    cap: int


class UsageOut(ApiModel):
    """A sender and what it did today; `segments` is null without a brand."""

    channel: ChannelOut
    used_today: int
    waiting: int
    segments: SegmentsOut | None


class LimitsBody(ApiModel):
    """What it may do; null for no limit. Weekdays are ISO numbers, times minutes since midnight. Of a warm-up all three, or
    none."""

    daily_cap: Count | None
    per_minute: Count | None = None
    minimum_gap_seconds: Annotated[int, Field(ge=0, le=86_400), WHOLE] = 0
    gap_jitter: Annotated[int, Field(ge=0, le=100), WHOLE] = 0
    warmup_start: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = None
    warmup_step: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = None
    warmup_ceiling: Annotated[int, Field(ge=1, le=1_000_000), WHOLE] | None = None
    window_weekdays: Annotated[
        list[Annotated[int, Field(ge=1, le=7), WHOLE]],
        Field(default_factory=lambda: [1, 2, 3, 4, 5, 6, 7], min_length=1, max_length=7),
    ]
    window_from: Annotated[int, Field(ge=0, le=1_439), WHOLE] = 0
    window_until: Annotated[int, Field(ge=1, le=1_440), WHOLE] = 1_440
    brand_name: OneLine = ""
    brand_segments: Count | None = None


class NamesBody(ApiModel):
    """What the team calls it, and what people see as the sender."""

    name: OneLine = ""
    sender_name: OneLine = ""


class ResumeBody(ApiModel):
    """What becomes of what is past due; `hours` matters to `spread`."""

    past_due: Literal["continue", "spread", "drop"] | None = None
    hours: Annotated[int, Field(ge=0, le=336), WHOLE] = 0


class ToggleBody(ResumeBody):
    """Whether it sends."""

    is_active: bool


@endpoint(api, "GET", "/channels", asks=ChannelQuery, answers=PageOut[ChannelOut])
@requires("channels.read")
def list_channels(query: ChannelQuery) -> PageOut[ChannelOut]:
    """Every sender, by medium and address."""
    return _listed(query, query.medium)


@endpoint(
    api, "GET", "/email-accounts", asks=PageQuery, answers=PageOut[ChannelOut], also=["/email-accounts"]
)
@requires("channels.read")
def list_mailboxes(query: PageQuery) -> PageOut[ChannelOut]:
    """The mailboxes."""
    return _listed(query, "email")


@endpoint(api, "GET", ONE, answers=UsageOut, also=[ACCOUNT])
@requires("channels.read")
def read_channel(channel_id: UUID) -> UsageOut:
    """One sender, and what it did today."""
    channel = live_or_404(channel_id)
    line = queries.overview(channel, today())
    segments = SegmentsOut.of(line.segments) if line.segments else None
    return UsageOut(
        channel=ChannelOut.of(channel), used_today=line.used, waiting=line.queue.waiting, segments=segments
    )


@endpoint(api, "PUT", f"{ONE}/limits", takes=LimitsBody, answers=ChannelOut)
@requires("channels.write")
def change_limits(channel_id: UUID, body: LimitsBody) -> ChannelOut:
    """New caps, pace and hours. What waits is looked at again."""
    channel = live_or_404(channel_id)
    limits = body.model_dump(exclude={"brand_name", "brand_segments"})
    limits["window_weekdays"] = tuple(sorted(set(body.window_weekdays)))
    service.change_limits(channel, Limits(**limits), today())
    if channel.medium == "sms":
        change_brand(channel, body.brand_name.strip(), body.brand_segments)
    return ChannelOut.of(channel)


@endpoint(api, "PUT", f"{ONE}/name", takes=NamesBody, answers=ChannelOut)
@requires("channels.write")
def rename_channel(channel_id: UUID, body: NamesBody) -> ChannelOut:
    """What it is called, here and on messages."""
    channel = live_or_404(channel_id)
    service.rename(channel, body.name.strip() or channel.address, body.sender_name.strip())
    return ChannelOut.of(channel)


@endpoint(api, "POST", f"{ONE}/pause", answers=ChannelOut)
@requires("channels.write")
def pause_channel(channel_id: UUID) -> ChannelOut:
    """Send nothing more, also nothing that is queued. Receiving goes on."""
    channel = live_or_404(channel_id, lock=True)
    service.pause(channel, g.user.name)
    return ChannelOut.of(channel)


@endpoint(api, "POST", f"{ONE}/resume", takes=ResumeBody, answers=ChannelOut)
@requires("channels.write")
def resume_channel(channel_id: UUID, body: ResumeBody) -> ChannelOut:
    """Send again, within the limits. Where much is past due, say what becomes of it."""
    return _resumed(live_or_404(channel_id, lock=True), body)


@endpoint(api, "PUT", f"{ACCOUNT}/toggle", takes=ToggleBody, answers=ChannelOut, also=[f"{ACCOUNT}/toggle"])
@requires("channels.write")
def toggle(channel_id: UUID, body: ToggleBody) -> ChannelOut:
    """Let it send, or let it rest."""
    channel = live_or_404(channel_id, lock=True)
    if body.is_active:
        return _resumed(channel, body)
    service.pause(channel, g.user.name)
    return ChannelOut.of(channel)


@endpoint(api, "POST", f"{ONE}/disconnect", answers=ChannelOut)
@requires("channels.write")
def disconnect_channel(channel_id: UUID) -> ChannelOut:
    """Forget its credentials. What waits, waits."""
    channel = no_longer_watched(live_or_404(channel_id))
    service.disconnect(channel, g.user.name)
    return ChannelOut.of(channel)


@endpoint(api, "DELETE", ONE, answers=ChannelOut, also=[ACCOUNT])
@requires("channels.write")
def remove_channel(channel_id: UUID) -> ChannelOut:
    """Take it out of every list. Its conversations stay; what waits for it is cancelled."""
    channel = no_longer_watched(live_or_404(channel_id))
    service.remove(channel, g.user.name)
    return ChannelOut.of(channel)


def _listed(query: PageQuery, medium: str | None) -> PageOut[ChannelOut]:
    statement = select(Channel).where(Channel.archived_at.is_(None))
    if medium:
        statement = statement.where(Channel.medium == medium)
    keys = [Channel.medium, Channel.address, Channel.id]
    return paged(page(statement, keys, query.cursor, size=query.limit), ChannelOut.of)


def _resumed(channel: Channel, body: ResumeBody) -> ChannelOut:
    service.resume(channel, Choice(body.past_due, body.hours) if body.past_due else None)
    return ChannelOut.of(channel)
