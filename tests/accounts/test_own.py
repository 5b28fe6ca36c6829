"""Members see only their own: what comes of it beyond the pages (those are walked over by tests/house/test_own.py)."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, event, select, text

from loumass.campaigns import enrolling
from loumass.campaigns.models import Campaign
from loumass.contacts.models import Contact, ContactImport
from loumass.core.database import db, engine
from loumass.core.tenancy import acting_for, seeing_everything, show_only_own
from migrations.own import OWN
from tests.campaigns.cast import drafted, send
from tests.contacts.lists import start, upload
from tests.world import Tenant, World


def _on(tenant: Tenant) -> None:
    tenant.organization.shows_only_own = True
    with tenant.acting() as session:
        session.merge(tenant.organization)
        session.commit()


def _owners(tenant: Tenant) -> dict[str | None, UUID | None]:
    with tenant.acting() as session:
        return dict(iter(session.execute(select(Contact.email_key, Contact.owner_id))))


def test_what_a_member_writes_down_or_imports_is_theirs_and_a_colleagues_stays_untold(world: World) -> None:
    acme = world.acme
    acme.contact("Priya Raman", email="priya@foothill.example", owner_id=acme.admin.id)
    acme.contact("Nobody Yet", email="nobody@foothill.example")
    _on(acme)
    made = acme.member.post("/contacts/new", {"first_name": "Omar", "email": "omar@lake.example"})
    assert made.status_code == 303
    taken = acme.member.post("/contacts/new", {"first_name": "Mine", "email": "priya@foothill.example"})
    assert taken.status_code == 422
    assert "A colleague of yours has a contact like this" in taken.text
    assert "Priya" not in taken.text
    rows = "First name,Email\nNew,new@list.example\nStolen,priya@foothill.example\nGrabbed,nobody@foothill.example\nOlli,omar@lake.example\n"
    import_id = upload(acme, rows, existing="update")
    with acme.acting() as session:
        session.get_one(ContactImport, (acme.id, import_id)).created_by_id = acme.member.id
        session.commit()
    start(acme, import_id)
    world.work()
    assert _owners(acme) == {
        "priya@foothill.example": acme.admin.id, "nobody@foothill.example": None,
        "omar@lake.example": acme.member.id, "new@list.example": acme.member.id,
    }  # fmt: skip
    page = acme.member.get("/contacts").text
    assert ("Olli" in page, "New" in page, "Priya" in page, "Nobody Yet" in page) == (
        True,
        True,
        False,
        False,
    )
    assert "Priya" in acme.admin.get("/contacts").text


def test_a_job_that_goes_on_for_a_member_takes_only_their_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolling, "SLICE", 2)
    acme = world.acme
    for number in range(9):
        acme.contact(
            f"P {number}",
            email=f"p{number}@x.example",
            owner_id=acme.member.id if number % 3 else acme.admin.id,
        )
    campaign_id = drafted(acme, [send("hello")]).id
    _on(acme)
    assert acme.member.post(f"/campaigns/{campaign_id}/people", {"everyone": "1"}).status_code == 303
    world.work()
    with acme.acting() as session:
        inside = session.scalars(
            text("SELECT c.owner_id FROM enrollment e JOIN contact c ON c.organization_id = e.organization_id AND c.id = e.contact_id "
                 "WHERE e.organization_id = :id"), {"id": acme.id},
        ).all()  # fmt: skip
    assert inside == [acme.member.id] * 6


def test_views_have_every_column_and_are_found_before_their_tables(world: World, sweeper: Engine) -> None:
    columns = text(
        "SELECT array_agg(attname::text ORDER BY attname) FROM pg_attribute "
        "WHERE attrelid = CAST(:name AS regclass) AND attnum > 0 AND NOT attisdropped"
    )
    with sweeper.connect() as connection:
        for table in OWN:
            both = [connection.scalar(columns, {"name": f"{schema}.{table}"}) for schema in ("own", "public")]
            assert both[0] == both[1], table
    acme = world.acme
    mine, theirs = (
        acme.contact(name, email=f"{name}@x.example", owner_id=who.id)
        for name, who in (("mine", acme.member), ("theirs", acme.admin))
    )
    with acting_for(acme.id, acme.member.id) as session:
        show_only_own(session)
        assert session.scalars(select(Contact.id)).all() == [mine.id]
        with seeing_everything():
            assert set(db().scalars(select(Contact.id))) == {mine.id, theirs.id}
        session.commit()
        assert session.scalars(
            text("SELECT id FROM contact WHERE organization_id = :id"), {"id": acme.id}
        ).all() == [mine.id]
        assert session.scalars(select(Campaign.id)).all() == []


def test_it_costs_no_statement_while_it_is_off(world: World) -> None:
    asked: list[str] = []

    def note(*said: Any) -> None:
        asked.append(said[2])

    event.listen(engine(), "before_cursor_execute", note)
    try:
        world.acme.member.get("/contacts")
        off = [statement for statement in asked if "search_path" in statement or "own." in statement]
        _on(world.acme)
        world.acme.member.get("/contacts")
    finally:
        event.remove(engine(), "before_cursor_execute", note)
    assert off == []
    assert any("own, public" in statement for statement in asked)
