"""A new organization in a large house: the planner learns of it from the clock, before it reads everybody for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from threading import Event

import pytest
from sqlalchemy import Engine, create_engine, text

from loumass.core import clock, plans
from loumass.core.database import engine
from loumass.core.plans import refresh_figures
from loumass.ticker import tick
from tests.campaigns.test_statements import FUNNEL, in_slices_of, walked
from tests.waiting import until
from tests.world import World

__all__ = ["in_slices_of"]
PEOPLE = 1_500
_READ = text(
    "SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows FROM pg_stat_user_tables WHERE schemaname = 'public'"
)
# Those that have done something in a transaction: what a session counted is told when it ends.
_ALIVE = text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
    " AND query ILIKE '%COMMIT%'"
)


@pytest.fixture
def superuser(database_url: str) -> Iterator[Engine]:
    engine = create_engine(database_url, isolation_level="AUTOCOMMIT")
    yield engine
    engine.dispose()


def everything_is_counted(superuser: Engine) -> None:
    """As after some seconds."""
    engine().dispose()
    with superuser.connect() as connection:
        until(lambda: not connection.scalar(_ALIVE), "the sessions of the pool end")


def rows_read(superuser: Engine) -> Mapping[str, int]:
    """Table -> rows that anybody has read of it so far."""
    everything_is_counted(superuser)
    with superuser.connect() as connection:
        return {row.relname: row.rows for row in connection.execute(_READ)}


@pytest.mark.slow
def test_a_journey_reads_as_many_rows_for_each_person_as_in_an_organization_that_is_known(
    world: World, superuser: Engine, in_slices_of: Callable[[int], None]
) -> None:
    def some_seconds_later() -> None:
        everything_is_counted(superuser)
        refresh_figures()

    in_slices_of(PEOPLE)
    walked(world.globex, FUNNEL, PEOPLE)
    with superuser.connect() as connection:
        connection.execute(text("ANALYZE"))
    before = rows_read(superuser)
    walked(world.acme, FUNNEL, PEOPLE, some_seconds_later)
    after = rows_read(superuser)
    a_person = {name: (after[name] - before.get(name, 0)) / PEOPLE for name in after}
    assert a_person["enrollment"] > 1, "what was read is counted"
    assert max(a_person.values()) < 100, {name: rows for name, rows in a_person.items() if rows >= 100}


def test_what_changed_little_or_was_just_looked_at_is_left_alone(world: World, superuser: Engine) -> None:
    def refreshed() -> list[str]:
        everything_is_counted(superuser)
        with engine().begin() as connection:
            return connection.execute(text("SELECT refresh_figures()")).scalar_one()

    def come(letter: str, count: int) -> None:
        world.acme.contacts(
            [{"name": f"P{n} Silent", "email": f"{letter}{n}@x.example"} for n in range(count)]
        )

    until(lambda: not refreshed(), "what the tests before did is counted")
    come("a", 400)
    assert refreshed() == []
    come("b", 1_000)
    until(lambda: "contact" in refreshed(), "many have come")
    until(lambda: not refreshed(), "all that was counted is known")


def test_the_clock_rings_on_while_figures_are_gathered(
    world: World, superuser: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end, runs = Event(), Event(), []

    def slowly() -> None:
        runs.append(1)
        begun.set()
        assert may_end.wait(30)

    monkeypatch.setattr(plans, "refresh_figures", slowly)
    with superuser.connect() as connection:
        for _ in range(3):
            tick(connection)
            clock.advance(timedelta(seconds=6))
        assert begun.wait(30)
        assert runs == [1], "one at a time"
        may_end.set()
        until(lambda: plans._refreshing.acquire(blocking=False), "the first is done")
        plans._refreshing.release()
        tick(connection)
    until(lambda: runs == [1, 1], "the next one goes")
