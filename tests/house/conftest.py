"""What the house tests share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine, create_engine


@pytest.fixture
def ledger(database_url: str) -> Iterator[Engine]:
    """A superuser's engine, which no policy binds: to see what is really there."""
    engine = create_engine(database_url)
    yield engine
    engine.dispose()
