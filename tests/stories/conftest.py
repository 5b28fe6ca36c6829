"""Vendors of our own on loopback, dialled by the real clients through the real address check."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from loumass.channels import connecting
from loumass.config import Settings
from loumass.core import network
from tests.fakes.imap import FakeImapServer
from tests.fakes.smtp import FakeSmtpServer
from tests.fakes.twilio import FakeTwilio
from tests.stories.cast import MAILBOX_SECRET, SAMPLE, Bdr, Vendors
from tests.stories.funnels import INVITATION
from tests.stories.letters import MAILBOX
from tests.world import World


@pytest.fixture
def vendors(world: World, settings: Settings) -> Iterator[Vendors]:
    """A mail server, a mailbox and Twilio, which the installation was allowed to dial."""
    users = {MAILBOX: MAILBOX_SECRET}
    with FakeSmtpServer(users=users) as smtp, FakeImapServer(users=users) as imap, FakeTwilio() as twilio:
        hosts = {
            f"{smtp.host}:{smtp.port}",
            f"{imap.host}:{imap.port}",
            twilio.base_url.removeprefix("http://"),
        }
        network.allow(hosts)
        before = connecting.use_context(
            replace(connecting.context(), base_urls={"twilio": twilio.base_url}, timeout=5.0)
        )
        yield Vendors(smtp, imap, twilio)
        if before is not None:
            connecting.use_context(before)
        network.allow(settings.allowed_private_hosts)


@pytest.fixture
def rosa(world: World, vendors: Vendors) -> Bdr:
    """Signed up, her mailbox and her number connected."""
    rosa = Bdr.signs_up(world, vendors)
    rosa.connects_her_mailbox()
    rosa.connects_her_number()
    return rosa


@pytest.fixture
def listed(rosa: Bdr) -> Bdr:
    """The sample list is in, and the funnel is published."""
    rosa.imports("leads.csv", SAMPLE.read_bytes())
    rosa.imports_template(INVITATION)
    return rosa
