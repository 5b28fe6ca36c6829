"""The rows of a list meet the people we know: how they are found, and what the database is given of them."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from loumass.contacts.importing import staging
from loumass.contacts.importing.matching import find_matches
from loumass.contacts.mapping import guess_mapping
from loumass.contacts.models import Contact
from loumass.contacts.tables.shape import Row
from loumass.contacts.validation import ContactRow, RowReader
from loumass.core.ids import uuid7
from tests.contacts.lists import bring_in, tags_of
from tests.world import World

#: Long addresses make the index of them deeper than others, which the planner then prefers where it knows nothing.
LONG = "long" * 15
LABELS = ["Contact ID", "Email", "Cell"]


def rows(*values: list[str]) -> list[ContactRow]:
    """The rows of a list with these columns, from line 2 on."""
    reader = RowReader(guess_mapping(LABELS, list(values)))
    read = reader.read_all(Row(line, one) for line, one in enumerate(values, start=2))
    return [row for row in read if isinstance(row, ContactRow)]


def read_of_contacts(session: Session) -> int:
    """How many rows of `contact` this transaction has read."""
    return (
        session.scalar(
            text(
                "SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'contact'"
            )
        )
        or 0
    )


def test_whoever_is_not_found_costs_no_reading_of_everybody_else(world: World) -> None:
    with world.acme.acting() as session:
        # Nobody has counted these people yet, and the planner believes that there are next to none.
        session.execute(_MANY_PEOPLE, {"organization_id": world.acme.id})
        strangers = rows(*([f"crm-{n}", f"stranger{n}@x.example", f"303555{n:04}"] for n in range(100, 120)))
        assert len(strangers) == 20
        staging.stage(staging.copies_of(strangers, {}).whole)
        before = read_of_contacts(session)
        assert find_matches(uuid7()) == {}
        assert read_of_contacts(session) - before < 20


def test_each_key_finds_its_person_among_thousands(world: World) -> None:
    with world.acme.acting() as session:
        session.execute(_MANY_PEOPLE, {"organization_id": world.acme.id})
        by_email = session.scalars(
            select(Contact.id).where(Contact.email_key == f"{LONG}77@many.example")
        ).one()
        session.commit()
    by_id = world.acme.contact("Ann", email="ann@x.example", external_id="crm-1").id
    by_phone = world.acme.contact("Ben", email=None, phone="+13035550164").id
    with world.acme.acting():
        listed = rows(
            ["crm-1", "", "3035550199"],
            ["", f"{LONG}77@Many.example", ""],
            ["", "new@x.example", "303-555-0164"],
        )
        staging.stage(staging.copies_of(listed, {}).whole)
        found = find_matches(uuid7())
    people = {
        line: [known.person for known in (match.external_id, match.email, match.phone) if known]
        for line, match in found.items()
    }
    assert people == {2: [by_id], 3: [by_email], 4: [by_phone]}


def test_a_row_that_says_little_stands_beside_one_that_says_much(world: World) -> None:
    result = bring_in(
        world,
        world.acme,
        "Contact ID,Email,Cell,Tags,Timezone,Owner,License,Note\n"
        'c-1,full@x.example,3035550164,"a ""b"" {c}; d\\e",America/New_York,Ben Bdr,"C:\\temp","two\nlines"\n'
        ",bare@x.example,,,,,,\n",
    )
    assert result.counts == (2, 0, 0, 0)
    with world.acme.acting() as session:
        full, bare = session.scalars(select(Contact).order_by(Contact.email_key.desc())).all()
    assert (full.external_id, full.timezone, full.owner_id) == (
        "c-1",
        "America/New_York",
        world.acme.member.id,
    )
    assert full.fields == {"license": "C:\\temp", "note": "two\nlines"}
    assert tags_of(world.acme, "full@x.example") == ['a "b" {c}', "d\\e"]
    assert (bare.external_id, bare.phone, bare.phone_hash, bare.timezone, bare.owner_id) == (None,) * 5
    assert (bare.fields, bare.company) == ({}, "")
    assert tags_of(world.acme, "bare@x.example") == []


_MANY_PEOPLE = text("""
    INSERT INTO contact (organization_id, email, email_key, phone, external_id, company)
    SELECT :organization_id, address, address, '+1212555' || lpad(n::text, 4, '0'),
           'many-' || n, 'Many & Co'
    FROM generate_series(1, 5000) AS n, LATERAL (SELECT repeat('long', 15) || n || '@many.example') AS one(address)
    RETURNING id
""")
