"""Taking everything along, and deleting an organization."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from loumass.accounts import deleting, exporting
from loumass.config import Settings
from loumass.core.tenancy import acting_for
from tests.accounts.conftest import Mailbox
from tests.accounts.test_signing import actions
from tests.house.furnished import furnish
from tests.house.url_map import OWNED, rows_of
from tests.world import PASSWORD, Tenant, World

DELETE = {"name": "Acme", "current": PASSWORD}


@pytest.fixture
def ledger(sweeper: Engine) -> Engine:
    """Who sees every row."""
    return sweeper


def _rows(archive: zipfile.ZipFile, table: str) -> list[dict]:
    return [json.loads(line) for line in archive.read(f"tables/{table}.jsonl").splitlines()]


def test_everything_leaves_as_one_archive_behind_a_link_that_ends(
    world: World, mailbox: Mailbox, ledger: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exporting, "SLICE", 23)
    monkeypatch.setattr(exporting, "CHUNK", 5)
    acme = world.acme
    furnish(acme)
    furnish(world.globex)
    acme.contact("=1+1 Formula", email="formula@x.example")
    assert acme.admin.post("/organization/exports").status_code == 303
    assert acme.admin.post("/organization/exports").status_code == 409
    assert acme.member.get("/organization/exports").status_code == 403
    world.work(most=2_000)
    link = mailbox.link("ada@acme.example")
    answer = acme.admin.get(link)
    archive = zipfile.ZipFile(io.BytesIO(answer.get_data()))
    assert archive.testzip() is None
    with ledger.connect() as connection:
        for table in ("contact", "message", "event", "daily_count", "media", "audit_entry", "hit"):
            count = connection.scalar(
                text(f"SELECT count(*) FROM {table} WHERE organization_id = :id"), {"id": acme.id}
            )
            found = len(_rows(archive, table)) if f"tables/{table}.jsonl" in archive.namelist() else 0
            # What was noted while it was written comes after.
            assert found == count or (table in ("audit_entry", "event") and found), table
    everything = b"".join(archive.read(name) for name in archive.namelist())
    assert b"%PDF" in everything
    assert str(world.globex.id).encode() not in everything
    assert not {name for one in _rows(archive, "channel") for name in one if name.startswith("sealed")}
    assert "'=1+1" in archive.read("csv/contact.csv").decode()
    assert json.loads(archive.read("organization.json"))["members"][0]["name"] == "Ada Admin"
    assert world.globex.admin.get(link).status_code == 404
    assert {"organization.export_asked", "organization.exported"} <= set(actions(acme))
    world.later(days=8)
    assert acme.admin.get(link).status_code == 404
    with acting_for(acme.id):
        exporting_rows = exporting.latest()
    assert {one.state for one in exporting_rows if one.parts == []} >= {"done"}


def _files(settings: Settings, tenant: Tenant) -> list[Path]:
    folder = Path(settings.storage_url.removeprefix("file://")) / str(tenant.id)
    return [one for one in folder.rglob("*") if one.is_file()]


def test_deleting_is_announced_can_be_undone_and_then_leaves_nothing(
    world: World, mailbox: Mailbox, ledger: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deleting, "ROWS", 150)
    monkeypatch.setattr(deleting, "FILES", 3)
    acme, globex = world.acme, world.globex
    for tenant in (acme, globex):
        furnish(tenant)
    assert acme.member.post("/organization/deletion", DELETE).status_code == 403
    for wrong in (DELETE | {"name": "Acne"}, DELETE | {"current": "not this one"}):
        assert acme.admin.post("/organization/deletion", wrong).status_code == 422
    acme.admin.post(f"/members/{acme.viewer.id}/role", {"role": "admin"})
    assert acme.admin.post("/organization/deletion", DELETE).status_code == 303
    for admin in (acme.admin, acme.viewer):
        assert "will be deleted on" in mailbox.last(admin.user.email)["Subject"]
    assert "will be deleted on" in acme.admin.get("/contacts").text
    assert "will be deleted on" not in acme.member.get("/contacts").text
    assert acme.admin.post("/organization/deletion", DELETE).status_code == 409
    world.later(days=13)
    assert acme.viewer.post("/organization/deletion/undo").status_code == 303
    assert "stays" in mailbox.last("ada@acme.example")["Subject"]
    world.later(days=2)
    assert acme.admin.get("/contacts").status_code == 200
    acme.admin.post("/organization/deletion", DELETE)
    others, their_files = rows_of(ledger, globex.id), len(_files(settings, globex))
    assert _files(settings, acme)
    # Its name stands in the log of nobody, and the same day everything else goes on.
    with acting_for(acme.id) as session, pytest.raises(Exception, match="not to be deleted"):
        session.execute(text("SELECT remove_rows('contact', 10, :now)"), {"now": world.begins_at})
    world.later(days=15)
    with ledger.connect() as connection:
        left = {
            table: connection.scalar(
                text(f"SELECT count(*) FROM {table} WHERE organization_id = :id"), {"id": acme.id}
            )
            for table in OWNED
        }
        assert {table: many for table, many in left.items() if many} == {}
        assert (
            connection.scalar(text("SELECT count(*) FROM organization WHERE id = :id"), {"id": acme.id}) == 0
        )
    assert _files(settings, acme) == []
    assert len(_files(settings, globex)) == their_files
    after = rows_of(ledger, globex.id)
    untouched = {table for table in others if others[table] == after[table]}
    assert {"contact", "campaign", "conversation", "media", "membership", "audit_entry"} <= untouched
    assert acme.admin.get("/contacts").status_code == 302
    assert globex.admin.get("/contacts").status_code == 200
