"""What the house tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from redis import Redis
from sqlalchemy import Engine, create_engine

from loumass.config import Settings
from loumass.core import live
from tests.conftest import empty
from tests.house.standing import Standing, furnished_world


@pytest.fixture(autouse=True)
def _short_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream is answered to its end like any other page."""
    monkeypatch.setattr(live, "STREAM_SECONDS", 0.05)


@pytest.fixture(scope="session")
def ledger(database_url: str) -> Iterator[Engine]:
    """A superuser's engine, which no policy binds: to see what is really there."""
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


@pytest.fixture(scope="session")
def standings() -> list[Standing]:
    """The one that this worker has furnished, once it has."""
    return []


@pytest.fixture
def standing(
    app: Flask,
    sweeper: Engine,
    settings: Settings,
    tmp_path_factory: pytest.TempPathFactory,
    standings: list[Standing],
) -> Iterator[Standing]:
    """Acme and Globex with one of everything, put back as they were furnished."""
    app.extensions["loumass.hits_door"].forget()
    if not (standings and standings[-1].is_kept):
        empty(sweeper)
        files, kept = Path(settings.storage_url.removeprefix("file://")), tmp_path_factory.mktemp("kept")
        standings.append(furnished_world(app, sweeper, files, kept, Redis.from_url(settings.redis_url)))
    with standings[-1].put_back() as standing:
        yield standing
