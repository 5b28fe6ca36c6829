"""Who looks at the pages of channels, and the vendor behind them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.channels.connected import loopback
from tests.fakes.twilio import FakeTwilio
from tests.world import Person, World


@pytest.fixture
def twilio() -> Iterator[FakeTwilio]:
    with FakeTwilio() as fake, loopback(base_urls={"twilio": fake.base_url}):
        yield fake


@pytest.fixture
def admin(world: World) -> Person:
    return world.acme.admin
