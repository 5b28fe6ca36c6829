"""A furnished house that is put back after each attack instead of being made anew: few of its tables have changed.

The rows lie in temporary tables of one connection of the superuser. A table is put back when another transaction wrote
any of its rows since (`xmin`), or when rows came or went.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from unittest.mock import patch

from flask import Flask
from redis import Redis
from sqlalchemy import Connection, Engine, text

from loumass.core import clock, jobs
from loumass.models import metadata
from tests.house import furniture
from tests.house.furnished import Furniture, furnish
from tests.house.url_map import rows_of
from tests.world import World

TABLES = sorted(metadata.tables)
#: The name that Globex' things have.
MARK_OF_GLOBEX = "Quagga"


class Standing:
    """Acme and Globex with one of everything; `put_back` makes them so again."""

    def __init__(self, world: World, owner: Engine, files: Path, kept_files: Path, redis: Redis) -> None:
        self.world, self._owner, self._redis = world, owner, redis
        self._files, self._kept_files = files, kept_files
        self.house: Furniture = furnish(world.acme)
        with patch.object(furniture, "MARK", MARK_OF_GLOBEX):
            self.own: Furniture = furnish(world.globex)
        #: A digest of what Acme has in each table.
        self.rows_of_acme: Mapping[str, str] = rows_of(owner, world.acme.id)
        shutil.copytree(files, kept_files, dirs_exist_ok=True)
        self._on_the_shelf = {key: redis.dump(key) or b"" for key in redis.scan_iter("shelf:*")}
        with owner.connect() as connection:
            self._kept_by = _backend(connection)
            _keep(connection)

    @property
    def is_kept(self) -> bool:
        """Whether the connection that has the rows is still there."""
        with self._owner.connect() as connection:
            return _backend(connection) == self._kept_by

    @contextmanager
    def put_back(self) -> Iterator[Standing]:
        """Inside, everything is as it was furnished, also the clock, files and who is signed in."""
        with self._owner.connect() as connection:
            connection.execute(text("SELECT pg_temp.put_back()"))
        for kept in (path for path in self._kept_files.rglob("*") if path.is_file()):
            place = self._files / kept.relative_to(self._kept_files)
            if not place.exists():
                shutil.copyfile(kept, place)
        self._redis.flushdb()
        for key, value in self._on_the_shelf.items():
            self._redis.restore(key, 0, value)
        for person in (*self.world.acme.people.values(), *self.world.globex.people.values()):
            person.signs_in_anew()
        jobs.use(self.world.bell)
        with clock.moved_to(self.world.begins_at):
            yield self
        self.world.end()


def furnished_world(app: Flask, owner: Engine, files: Path, kept_files: Path, redis: Redis) -> Standing:
    """Made in an empty database."""
    world = World(app)
    jobs.use(world.bell)
    with clock.moved_to(world.begins_at):
        world.build(owner)
        return Standing(world, owner, files, kept_files, redis)


def _backend(connection: Connection) -> int:
    return connection.execute(text("SELECT pg_backend_pid()")).scalar_one()


_COLUMNS = text("""
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
""")
_SEQUENCES = text("""
    SELECT sequencename, coalesce(last_value, start_value), last_value IS NOT NULL FROM pg_sequences
    WHERE schemaname = 'public'
""")


def _keep(connection: Connection) -> None:
    """Copies every table, and makes the function that puts back what differs."""
    connection.execute(
        text("CREATE TEMP TABLE kept_state (name text PRIMARY KEY, number bigint, writers bigint)")
    )
    steps = [_kept(connection, name) for name in TABLES]
    steps += [
        f"PERFORM setval('{name}', {last}, {was_asked});"
        for name, last, was_asked in connection.execute(_SEQUENCES).all()
    ]
    # Not text(): it would take := for a parameter.
    connection.exec_driver_sql(f"""
        CREATE FUNCTION pg_temp.put_back() RETURNS void LANGUAGE plpgsql AS $$
        DECLARE n bigint; w bigint;
        BEGIN {" ".join(steps)} END $$
    """)


def _kept(connection: Connection, name: str) -> str:
    """Copies one table; what the function does to it."""
    columns = connection.execute(_COLUMNS, {"name": name}).scalar_one()
    connection.execute(text(f"CREATE TEMP TABLE kept_{name} AS SELECT {columns} FROM {name}"))
    state = f"SELECT count(*), coalesce(sum(xmin::text::bigint), 0) FROM {name}"
    connection.execute(text(f"INSERT INTO kept_state SELECT '{name}', s.* FROM ({state}) s"))
    return f"""
        {state.replace(" FROM", " INTO n, w FROM")};
        IF NOT EXISTS (SELECT FROM kept_state WHERE name = '{name}' AND number = n AND writers = w) THEN
            DELETE FROM {name};
            INSERT INTO {name} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM kept_{name};
            {state.replace(" FROM", " INTO n, w FROM")};
            UPDATE kept_state SET number = n, writers = w WHERE name = '{name}';
        END IF;
    """
