"""A receiver on loopback that this installation may dial."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.core import network
from tests.fakes.receiver import FakeReceiver


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeReceiver]:
    with FakeReceiver() as fake:
        monkeypatch.setattr(network, "_allowed", frozenset({fake.host}))
        yield fake
