"""The migrations lead to exactly the tables that the models describe, and to nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine

from loumass.core import migrating
from loumass.core.migrating import Unfit
from loumass.models import metadata


def test_the_migrated_database_is_what_the_models_say(database_url: str) -> None:
    engine = create_engine(database_url)
    with engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_object": _is_ours, "target_metadata": metadata}
        )
        differences = compare_metadata(context, metadata)
    engine.dispose()
    assert differences == []


def _is_ours(thing: Any, name: str | None, kind: str, reflected: bool, compared_to: Any) -> bool:
    """Partitions are made by a function, month by month; indexes made for the ticker stand in the migration alone."""
    if kind == "table":
        return not (name or "").startswith(
            ("event_2", "event_other", "hit_2", "hit_other", "alembic_version")
        )
    return not (
        kind == "index" and reflected and compared_to is None and (name or "").startswith(_ONLY_IN_SQL)
    )


#: Indexes that a model cannot say: the agenda's crosses organizations for the ticker.
_ONLY_IN_SQL = ("ix_agenda_next_due_at",)


def test_migrating_again_changes_nothing(database_url: str) -> None:
    assert migrating.migrate(database_url) == migrating.newest_revision()


def test_an_older_server_is_refused_in_one_sentence(
    database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(migrating, "MINIMUM_VERSION", 990000)
    with pytest.raises(Unfit, match="needs 18 or newer"):
        migrating.migrate(database_url)
