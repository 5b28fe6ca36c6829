"""Providers opened with a channel's sealed credentials. What they may use of the world is given here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import update

from loumass.channels.models import Channel
from loumass.config import Settings
from loumass.core import clock, http, metering, network, secrets
from loumass.core.tenancy import transaction
from loumass.providers.base import Capability, Provider, ProviderContext
from loumass.providers.credentials import Credentials
from loumass.providers.errors import Disconnected, ProviderError
from loumass.providers.registry import provider_class
from loumass.providers.world import context, use_context

__all__ = [
    "Checked",
    "check",
    "context",
    "credentials_of",
    "hook_url",
    "open_provider",
    "sealed",
    "use",
    "use_context",
]


log = structlog.get_logger("channels")


@dataclass(frozen=True, slots=True)
class Checked:
    """What trying credentials brought: a sentence for people, and where polling begins."""

    is_well: bool
    sentence: str
    cursor: Mapping[str, Any]
    #: What was tried, or what became of it meanwhile (tokens renew themselves).
    credentials: Credentials
    is_renewed: bool = False


def use(settings: Settings) -> None:
    """Take what `settings` say of vendors for this process."""
    use_context(
        ProviderContext(
            open_http=http.client,
            dial=network.dial,
            now=clock.now,
            public_url=settings.public_url,
            base_urls=settings.api_urls,
            sandbox_speed=settings.sandbox_speed,
            spend=metering.spend,
        )
    )


def open_provider(channel: Channel) -> Provider:
    """The channel's provider, ready to send; connects on first use. A context manager: leaving closes it.

    Raises Disconnected when the credentials cannot be read or the provider is not part of this installation.
    """
    try:
        found = provider_class(channel.provider, channel.medium)
    except KeyError as problem:
        raise Disconnected(f"This installation has no provider {channel.provider}.") from problem
    return found(
        credentials_of(channel), replace(context(), hook_url=hook_url(channel), keep=_Keeping(channel))
    )


def stop_watching(channel: Channel) -> None:
    """Have the vendor no longer tell us of what arrives, as far as it listens: what it does not hear ends by itself within
    days. Touches the network: call outside any transaction."""
    if channel.watched_until is None or not channel.sealed_credentials:
        return
    try:
        with open_provider(channel) as provider:
            provider.unwatch(channel.watch.get("state") or {})
    except ProviderError as problem:
        log.info("watch.left", channel=str(channel.id), problem=problem.reason)


def hook_url(channel: Channel) -> str:
    """Where the vendor calls this channel; empty for vendors that never call."""
    token = channel.settings.get("hook_token") if channel.settings else None
    return f"{context().public_url}/hooks/{channel.provider}/{token}" if token else ""


def check(provider: type[Provider], credentials: Credentials) -> Checked:
    """Log in as `credentials` say and send nothing. Touches the network: call outside any transaction."""
    newest = [credentials]
    try:
        with provider(credentials, replace(context(), keep=newest.append)) as opened:
            sentence = opened.check()
            polled = Capability.POLLED in provider.capabilities
            cursor = opened.fetch({}).cursor if polled else {}
            return Checked(True, sentence, cursor, newest[-1], len(newest) > 1)
    except ProviderError as problem:
        return Checked(False, problem.reason, {}, newest[-1], len(newest) > 1)


def credentials_of(channel: Channel) -> Credentials:
    """The channel's credentials in clear. Raises Disconnected when they cannot be unsealed."""
    if not channel.sealed_credentials:
        raise Disconnected("The credentials were taken away. Enter them again.")
    aad = secrets.associated_data("channel.sealed_credentials", channel.organization_id, channel.id)
    try:
        plain = secrets.unseal(channel.sealed_credentials, aad)
        return provider_class(channel.provider, channel.medium).Credentials.model_validate_json(plain)
    except (secrets.Unsealable, ValueError) as problem:
        raise Disconnected("The stored credentials cannot be read. Enter them again.") from problem


class _Keeping:
    """Credentials that renewed themselves take the place of those they came from, unless somebody entered others."""

    def __init__(self, channel: Channel) -> None:
        self._channel_id, self._organization_id = channel.id, channel.organization_id
        self._stored = channel.sealed_credentials

    def __call__(self, credentials: Credentials) -> None:
        renewed = sealed(credentials, self._organization_id, self._channel_id)
        with transaction() as session:
            taken = session.execute(
                update(Channel)
                .where(Channel.id == self._channel_id, Channel.sealed_credentials == self._stored)
                .values(sealed_credentials=renewed)
                .returning(Channel.id)
            ).one_or_none()
        if taken is not None:
            self._stored = renewed


def sealed(credentials: Credentials, organization_id: UUID, channel_id: UUID) -> bytes:
    """`credentials` sealed for one channel's row."""
    aad = secrets.associated_data("channel.sealed_credentials", organization_id, channel_id)
    return secrets.seal(credentials.to_json(), aad)
