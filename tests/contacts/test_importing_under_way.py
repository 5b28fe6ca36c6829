"""A list while it goes in: workers that die, overtake each other or meet a wall, what others write meanwhile, and stopping."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from loumass.contacts.erasing import erase
from loumass.contacts.importing import running, steering
from loumass.contacts.importing.matching import Match
from loumass.contacts.importing.reading import Piece
from loumass.contacts.models import (
    ContactImport,
)
from loumass.contacts.suppression import suppress
from loumass.core import jobs
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import get
from tests.contacts.lists import people, result_of, start, upload
from tests.contacts.test_importing import LEADS
from tests.world import World


def test_a_killed_worker_resumes_without_doubling(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    content = "Email,Tags\n" + "".join(f"p{n}@x.example,t{n}\n" for n in range(7)) + "bad,\n"
    import_id = upload(world.acme, content)
    start(world.acme, import_id)
    put_in, puts = running._put_in, []

    def dies_in_the_third(*arguments: Any) -> object:
        puts.append(1)
        meant = put_in(*arguments)
        if len(puts) == 3:
            raise KeyboardInterrupt  # after its statements, before its commit
        return meant

    monkeypatch.setattr(running, "_put_in", dies_in_the_third)
    with pytest.raises(KeyboardInterrupt):
        world.work()
    monkeypatch.setattr(running, "_put_in", put_in)
    world.bell.rings.clear()
    assert result_of(world.acme, import_id).row.rows_read == 4
    world.later(minutes=5)
    result = result_of(world.acme, import_id)
    assert result.row.state == "done"
    assert (result.counts, result.row.rows_read) == ((7, 0, 0, 1), 8)
    assert sorted(email or "" for _, email, _ in people(world.acme)) == [f"p{n}@x.example" for n in range(7)]


def test_what_others_write_after_a_look_ahead_is_seen(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next rows are looked for while the ones before go in: an address that is barred in between stays barred."""
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(4)))
    start(world.acme, import_id)
    matches_of, used = running._matches, []

    def barred_before_the_second(import_id: UUID, piece: Piece) -> Mapping[int, Match]:
        if piece.before is not None:
            suppress("email", ["p3@x.example"], "erased")
        used.append(matches_of(import_id, piece))
        return used[-1]

    monkeypatch.setattr(running, "_matches", barred_before_the_second)
    world.work()
    assert [sorted(match) for match in used] == [[], [5]]
    assert sorted(email or "" for _, email, _ in people(world.acme)) == [f"p{n}@x.example" for n in range(3)]


def test_who_is_erased_after_a_look_ahead_does_not_come_back(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the address was barred long before, for another reason."""
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    gone = world.acme.contact("Priya Raman", email="p3@x.example")
    with world.acme.acting() as session:
        suppress("email", ["p3@x.example"], "unsubscribed")
        session.commit()
    world.later(minutes=10)
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(4)))
    start(world.acme, import_id)
    matches_of, used = running._matches, []

    def erased_before_the_second(import_id: UUID, piece: Piece) -> Mapping[int, Match]:
        if piece.before is not None:
            erase(gone.id)
        used.append(matches_of(import_id, piece))
        return used[-1]

    monkeypatch.setattr(running, "_matches", erased_before_the_second)
    world.work()
    assert used[1][5].is_erased
    assert "p3@x.example" not in {email for _, email, _ in people(world.acme)}


def test_a_look_ahead_saves_the_question(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    monkeypatch.setattr(running, "find_matches", lambda _: pytest.fail("asked twice"))
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(6)))
    start(world.acme, import_id)
    world.work()
    assert result_of(world.acme, import_id).counts == (6, 0, 0, 0)


def test_two_workers_at_one_list_do_not_double(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(6)))
    start(world.acme, import_id)
    put_in = running._put_in

    def is_overtaken(*arguments: Any) -> object:
        monkeypatch.setattr(running, "_put_in", put_in)
        raise_after.append(arguments)
        return put_in(*arguments)

    raise_after: list[object] = []
    monkeypatch.setattr(running, "_put_in", is_overtaken)
    ring = next(iter(world.bell.rings))
    for _ in range(2):
        jobs.run(ring.job, str(ring.organization_id), ring.key)
    world.work()
    assert result_of(world.acme, import_id).counts == (6, 0, 0, 0)
    assert len(people(world.acme)) == 6


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("INSERT INTO tag (organization_id, name) VALUES (:o, 'x'), (:o, 'X')", "Try to go on"),
        ("SELECT CAST('none' AS uuid) WHERE :o IS NOT NULL", "cannot be kept"),
    ],
)
def test_what_the_database_never_takes_is_not_tried_for_ever(
    world: World, monkeypatch: pytest.MonkeyPatch, statement: str, said: str
) -> None:
    put_in, tries = running._put_in, []

    def meets_a_wall(*arguments: object) -> None:
        tries.append(1)
        db().execute(text(statement), {"o": world.acme.id})

    import_id = upload(world.acme, LEADS)
    start(world.acme, import_id)
    monkeypatch.setattr(running, "_put_in", meets_a_wall)
    world.work()
    failed = result_of(world.acme, import_id).row
    assert (failed.state, failed.problem is not None and said in failed.problem) == ("failed", True)
    assert 1 <= len(tries) <= 5
    monkeypatch.setattr(running, "_put_in", put_in)
    with world.acme.acting() as session:
        steering.again(session.merge(failed))
        session.commit()
    world.work()
    assert result_of(world.acme, import_id).counts == (2, 0, 0, 1)


def test_cancelling_keeps_what_went_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "CHUNK_ROWS", 2)
    monkeypatch.setattr(running, "SLICE_SECONDS", 0)
    import_id = upload(world.acme, "Email\n" + "".join(f"p{n}@x.example\n" for n in range(6)))
    start(world.acme, import_id)
    ring = next(iter(world.bell.rings))
    jobs.run(ring.job, str(ring.organization_id), ring.key)
    with world.acme.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        steering.cancel(row)
        session.commit()
    world.work()
    result = result_of(world.acme, import_id)
    assert (result.row.state, result.counts) == ("cancelled", (2, 0, 0, 0))
    assert len(people(world.acme)) == 2


def test_an_emptied_doorbell_loses_no_list(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    start(world.acme, import_id)
    world.bell.rings.clear()
    world.later(minutes=5)
    assert result_of(world.acme, import_id).row.state == "done"


def test_a_list_whose_columns_are_not_ready_does_not_start(world: World) -> None:
    import_id = upload(world.acme, "Name,Company\nAnn,Acme\n")
    with world.acme.acting():
        row = get(ContactImport, import_id)
        assert row
        with pytest.raises(Refused, match="Choose the column that holds the e-mail"):
            steering.start(row)


def test_a_list_starts_once(world: World) -> None:
    import_id = upload(world.acme, LEADS)
    start(world.acme, import_id)
    with world.acme.acting():
        row = get(ContactImport, import_id)
        assert row
        with pytest.raises(Conflict):
            steering.start(row)
