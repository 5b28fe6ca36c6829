"""An organization that came after the last ANALYZE costs a person what it costs everybody: the planner expects nobody there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

import pytest
from sqlalchemy import Engine, create_engine, text

from loumass.core.database import engine
from tests.campaigns.test_statements import FUNNEL, in_slices_of, walked
from tests.waiting import until
from tests.world import World

__all__ = ["in_slices_of"]
PEOPLE = 1_500
_READ = text(
    "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_user_tables WHERE schemaname = 'public'"
)
# Those of the application's role that have done something in a transaction.
_ALIVE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    " AND query ILIKE '%COMMIT%'"
)


@pytest.fixture
def superuser(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def rows_read(superuser: Engine) -> Mapping[str, int]:
    """Table -> rows that anybody has read of it so far. What a session counted is told when it ends."""
    engine().dispose()
    until(lambda: not _sessions(superuser), "the sessions of the pool end")
    with superuser.connect() as connection:
        return {row.relname: row.rows for row in connection.execute(_READ)}


def _sessions(superuser: Engine) -> int:
    with superuser.connect() as connection:
        return connection.scalar(_ALIVE) or 0


@pytest.mark.slow
def test_a_journey_reads_as_many_rows_for_each_person_as_in_an_organization_that_is_known(
    world: World, superuser: Engine, in_slices_of: Callable[[int], None]
) -> None:
    in_slices_of(PEOPLE)
    walked(world.globex, FUNNEL, PEOPLE)
    with superuser.connect() as connection:
        connection.execute(text("ANALYZE"))
    before = rows_read(superuser)
    walked(world.acme, FUNNEL, PEOPLE)
    after = rows_read(superuser)
    a_person = {name: (after[name] - before.get(name, 0)) / PEOPLE for name in after}
    assert a_person["enrollment"] > 1, "what was read is counted"
    assert max(a_person.values()) < 60, {name: rows for name, rows in a_person.items() if rows >= 60}
