"""Channels of tenants, connected to the fakes as a person would have done it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from loumass.channels import connecting, service
from loumass.channels.connecting import Checked
from loumass.channels.models import Channel
from loumass.providers.base import Provider
from loumass.providers.registry import provider_class
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.world import Tenant


@contextmanager
def loopback(**changes: Any) -> Iterator[None]:
    """Let providers dial the fakes, with short waits."""
    from tests.providers.vendor import context

    short = {name: getattr(context(), name) for name in ("open_http", "dial", "open_tls", "timeout")}
    before = connecting.use_context(replace(connecting.context(), **{**short, **changes}))
    try:
        yield
    finally:
        if before is not None:
            connecting.use_context(before)


def connected(
    tenant: Tenant, kind: str, medium: str, *, checked: Checked | None = None, **credentials: Any
) -> Channel:
    """A channel of `tenant`, committed."""
    provider: type[Provider] = provider_class(kind, medium)
    given = provider.Credentials.model_validate(credentials)
    with tenant.acting() as session:
        channel = service.connect(
            provider,
            given,
            checked or Checked(True, "It works.", {}, given),
            name=given.address,
            sender_name="Maya",
            owner_id=tenant.admin.id,
        )
        session.commit()
    return channel


def twilio_number(
    tenant: Tenant, number: str = NUMBER, token: str = AUTH_TOKEN, account: str = ACCOUNT_SID
) -> Channel:
    """A Twilio number."""
    return connected(tenant, "twilio", "sms", account_sid=account, auth_token=token, number=number)


def sandbox_mailbox(tenant: Tenant, email: str = "maya@acme.example") -> Channel:
    """A mailbox among invented people."""
    return connected(tenant, "sandbox", "email", email=email)
