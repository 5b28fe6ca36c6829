"""The list of those who said no, as people keep it."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.contacts.models import Consent, Suppression
from loumass.contacts.suppression import suppress
from tests.world import Tenant, World


def barred(tenant: Tenant) -> list[tuple[str, str | None, str]]:
    with tenant.acting() as session:
        rows = session.scalars(select(Suppression).order_by(Suppression.medium, Suppression.address))
        return [(row.medium, row.address, row.reason) for row in rows]


def test_addresses_are_barred_line_by_line(world: World) -> None:
    form = {
        "medium": "email",
        "addresses": "A@x.example\n\n b@x.example \nnonsense\na@x.example",
        "note": "Asked by phone",
    }
    assert world.acme.member.post("/suppression", form).status_code == 303
    assert barred(world.acme) == [("email", "a@x.example", "by_hand"), ("email", "b@x.example", "by_hand")]
    page = world.acme.member.get("/suppression").text
    assert "2 addresses will not get e-mail any more" in page
    assert "1 not read, the first in line 4: “nonsense”" in page
    assert "Asked by phone" in page


def test_numbers_are_barred_in_their_own_form(world: World) -> None:
    world.acme.member.post("/suppression", {"medium": "sms", "addresses": "(303) 555-0164", "note": ""})
    assert barred(world.acme) == [("sms", "+13035550164", "by_hand")]


def test_a_list_is_barred_from_a_file(world: World) -> None:
    file = (io.BytesIO("Name;E-Mail\nAnn;ann@keller.example\nBen;\n".encode("utf-16")), "no.csv")
    answer = world.acme.member.post(
        "/suppression", {"medium": "email", "addresses": "", "note": "", "file": file}
    )
    assert answer.status_code == 303
    assert barred(world.acme) == [("email", "ann@keller.example", "imported")]


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"medium": "email", "addresses": ""}, "Write at least one address"),
        ({"medium": "email", "file": (io.BytesIO(b"%PDF-1"), "x.csv")}, "This is a PDF"),
        (
            {"medium": "sms", "file": (io.BytesIO(b"Name,Email\nA,a@x.example\n"), "x.csv")},
            "No column of this file holds mobile numbers.",
        ),
        ({"medium": "fax", "addresses": "x"}, "Not a valid choice"),
    ],
)
def test_what_cannot_be_barred_is_said(world: World, form: dict[str, object], said: str) -> None:
    answer = world.acme.member.post("/suppression", form)
    assert answer.status_code == 422
    assert said in answer.text


def test_an_address_is_found_whole_even_after_an_erasure(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["gone@person.example"], "erased")
        suppress("email", ["ann@keller.example"], "bounced")
        session.commit()
    page = world.acme.viewer.get("/suppression?q=Gone@Person.example").text
    assert "Erased, only a trace is kept" in page
    assert "ann@keller.example" not in page
    assert "Not on the list" in world.acme.viewer.get("/suppression?q=nobody@x.example").text


def test_taking_off_needs_an_admin_and_a_reason(world: World) -> None:
    priya = world.acme.contact()
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "unsubscribed")
        session.commit()
        row = session.scalars(select(Suppression)).one()
    path = f"/suppression/{row.id}/removal"
    assert world.acme.member.post(path, {"why": "x"}).status_code == 403
    assert world.acme.admin.post(path, {"why": " "}).status_code == 422
    assert world.acme.admin.post(path, {"why": "Asked for it by phone", "asked": "1"}).status_code == 303
    assert barred(world.acme) == []
    with world.acme.acting() as session:
        line = session.scalars(
            select(Consent).order_by(Consent.recorded_at.desc(), Consent.id.desc())
        ).first()
        assert line
        assert (line.contact_id, line.is_granted, line.source) == (priya.id, True, "Asked for it by phone")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "suppression.removed")).one()
        assert entry.facts["why"] == "Asked for it by phone"


def test_the_erased_stay_barred(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["gone@person.example"], "erased")
        session.commit()
        row = session.scalars(select(Suppression)).one()
    assert world.acme.admin.post(f"/suppression/{row.id}/removal", {"why": "oops"}).status_code == 422
    assert len(barred(world.acme)) == 1


def test_the_list_leaves_as_harmless_csv(world: World) -> None:
    with world.acme.acting() as session:
        suppress("sms", ["+13035550164"], "by_hand", note="=1+1")
        session.commit()
    text = world.acme.member.get("/suppression.csv").get_data().decode("utf-8-sig")
    assert text.splitlines()[1].startswith("sms,'+13035550164,by_hand,'=1+1,")


def test_globex_has_its_own_list(world: World) -> None:
    world.acme.member.post("/suppression", {"medium": "email", "addresses": "a@x.example"})
    assert barred(world.globex) == []
    assert "a@x.example" not in world.globex.member.get("/suppression").text
