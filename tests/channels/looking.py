"""What tests of the pages of channels name."""

from __future__ import annotations

from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.channels.models import Channel
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Message
from tests.fakes.twilio import ACCOUNT_SID, AUTH_TOKEN, NUMBER
from tests.world import Tenant, World

TWILIO = {"account_sid": ACCOUNT_SID, "auth_token": AUTH_TOKEN, "number": NUMBER}


def channels(tenant: Tenant) -> list[Channel]:
    with tenant.acting() as session:
        return list(session.scalars(select(Channel).order_by(Channel.address)))


def now(tenant: Tenant, channel: Channel) -> Channel:
    with tenant.acting():
        return get_or_404(Channel, channel.id)


def audited(tenant: Tenant) -> list[str]:
    with tenant.acting() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def states(world: World) -> list[str]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Message.state)))
