"""Verifying addresses: what they are worth, each domain asked once, kept with the person, believed for 90 days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, func, select

from loumass.contacts.models import Contact
from loumass.contacts.verification_models import EmailCheck, EmailVerification, MailDomain
from loumass.contacts.verifying import asking, lists, running
from loumass.contacts.verifying.judging import REASONS, judged
from loumass.core import resolving
from loumass.core.database import engine
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404, serving
from tests.contacts.lists import upload
from tests.fakes.dns import FakeDns
from tests.world import Tenant, World

LISTS = {kind: lists.defaults_of(kind) for kind in ("disposable", "role", "free")}


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeDns]:
    monkeypatch.setattr(resolving, "_resolver", resolving._resolver)
    with FakeDns() as server:
        server.records["foothill.co", "MX"] = ["10 mx.foothill.co."]
        server.records["mailinator.com", "MX"] = ["10 mx.mailinator.com."]
        server.records["silent.co", "MX"] = ["0 ."]
        server.names["web.co"] = [["198.51.100.7"]]
        resolving.use([server.address])
        yield server


@pytest.mark.parametrize(
    ("email", "standing", "status", "reasons"),
    [
        ("priya@foothill.co", "accepts", "valid", ()),
        ("priya@gmail.com", "accepts", "valid", ("free",)),
        ("info@foothill.co", "accepts", "risky", ("role",)),
        ("info+denver@foothill.co", "accepts", "risky", ("role",)),
        ("information@foothill.co", "accepts", "risky", ("role",)),
        ("infos@foothill.co", "accepts", "valid", ()),
        ("x@mailinator.com", "accepts", "risky", ("disposable",)),
        ("x@eu.mailinator.com", "accepts", "risky", ("disposable",)),
        ("x@notmailinator.com", "accepts", "valid", ()),
        ("admin@yopmail.com", "address_only", "risky", ("disposable", "role", "address_only")),
        ("priya@web.co", "address_only", "risky", ("address_only",)),
        ("priya@gone.co", "missing", "invalid", ("missing",)),
        ("info@silent.co", "refuses", "invalid", ("refuses",)),
        ("priya@slow.co", "unknown", "unknown", ("no_answer",)),
        ("info@slow.co", "unknown", "unknown", ("no_answer", "role")),
        ("priya@foothill.example", "", "invalid", ("reserved",)),
        ("priya@example.com", "accepts", "invalid", ("reserved",)),
        ("priya@office.local", "", "invalid", ("reserved",)),
        ("pri..ya@foothill.co", "accepts", "invalid", ("syntax",)),
        ("priya", "accepts", "invalid", ("syntax",)),
        ("jörg@foothill.co", "accepts", "valid", ()),
        ("priya@xn--mnchen-3ya.de", "accepts", "valid", ()),
    ],
)
def test_what_an_address_is_worth(email: str, standing: str, status: str, reasons: tuple[str, ...]) -> None:
    verdict = judged(email, standing, LISTS)
    assert (verdict.status, verdict.reasons) == (status, reasons)
    assert all(REASONS[one].endswith(".") for one in verdict.reasons)


def test_the_installation_s_lists_are_clean() -> None:
    for kind, values in LISTS.items():
        assert len(values) > 20
        assert all(lists._value(kind, value) == value for value in values)


def verify(tenant: Tenant, *contacts: Contact, **options: Any) -> UUID:
    with tenant.acting() as session:
        begun = asking.begin([one.id for one in contacts], "These people", **options)
        session.commit()
        return begun.id


def row_of(tenant: Tenant, verification_id: UUID) -> EmailVerification:
    with tenant.acting():
        return get_or_404(EmailVerification, verification_id)


def statuses(tenant: Tenant, *contacts: Contact) -> list[str | None]:
    with tenant.acting():
        found = asking.known_of([get_or_404(Contact, one.id) for one in contacts])
    return [found[one.id].status if one.id in found else None for one in contacts]


def person(tenant: Tenant, email: str | None, **also: Any) -> Contact:
    return tenant.contact(f"Person {email}", email, **also)


def test_each_domain_is_asked_for_once_however_many_have_it(
    world: World, names: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 4)
    people = world.acme.contacts(
        [{"name": f"P{n} Q", "email": f"p{n}@{('foothill.co', 'gone.co')[n % 2]}"} for n in range(11)]
    )
    begun = verify(world.acme, *people)
    world.work()
    assert statuses(world.acme, *people) == ["valid" if n % 2 == 0 else "invalid" for n in range(11)]
    assert Counter(name for name, kind in names.asked if kind == "MX") == {"foothill.co": 1, "gone.co": 1}
    row = row_of(world.acme, begun)
    assert (row.state, row.total, row.done_count) == ("done", 11, 11)
    assert (row.valid_count, row.risky_count, row.invalid_count, row.unknown_count) == (6, 0, 5, 0)


def test_the_statements_of_a_chunk_do_not_grow_with_it(world: World, names: FakeDns) -> None:
    def counted(count: int, domain: str) -> int:
        people = world.acme.contacts(
            [{"name": f"P{n} Q", "email": f"p{n}@{n % 7}.{domain}"} for n in range(count)]
        )
        begun = verify(world.acme, *people)
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(engine(), "before_cursor_execute", note)
        try:
            world.work()
        finally:
            event.remove(engine(), "before_cursor_execute", note)
        assert row_of(world.acme, begun).state == "done"
        return len(seen)

    assert abs(counted(20, "few.co") - counted(200, "many.co")) <= 4


def test_a_killed_worker_s_successor_goes_on_with_whoever_is_left(
    world: World, names: FakeDns, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "CHUNK", 2)
    people = [person(world.acme, f"p{n}@foothill.co") for n in range(5)]
    begun = verify(world.acme, *people)
    keep, kept = running._keep, []

    def dies(*arguments: Any) -> None:
        keep(*arguments)
        if len(kept) == 1:
            raise SystemExit("killed before its second chunk was committed")
        kept.append(1)

    monkeypatch.setattr(running, "_keep", dies)
    with pytest.raises(SystemExit), serving(world.acme.id):
        running.run_slice(begun)
    monkeypatch.setattr(running, "_keep", keep)
    row = row_of(world.acme, begun)
    assert (row.state, row.done_count, row.valid_count) == ("running", 2, 2)
    world.later(minutes=2)
    row = row_of(world.acme, begun)
    assert (row.state, row.done_count, row.valid_count) == ("done", 5, 5)
    assert statuses(world.acme, *people) == ["valid"] * 5


def test_two_workers_with_the_same_chunk_count_it_once(world: World, names: FakeDns) -> None:
    people = [person(world.acme, f"p{n}@foothill.co") for n in range(3)]
    begun = verify(world.acme, *people)
    with world.acme.acting() as session:
        look = running._look(begun)
        assert look is not None
        for _ in range(2):
            running._keep(begun, look, {"foothill.co": "accepts"})
        session.commit()
    assert (row_of(world.acme, begun).done_count, row_of(world.acme, begun).valid_count) == (3, 3)


def test_a_domain_that_gives_no_answer_is_asked_again_next_time_only(world: World, names: FakeDns) -> None:
    priya, info = person(world.acme, "priya@foothill.co"), person(world.acme, "info@foothill.co")
    names.is_broken = True
    verify(world.acme, priya, info)
    world.work()
    assert statuses(world.acme, priya, info) == ["unknown", "unknown"]
    assert len({name for name, _ in names.asked}) == 1
    names.is_broken = False
    world.later(minutes=1)
    verify(world.acme, priya, info)
    world.work()
    assert statuses(world.acme, priya, info) == ["valid", "risky"]


def test_who_has_a_believed_result_is_left_out_until_it_is_old(world: World, names: FakeDns) -> None:
    priya, without = person(world.acme, "priya@foothill.co"), person(world.acme, None, phone="+17205550164")
    verify(world.acme, priya, without)
    world.work()
    with world.acme.acting(), pytest.raises(Refused):
        asking.begin([priya.id, without.id], "Again")
    assert row_of(world.acme, verify(world.acme, priya, also_fresh=True)).total == 1
    world.work()
    world.later(days=91)
    with world.acme.acting():
        assert asking.known_of([priya])[priya.id].is_old
        assert asking.counts_of([priya.id, without.id]) == {"never": 1}
    names.records.pop(("foothill.co", "MX"))
    verify(world.acme, priya)
    world.work()
    assert statuses(world.acme, priya) == ["invalid"]


def test_a_result_is_for_the_address_that_was_judged(world: World, names: FakeDns) -> None:
    priya = person(world.acme, "priya@silent.co")
    verify(world.acme, priya)
    world.work()
    assert statuses(world.acme, priya) == ["invalid"]
    form = {"first_name": "Priya", "email": "priya@foothill.co"}
    assert world.acme.admin.post(f"/contacts/{priya.id}/edit", form).status_code in (302, 303)
    assert statuses(world.acme, priya) == [None]
    assert "Priya" in world.acme.admin.get("/contacts?verified=never").text


def test_an_address_that_goes_while_it_waits_has_no_result(world: World, names: FakeDns) -> None:
    priya = person(world.acme, "priya@foothill.co", phone="+17205550164")
    begun = verify(world.acme, priya)
    with world.acme.acting() as session:
        row = get_or_404(Contact, priya.id)
        row.email = row.email_key = row.email_hash = None
        session.commit()
    world.work()
    row = row_of(world.acme, begun)
    assert (row.state, row.done_count, row.valid_count) == ("done", 1, 0)
    assert statuses(world.acme, priya) == [None]


def test_cancelling_lets_the_others_go(world: World, names: FakeDns) -> None:
    people = [person(world.acme, f"p{n}@foothill.co") for n in range(3)]
    begun = verify(world.acme, *people)
    member = world.acme.member
    assert member.post(f"/verifications/{begun}/cancellation").status_code == 303
    world.work()
    assert row_of(world.acme, begun).state == "cancelled"
    assert statuses(world.acme, *people) == [None] * 3
    assert member.post(f"/verifications/{begun}/cancellation").status_code == 409
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).where(EmailCheck.verification_id.is_not(None))) == 0


def test_domains_and_lists_of_others_are_their_own(world: World, names: FakeDns) -> None:
    ours, theirs = person(world.acme, "x@burner.co"), person(world.globex, "x@burner.co")
    names.records["burner.co", "MX"] = ["10 mx.burner.co."]
    form = {"kind": "disposable", "values": "@Burner.co", "is_listed": "1"}
    assert world.acme.member.post("/verifications/lists", form).status_code == 303
    for tenant, one in ((world.acme, ours), (world.globex, theirs)):
        verify(tenant, one)
    world.work()
    assert statuses(world.acme, ours) == ["risky"]
    assert statuses(world.globex, theirs) == ["valid"]
    with world.globex.acting() as session:
        assert session.scalars(select(MailDomain.domain)).all() == ["burner.co"]


def test_what_is_taken_off_a_list_is_off_and_can_come_back(world: World) -> None:
    member = world.acme.member
    for is_listed, words in (("0", "mailinator.com, yopmail.com"), ("1", "yopmail.com\nburner.co")):
        form = {"kind": "disposable", "values": words, "is_listed": is_listed}
        assert member.post("/verifications/lists", form).status_code == 303
    with world.acme.acting():
        now, own = lists.lists_now()["disposable"], lists.rules()["disposable"]
    assert now == lists.defaults_of("disposable") - {"mailinator.com"} | {"burner.co"}
    assert own == {True: ["burner.co"], False: ["mailinator.com"]}
    page = member.get("/verifications/lists").text
    assert "burner.co" in page
    for kind, words in (
        ("disposable", "not a domain"),
        ("role", "ä"),
        ("disposable", " , "),
        ("nonsense", "x.co"),
    ):
        answer = member.post("/verifications/lists", {"kind": kind, "values": words, "is_listed": "1"})
        assert answer.status_code == 422


def test_chosen_people_are_verified_from_their_list(world: World, names: FakeDns) -> None:
    priya, tom = person(world.acme, "priya@foothill.co"), person(world.acme, "tom@silent.co")
    person(world.acme, "info@web.co")
    member = world.acme.member
    asked = member.post("/contacts/verification", {"ids": [str(priya.id), str(tom.id)]})
    assert "Verify 2 people" in asked.text
    begun = member.post("/contacts/verification", {"ids": [str(priya.id), str(tom.id)], "is_sure": "1"})
    assert begun.status_code == 303
    assert "0 of 2 addresses" in member.get(begun.location).text
    assert member.get(f"{begun.location}/progress").status_code == 200
    world.work()
    assert "HX-Redirect" in member.get(f"{begun.location}/progress").headers
    assert "2 of 2 addresses verified" in member.get(begun.location).text
    assert "2 chosen people" in member.get("/verifications").text
    found = {
        one: member.get(f"/contacts?verified={one}").text for one in ("valid", "invalid", "never", "risky")
    }
    assert "priya@foothill.co" in found["valid"]
    assert "tom@silent.co" in found["invalid"]
    assert "Verified: invalid" in found["invalid"]
    assert "tom@silent.co" not in found["valid"]
    assert "info@web.co" in found["never"]
    assert "Nobody matches" in found["risky"]
    profile = member.get(f"/contacts/{tom.id}").text
    assert "Invalid" in profile
    assert REASONS["refuses"] in profile
    again = member.post("/contacts/verification", {"ids": [str(priya.id)], "is_sure": "1"})
    assert again.status_code == 422
    assert "verified in the last 90 days" in again.text


def test_everybody_who_matches_is_verified(world: World, names: FakeDns) -> None:
    everybody = [person(world.acme, email) for email in ("a@foothill.co", "b@silent.co", "info@web.co")]
    member = world.acme.member
    assert "Verify 3 people" in member.get("/contacts/verification").text
    assert member.post("/contacts/verification", {"everything": "1", "is_sure": "1"}).status_code == 303
    world.work()
    assert statuses(world.acme, *everybody) == ["valid", "invalid", "risky"]


def test_a_list_is_verified_after_it_went_in(world: World, names: FakeDns) -> None:
    import_id = upload(world.acme, "Name,Email\nPriya Raman,priya@foothill.co\nTom Okafor,tom@gone.co\n")
    member = world.acme.member
    assert "Verify e-mails afterwards" in member.get(f"/imports/{import_id}").text
    form = {"target": ["full_name", "email"], "existing": "fill", "verifies": "1"}
    assert member.post(f"/imports/{import_id}/start", form).status_code == 303
    world.work()
    result = member.get(f"/imports/{import_id}").text
    assert "E-mails were verified" in result
    assert "1 is invalid" in result
    with world.acme.acting() as session:
        row = session.scalars(select(EmailVerification)).one()
    assert (row.import_id, row.subject, row.valid_count, row.invalid_count) == (import_id, "leads.csv", 1, 1)
