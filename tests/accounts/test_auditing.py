"""The audit, as admins read it."""

from __future__ import annotations

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from loumass.accounts.service import audit
from loumass.core import clock
from tests.accounts.test_signing import sign_in
from tests.world import World


def test_admins_read_who_did_what_to_whom(world: World) -> None:
    sign_in(world.stranger(), "ben@acme.example")
    world.acme.admin.post(f"/members/{world.acme.viewer.id}/role", {"role": "agent"})
    page = world.acme.admin.get("/audit").text
    assert page.index("changed a member&#39;s role") < page.index("signed in")
    assert "Vic Viewer" in page
    assert "<del>viewer</del> <ins>agent</ins>" in page
    assert "127.0.0.1" in page


def test_it_can_be_narrowed(world: World) -> None:
    sign_in(world.stranger(), "ben@acme.example")
    sign_in(world.stranger(), "ann@acme.example")
    narrowed = world.acme.admin.get("/audit", query_string={"person": str(world.acme.agent.id)}).text
    rows = narrowed.split("<tbody>")[1]
    assert "Ann Agent" in rows
    assert "Ben Bdr" not in rows
    assert "Nothing like that" in world.acme.admin.get("/audit?action=audit.exported").text
    assert world.acme.admin.get("/audit?person=nobody").status_code == 422


def test_only_admins_read_it_and_only_their_own(world: World) -> None:
    sign_in(world.stranger(), "ben@acme.example")
    assert world.acme.member.get("/audit").status_code == 403
    assert world.acme.member.get("/audit.csv").status_code == 403
    assert "Ben Bdr" not in world.globex.admin.get("/audit").text
    assert "Ben Bdr" not in world.globex.admin.get("/audit.csv").text


def test_it_leaves_as_a_file_and_that_is_noted(world: World) -> None:
    sign_in(world.stranger(), "ben@acme.example")
    answer = world.acme.admin.get("/audit.csv")
    rows = list(csv.reader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row[1:3] for row in rows[1:]] == [["Ada Admin", "audit.exported"], ["Ben Bdr", "sign_in"]]
    assert "attachment" in answer.headers["Content-Disposition"]


def test_a_long_ledger_is_paged_and_exported_whole(world: World) -> None:
    with world.acme.acting() as session:
        for number in range(1_120):
            audit("kite.flown", number=number)
        session.commit()
    first = world.acme.admin.get("/audit").text
    assert first.count("kite flown") == 50
    assert "after=" in first
    assert world.acme.admin.get("/audit.csv").text.count("kite.flown") == 1_120


def test_nobody_rewrites_it(world: World) -> None:
    sign_in(world.stranger(), "ben@acme.example")
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with world.acme.acting() as session, pytest.raises(DBAPIError, match="permission denied"):
            session.execute(
                text(f"{statement} WHERE organization_id = :organization_id"),
                {"organization_id": world.acme.id},
            )


def test_it_is_searched_by_words_person_period_and_place_and_so_is_its_file(world: World) -> None:
    admin = world.acme.admin
    admin.browser.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    settings = {
        "name": "Acme & Sons",
        "timezone": "America/Denver",
        "country": "US",
        "postal_address": "1 Main Street, Acme City",
    }
    assert admin.post("/organization", settings).status_code == 302
    sign_in(world.stranger(), "ben@acme.example")
    rows = {
        q: admin.get("/audit", query_string={"q": q}).text.partition("<tbody>")[2]
        for q in ("sons", "ada", "203.0.113.9", "signed in", "100%")
    }
    assert "<del>Acme</del> <ins>Acme &amp; Sons</ins>" in rows["sons"]
    assert [("changed the organization" in page, "Ben Bdr" in page) for page in rows.values()] == [
        (True, False), (True, False), (True, False), (False, True), (False, False),
    ]  # fmt: skip
    file = admin.get("/audit.csv", query_string={"q": "sons", "days": "7"}).text
    assert "name: Acme → Acme & Sons,203.0.113.9" in file
    assert "sign_in" not in file
    with clock.moved_to(clock.now() + timedelta(days=9)):
        assert "Nothing like that" in admin.get("/audit?days=7&q=sons").text
    assert admin.get("/audit?days=many").status_code == 422
