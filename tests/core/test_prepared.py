"""What PostgreSQL has parsed and planned for a connection stays with it from page to page."""

from __future__ import annotations

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from loumass.core import database
from tests.world import World

QUESTION = text("SELECT name FROM organization WHERE id = :id")
KEPT = text(
    "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE 'SELECT name FROM organization%'"
)
#: psycopg prepares what was asked so often.
OFTEN = 7


def _asked_often(connection: Connection, world: World) -> None:
    for _ in range(OFTEN):
        connection.execute(QUESTION, {"id": world.acme.id}).all()
        connection.rollback()


def _kept(connection: Connection) -> int:
    kept = connection.scalar(KEPT)
    connection.rollback()
    return kept or 0


def test_a_statement_of_many_pages_is_prepared_though_each_is_rolled_back(world: World) -> None:
    with database.engine().connect() as connection:
        _asked_often(connection, world)
        assert _kept(connection) == 1


def test_what_was_written_and_not_committed_is_gone_after_a_rollback(world: World) -> None:
    priya = world.acme.contact("Priya Raman")
    with world.acme.acting() as session:
        session.merge(priya).first_name = "Somebody"
        session.flush()
    with world.acme.acting() as session:
        assert _name(session) == "Priya"


def test_after_an_error_everything_is_prepared_anew(world: World) -> None:
    with database.engine().connect() as connection:
        _asked_often(connection, world)
        with pytest.raises(ProgrammingError):
            connection.execute(text("SELECT nothing_like_it"))
        connection.rollback()
        assert _kept(connection) == 0


def _name(session: Session) -> str:
    return session.execute(
        text("SELECT first_name FROM contact WHERE organization_id = current_organization()")
    ).scalar_one()
