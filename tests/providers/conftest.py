from __future__ import annotations

from collections.abc import Iterator

import pytest

from loumass.core import secrets


@pytest.fixture(autouse=True)
def keys() -> Iterator[None]:
    """Keys of this test's own, so that providers can be tried without an application."""
    before = secrets._keys
    secrets._keys = secrets.Keys((("test", bytes(range(32))),), bytes(range(1, 33)), bytes(range(2, 34)))
    yield
    secrets._keys = before
