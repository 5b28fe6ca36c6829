"""Programs and trust: second factors, sessions, sight, leaving, and what repeated requests may still tell."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Engine, select, text

from loumass.accounts.models import AuditEntry, User
from loumass.accounts.second_factor import code_at
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.tenancy import acting_for
from tests.accounts.conftest import Mailbox
from tests.accounts.test_signing import actions, sign_in
from tests.api import Program, program_of, token_of
from tests.world import PASSWORD, Person, World


def login(world: World, person: Person, **more: Any) -> Any:
    body = {"email": person.user.email, "password": PASSWORD, **more}
    return world.stranger().post("/api/auth/login", json=body)


def code_of(secret: str) -> str:
    """The code of now."""
    return code_at(base64.b32decode(secret + "=" * (-len(secret) % 8)), int(clock.now().timestamp()) // 30)


def set_up(program: Program) -> tuple[str, list[str]]:
    """The secret and the recovery codes of whoever the program acts for, who has just turned it on."""
    secret = program.did("POST", "/users/second-factor", {"current": PASSWORD})["secret"]
    return secret, program.did("POST", "/users/second-factor/confirm", {"code": code_of(secret)})["codes"]


def test_whoever_has_a_second_factor_shows_it_to_sign_in_and_each_code_once(
    world: World, mailbox: Mailbox
) -> None:
    ben = world.acme.member
    program = program_of(ben)
    assert program("POST", "/users/second-factor", {"current": "not this"}).status_code == 403
    secret, codes = set_up(program)
    assert program.got("/users/second-factor")["recovery_codes_left"] == len(set(codes)) == 10
    assert "is on" in mailbox.last(ben.user.email)["Subject"]
    assert (
        login(world, ben, password="not this", code=codes[0]).json["detail"].startswith("The e-mail address")
    )
    bare = login(world, ben)
    assert (bare.status_code, "second factor" in bare.json["detail"]) == (401, True)
    wrong = [login(world, ben, code=code).status_code for code in ("000000", code_of(secret), "abcde-fghij")]
    assert wrong == [401] * 3, "the one that turned it on is used up"
    clock.advance(timedelta(seconds=30))
    code = code_of(secret)
    given = login(world, ben, code=code)
    assert Program(world, given.json["token"]).got("/auth/me")["user"]["email"] == ben.user.email
    assert login(world, ben, code=code).status_code == 401
    assert [login(world, ben, code=codes[0]).status_code for _ in range(2)] == [200, 401]
    assert "A recovery code" in mailbox.last(ben.user.email)["Subject"]
    fresh = program.did("POST", "/users/second-factor/codes", {"current": PASSWORD})["codes"]
    assert [login(world, ben, code=one).status_code for one in (codes[1], fresh[0])] == [401, 200]
    assert program.did("POST", "/users/second-factor/remove", {"current": PASSWORD})["done"]
    assert login(world, ben).status_code == 200
    with world.acme.acting() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "sign_in")).all()
    assert {(one.facts["way"], one.came_from) for one in entries if one.facts} >= {("api", "127.0.0.1")}
    assert {"second_factor.set_up", "second_factor.code_used", "second_factor.taken_off"} <= set(
        actions(world.acme)
    )


def test_an_organization_that_asks_for_one_lets_no_token_further_without(world: World) -> None:
    admin, ben = program_of(world.acme.admin), program_of(world.acme.member)
    trust = {"shows_only_own": False, "needs_second_factor": True}
    assert "your own second factor first" in admin("PUT", "/organization/trust", trust).json["detail"]
    set_up(admin)
    assert admin.did("PUT", "/organization/trust", trust) == trust
    refused = ben("GET", "/contacts")
    assert (refused.status_code, "second factor" in refused.json["detail"]) == (403, True)
    signed_in = Program(world, login(world, world.acme.member).json["token"])
    assert signed_in("GET", "/contacts").status_code == 403
    set_up(signed_in)
    assert ben("GET", "/contacts").status_code == 200
    assert signed_in("POST", "/users/second-factor/remove", {"current": PASSWORD}).status_code == 409


def test_a_new_password_or_address_does_by_a_program_what_it_does_on_the_page(
    world: World, mailbox: Mailbox
) -> None:
    ben = world.acme.member
    other = world.stranger()
    assert sign_in(other, ben.user.email).location == "/"
    program, signed_in = program_of(ben), Program(world, login(world, ben).json["token"])
    assert len(program.got("/users/sessions")["items"]) == 2
    with acting_for(world.acme.id, ben.id) as session:
        session.get_one(User, ben.id).address_proven_at = clock.now()
        session.commit()
    moved = program.did("POST", "/users/address", {"email": "ben@new.example", "current": PASSWORD})
    assert moved["email"] == "ben@new.example"
    assert "address" in mailbox.last(ben.user.email)["Subject"]
    program.did("POST", "/users/password", {"current": PASSWORD, "password": "quite another sentence"})
    assert "password" in mailbox.last("ben@new.example")["Subject"].lower()
    assert program.got("/users/sessions")["items"] == []
    assert (other.get("/profile").status_code, signed_in("GET", "/auth/me").status_code) == (302, 401)
    with acting_for(world.acme.id, ben.id) as session:
        assert session.get_one(User, ben.id).address_proven_at is None
    assert {"password.changed", "address.changed"} <= set(actions(world.acme))


def test_sessions_end_one_by_one_and_all_at_once(world: World) -> None:
    ada = world.acme.admin
    browser = world.stranger()
    sign_in(browser, ada.user.email)
    program, signed_in = program_of(ada), Program(world, login(world, ada).json["token"])
    newest, *_ = program.got("/users/sessions")["items"]
    assert program.did("DELETE", f"/users/sessions/{newest['id']}")["count"] == 1
    assert program("DELETE", f"/users/sessions/{newest['id']}").status_code == 404
    assert browser.get("/profile").status_code == 302
    assert program_of(world.acme.member)("DELETE", f"/users/sessions/{newest['id']}").status_code == 404
    program.did("POST", "/users/sessions/end")
    assert (signed_in("GET", "/auth/me").status_code, ada.get("/profile").status_code) == (401, 302)
    assert program.got("/auth/me")["role"] == "admin", "tokens go on"


def shows_only_own(world: World) -> Program:
    """An admin's program, once members see only their own."""
    admin = program_of(world.acme.admin)
    admin.did("PUT", "/organization/trust", {"shows_only_own": True, "needs_second_factor": False})
    return admin


def test_tokens_see_what_their_people_see_and_a_smaller_one_less(world: World) -> None:
    acme = world.acme
    acme.contact("Priya Raman", email="priya@foothill.example", owner_id=acme.admin.id)
    omar = acme.contact("Omar Own", email="omar@lake.example", owner_id=acme.member.id)
    ben, admin = program_of(acme.member), shows_only_own(world)
    small = program_of(acme.admin, "contacts.read")

    def seen(program: Program) -> set[str]:
        return {one["first_name"] for one in program.got("/contacts")["items"]}

    assert (seen(admin), seen(ben), seen(small)) == ({"Priya", "Omar"}, {"Omar"}, {"Priya"})
    assert [one("GET", f"/contacts/{omar.id}").status_code for one in (admin, ben, small)] == [200, 200, 404]
    assert admin.did("PUT", f"/members/{acme.member.id}/sight", {"sees_everything": True})["sees_everything"]
    assert (seen(ben), "member.sight_changed" in actions(acme)) == ({"Priya", "Omar"}, True)


def test_a_repeated_key_shows_nothing_that_is_out_of_sight_by_now(world: World, sweeper: Engine) -> None:
    acme, key = world.acme, {"Idempotency-Key": "once"}
    ben, admin = program_of(acme.member), shows_only_own(world)
    body = {"email": "nadia@lakeside.example", "first_name": "Nadia", "tags": []}
    made = ben.did("POST", "/contacts", body, headers=key)
    again = ben("POST", "/contacts", body, headers=key)
    assert (again.json, again.headers["Idempotency-Replayed"]) == (made, "true")
    with sweeper.connect() as connection:
        assert b"lakeside" not in b"".join(
            bytes(one) for one in connection.scalars(text("SELECT sealed_answer FROM api_answer"))
        )
    stranger = program_of(acme.agent)("POST", "/contacts", body, headers=key)
    assert (stranger.status_code, "Nadia" in stranger.get_data(as_text=True)) == (422, False)
    admin.did("PUT", f"/contacts/{made['id']}", {"owner_id": str(acme.admin.id)})
    hidden = ben("POST", "/contacts", body, headers=key)
    assert (hidden.status_code, "nadia" in hidden.get_data(as_text=True).lower()) == (404, False)
    with acme.acting() as session:
        assert len(session.scalars(select(Contact)).all()) == 1


def test_the_audit_is_searched_and_taken_away_by_programs(world: World) -> None:
    admin = program_of(world.acme.admin)
    before = admin.got("/organization")
    changed = {name: before[name] for name in ("name", "timezone", "country", "postal_address")}
    admin.did("PUT", "/organization", changed | {"postal_address": "2 Side Street"})
    [line] = admin.got("/audit", q="settings", days=1)["items"]
    assert (line["facts"]["after"], line["came_from"]) == ({"postal_address": "2 Side Street"}, "127.0.0.1")
    file = admin("GET", "/audit.csv", query_string={"action": "organization.changed"})
    assert "2 Side Street" in file.get_data(as_text=True)
    assert [one["action"] for one in admin.got("/audit", q="exported the audit")["items"]] == [
        "audit.exported"
    ]
    assert program_of(world.acme.member)("GET", "/audit.csv").status_code == 403
    roles = program_of(world.acme.viewer).got("/roles")
    assert "tokens.write" in next(one["permissions"] for one in roles["roles"] if one["role"] == "member")


def test_an_organization_is_exported_and_deleted_by_programs_as_by_pages(
    world: World, mailbox: Mailbox
) -> None:
    admin, ben = program_of(world.acme.admin), program_of(world.acme.member)
    export = admin.did("POST", "/organization/exports")
    assert admin("POST", "/organization/exports").status_code == 409
    world.work()
    [done] = admin.got("/organization/exports")["items"]
    assert (done["id"], done["state"]) == (export["id"], "done")
    archive = admin("GET", f"/organization/exports/{export['id']}/archive.zip")
    assert archive.data[:2] == b"PK"
    assert ben("GET", f"/organization/exports/{export['id']}/archive.zip").status_code == 403
    wrong = admin("POST", "/organization/deletion", {"name": "acme", "current": PASSWORD})
    assert (wrong.status_code, "Send Acme" in wrong.json["detail"]) == (422, True)
    assert admin("POST", "/organization/deletion", {"name": "Acme", "current": "x"}).status_code == 403
    asked = admin.did("POST", "/organization/deletion", {"name": "Acme", "current": PASSWORD})
    assert asked == admin.got("/organization/deletion")
    assert "will be deleted" in mailbox.last(world.acme.admin.user.email)["Subject"]
    assert ben.got("/contacts")["items"] == [], "until that day everything goes on"
    admin.did("DELETE", "/organization/deletion")
    assert admin.got("/organization/deletion") == {"deleted_from": None}
    admin.did("POST", "/organization/deletion", {"name": "Acme", "current": PASSWORD})
    globex = token_of(world.globex.admin)
    world.later(days=14, minutes=1)
    world.work()
    assert (admin("GET", "/auth/me").status_code, ben("GET", "/contacts").status_code) == (401, 401)
    assert login(world, world.acme.admin).status_code == 422
    assert Program(world, globex).got("/auth/me")["role"] == "admin"


def test_codes_are_tried_ten_times_and_no_more(world: World, limits: None) -> None:
    set_up(program_of(world.acme.member))
    answers = [login(world, world.acme.member, code="123456").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]
    assert json.loads(login(world, world.acme.member).get_data())["status"] == 429
