"""Connecting senders and changing what they may do. Secrets are sealed to their row; every change is audited."""

from __future__ import annotations

import secrets as random
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.service import audit
from loumass.channels.connecting import Checked, sealed
from loumass.channels.models import Channel, HookAddress
from loumass.channels.past_due import Choice, past_due, settle
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish
from loumass.providers.base import Capability, Provider
from loumass.providers.credentials import Credentials


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What a channel may do. None means: no limit. Weekdays are ISO numbers, times minutes since midnight."""

    daily_cap: int | None
    per_minute: int | None
    minimum_gap_seconds: int
    #: Percent of the gap.
    gap_jitter: int = 0
    #: Of a warm-up all three, or none.
    warmup_start: int | None = None
    warmup_step: int | None = None
    warmup_ceiling: int | None = None
    window_weekdays: tuple[int, ...]
    window_from: int
    window_until: int
    skips_days_off: bool = False


def find_same(provider: type[Provider], credentials: Credentials) -> Channel | None:
    """The channel, perhaps removed, that has this provider and address."""
    return (
        db()
        .scalars(
            select(Channel).where(
                Channel.provider == provider.kind, Channel.address == normal_address(provider, credentials)
            )
        )
        .one_or_none()
    )


def connect(
    provider: type[Provider],
    credentials: Credentials,
    checked: Checked,
    *,
    name: str,
    sender_name: str,
    owner_id: UUID | None,
) -> Channel:
    """A new channel, or the removed one of the same address again. It sends only when `checked` went well.

    Raises Conflict when the address is connected already.
    """
    channel = find_same(provider, credentials)
    if channel is not None and channel.archived_at is None:
        raise Conflict(f"{channel.address} is connected already. Change it on its own page.")
    if channel is None:
        channel = Channel(
            id=uuid7(),
            provider=provider.kind,
            medium=provider.medium,
            address=normal_address(provider, credentials),
            sealed_credentials=b"",
            name="",
        )
        db().add(channel)
    channel.name, channel.sender_name, channel.owner_id = name, sender_name, owner_id
    channel.archived_at, channel.polled_at, channel.poll_problem = None, None, ""
    channel.cursor = dict(checked.cursor)
    _take_credentials(channel, checked)
    db().flush()
    _take_hook_address(channel, provider, credentials)
    audit("channel.connected", "channel", channel.id, provider=provider.kind, is_well=checked.is_well)
    publish("channel.connected", channel_id=channel.id)
    return channel


def reconnect(channel: Channel, provider: type[Provider], credentials: Credentials, checked: Checked) -> None:
    """New credentials for the same address. Raises Refused for another address: that is another channel."""
    if normal_address(provider, credentials) != channel.address:
        raise Refused(
            f"These credentials are for {credentials.address}. Connect that as a channel of its own; "
            f"the history of {channel.address} stays with this one."
        )
    if not channel.cursor:
        channel.cursor = dict(checked.cursor)
    _take_credentials(channel, checked)
    _take_hook_address(channel, provider, credentials)
    audit("channel.reconnected", "channel", channel.id, is_well=checked.is_well)
    publish("channel.connected", channel_id=channel.id)
    if checked.is_well and channel.state == "active":
        publish("channel.resumed", channel_id=channel.id)


def note_check(channel: Channel, checked: Checked) -> None:
    """What testing the connection brought: a disconnected channel that works again sends again."""
    if checked.is_renewed and channel.sealed_credentials:
        channel.sealed_credentials = sealed(checked.credentials, current_organization_id(), channel.id)
    if checked.is_well and channel.state == "disconnected":
        _work_again(channel)
        if channel.state == "active":
            publish("channel.resumed", channel_id=channel.id)
    audit("channel.tested", "channel", channel.id, is_well=checked.is_well)


def change_limits(channel: Channel, limits: Limits, today: date) -> None:
    """Take `limits` from now on; what waits is looked at again. A warm-up that gets another beginning begins today."""
    names = [name for name in Limits.__slots__ if name != "window_weekdays"]
    wanted: dict[str, Any] = {name: getattr(limits, name) for name in names}
    wanted["window_weekdays"] = list(limits.window_weekdays)
    changed = {name: value for name, value in wanted.items() if getattr(channel, name) != value}
    for name, value in changed.items():
        setattr(channel, name, value)
    if "warmup_start" in changed:
        channel.warmup_since = today if limits.warmup_start is not None else None
    if changed:
        audit("channel.limits_changed", "channel", channel.id, **changed)
        publish("channel.resumed", channel_id=channel.id)


def rename(channel: Channel, name: str, sender_name: str) -> None:
    """What the team calls it, and what people see as the sender."""
    if (channel.name, channel.sender_name) != (name, sender_name):
        channel.name, channel.sender_name = name, sender_name
        audit("channel.renamed", "channel", channel.id)


def pause(channel: Channel, by: str) -> None:
    """Send nothing more, also nothing that is queued, until somebody resumes. Receiving goes on."""
    if channel.state != "active":
        raise Conflict(f"{channel.name} is {channel.state} already.")
    _become(channel, "paused", f"Paused by {by}.")
    audit("channel.paused", "channel", channel.id)


def resume(channel: Channel, choice: Choice | None = None) -> None:
    """Send again. What is past due after a long rest becomes what `choice` says, which must be given then.

    Raises Conflict unless it is paused, and Refused for a choice that is missing.
    """
    if channel.state != "paused":
        raise Conflict(f"{channel.name} is not paused.")
    if past_due(channel).count:
        if choice is None:
            raise Refused("Choose what becomes of the messages that are past due. Nothing was changed.")
        count = settle(channel, choice)
        audit("channel.past_due_settled", "channel", channel.id, what=choice.what, messages=count)
    _become(channel, "active", "")
    if channel.brake_because:
        # Too much had come back, and a person has looked: that is forgiven.
        channel.brake_gap_seconds, channel.brake_because, channel.budget_from = 0, "", clock.now()
    audit("channel.resumed", "channel", channel.id)
    publish("channel.resumed", channel_id=channel.id)


def disconnect(channel: Channel, by: str) -> None:
    """Forget the credentials. What waits, waits; calls of the vendor are no longer believed."""
    channel.sealed_credentials = b""
    channel.watched_until, channel.watch = None, {}
    _become(channel, "disconnected", f"Disconnected by {by}.")
    channel.poll_problem = ""
    audit("channel.disconnected", "channel", channel.id)
    publish("channel.disconnected", channel_id=channel.id, user_id=channel.owner_id)


def remove(channel: Channel, by: str) -> None:
    """Take it out of every list. Its conversations stay; what waits for it is cancelled."""
    if channel.sealed_credentials:
        disconnect(channel, by)
    channel.archived_at = clock.now()
    if (address := _hook_address(channel)) is not None:
        db().delete(address)
    audit("channel.removed", "channel", channel.id)
    publish("channel.removed", channel_id=channel.id)


def normal_address(provider: type[Provider], credentials: Credentials) -> str:
    """The address as it is compared: e-mail in lower case, numbers as they are."""
    return credentials.address.lower() if provider.medium == "email" else credentials.address


def _take_credentials(channel: Channel, checked: Checked) -> None:
    channel.sealed_credentials = sealed(checked.credentials, current_organization_id(), channel.id)
    channel.settings = {**(channel.settings or {}), **checked.credentials.settings}
    channel.watched_until, channel.watch = None, {}
    channel.failures_in_a_row, channel.resting_until, channel.resting_because = 0, None, ""
    if not checked.is_well:
        _become(channel, "disconnected", checked.sentence)
    elif channel.state != "paused":
        _work_again(channel)


def _take_hook_address(channel: Channel, provider: type[Provider], credentials: Credentials) -> None:
    if Capability.HOOKS not in provider.capabilities:
        return
    address = _hook_address(channel)
    if address is None:
        address = HookAddress(
            token=random.token_urlsafe(24),
            organization_id=current_organization_id(),
            channel_id=channel.id,
            provider=provider.kind,
        )
        db().add(address)
    address.account, address.address = credentials.account, channel.address
    channel.settings = {**channel.settings, "hook_token": address.token}


def _hook_address(channel: Channel) -> HookAddress | None:
    mine = HookAddress.organization_id == current_organization_id(), HookAddress.channel_id == channel.id
    return db().scalars(select(HookAddress).where(*mine)).one_or_none()


def _work_again(channel: Channel) -> None:
    """It can send again. It does at once, unless messages wait that were due long ago: then a person is asked first."""
    waiting = past_due(channel).count
    if waiting:
        are = "message is" if waiting == 1 else "messages are"
        _become(channel, "paused", f"Waits for you: {waiting:,} {are} past due.")
    else:
        _become(channel, "active", "")


def _become(channel: Channel, state: str, reason: str) -> None:
    if channel.state != state or channel.state_reason != reason:
        channel.state, channel.state_reason, channel.state_changed_at = state, reason, clock.now()
        channel.stopped_at = None if state == "active" else channel.stopped_at or clock.now()
        live.announce("channels")
