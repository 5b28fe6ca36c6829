"""Pages by key: nobody is skipped and nobody shown twice, also with equal times."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.contacts.models import Contact
from loumass.core.errors import Refused
from loumass.core.paging import Page, cursor_after, page, page_of
from tests.world import World


def test_walking_forth_and_back_shows_everybody_once_in_order(world: World) -> None:
    with world.acme.acting() as session:
        session.add_all(Contact(first_name=f"P{n}", phone=f"+1303555{n:04}") for n in range(23))
        session.commit()
        keys = (Contact.created_at, Contact.id)
        shown, cursor, pages = [], None, []
        while True:
            seen = page(select(Contact), keys, cursor, descending=True, size=5)
            pages.append([contact.id for contact in seen.items])
            shown += pages[-1]
            if seen.after is None:
                break
            cursor = seen.after
        assert len(shown) == len(set(shown)) == 23
        assert shown == [
            c.id
            for c in session.scalars(select(Contact).order_by(Contact.created_at.desc(), Contact.id.desc()))
        ]
        back = page(select(Contact), keys, seen.before, descending=True, size=5)
        assert [contact.id for contact in back.items] == pages[-2]
        first = page(select(Contact), keys, None, descending=True, size=5)
        assert first.before is None


@pytest.mark.parametrize("cursor", ["x", "W10", "eyJhIjoxfQ", "%00"])
def test_a_made_up_cursor_is_refused(world: World, cursor: str) -> None:
    with world.acme.acting(), pytest.raises(Refused):
        page(select(Contact), (Contact.created_at, Contact.id), cursor)


def test_a_list_that_was_made_whole_has_the_pages_that_a_statement_would_have(world: World) -> None:
    keys = (Contact.created_at, Contact.id)

    def made(rows: list[Contact], cursor: str | None) -> Page[Contact]:
        return page_of(rows, lambda row: (row.created_at, row.id), keys, cursor, size=5)

    with world.acme.acting() as session:
        session.add_all(Contact(first_name=f"P{n}", phone=f"+1303555{n:04}") for n in range(23))
        session.commit()
        rows = list(session.scalars(select(Contact)))
        cursors: list[str | None] = [None]
        for cursor in cursors:  # those that are found are asked as well
            asked, whole = page(select(Contact), keys, cursor, descending=True, size=5), made(rows, cursor)
            assert asked == whole
            cursors += {asked.after, asked.before} - {None, *cursors}
        assert len(cursors) == 9
    assert made([], None) == made([], cursors[-1]) == Page([], None, None)


def test_a_cursor_without_an_offset_is_refused() -> None:
    made_up = cursor_after(datetime(2026, 3, 3), UUID(int=1))  # noqa: DTZ001  what is refused
    with pytest.raises(Refused):
        page_of([], lambda row: (row,), (Contact.created_at, Contact.id), made_up)
