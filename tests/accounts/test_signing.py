"""Signing up, in and out."""

from __future__ import annotations

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from loumass.accounts import passwords
from loumass.accounts.models import AuditEntry, Membership, Organization, User
from loumass.core.tenancy import acting_for, globally
from tests.world import PASSWORD, Tenant, World


def sign_in(browser: FlaskClient, email: str, password: str = PASSWORD, **also: str):
    return browser.post("/login", data={"email": email, "password": password, **also})


def without_tokens(page: str) -> str:
    """A page without what differs from answer to answer for everybody."""
    return re.sub(r'(content|value)="[\w.-]{80,}"', "", page)


def actions(tenant: Tenant) -> list[str]:
    with tenant.acting() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


SIGN_UP = {
    "name": "Nora New",
    "organization": "Newco",
    "email": "Nora@Newco.example",
    "password": "seven grey herons",
}


def test_who_signs_up_is_admin_of_a_new_organization_and_signed_in(world: World) -> None:
    browser = world.stranger()
    assert browser.post("/sign-up", data=SIGN_UP).status_code == 302
    assert "Newco" in browser.get("/organization").text
    with globally() as session:
        user = session.scalars(select(User).where(User.email_key == "nora@newco.example")).one()
        organization = session.scalars(select(Organization).where(Organization.name == "Newco")).one()
    with acting_for(organization.id) as session:
        members = session.scalars(
            select(Membership).where(Membership.organization_id == organization.id)
        ).all()
        assert [(member.user_id, member.role) for member in members] == [(user.id, "admin")]
        noted = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert noted == ["organization.founded", "sign_in"]
    assert SIGN_UP["password"] not in user.password_hash


def test_signing_up_with_a_known_address_makes_nothing(world: World) -> None:
    answer = world.stranger().post("/sign-up", data=SIGN_UP | {"email": "ADA@acme.example"})
    assert answer.status_code == 422
    assert "already has an account" in answer.text
    with globally() as session:
        assert session.scalar(select(Organization).where(Organization.name == "Newco")) is None


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"email": "nora at newco"}, "@-sign"),
        ({"email": ""}, "Enter your e-mail address."),
        ({"password": "short"}, "10 characters or more"),
        ({"password": "password123"}, "first passwords that anybody tries"),
        ({"password": "aaaaaaaaaaaaaa"}, "more different characters"),
        ({"password": "Nora@Newco.example"}, "something else than your name"),
        ({"name": ""}, "Enter your name"),
        ({"organization": "New\nco"}, "one line"),
    ],
)
def test_signing_up_with_something_wrong_says_what_and_keeps_the_rest(
    world: World, wrong: dict[str, str], said: str
) -> None:
    answer = world.stranger().post("/sign-up", data=SIGN_UP | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert ("Newco" in answer.text) or "organization" in wrong
    assert "seven grey herons" not in answer.text


def test_founding_is_limited_and_mistakes_while_founding_are_not(world: World, limits: None) -> None:
    browser = world.stranger()
    wrong = [browser.post("/sign-up", data=SIGN_UP | {"password": "short"}).status_code for _ in range(12)]
    assert wrong == [422] * 12
    founded = [
        browser.post("/sign-up", data=SIGN_UP | {"email": f"nora{n}@newco.example"}).status_code
        for n in range(11)
    ]
    assert founded == [302] * 10 + [429]


def test_signing_in_leads_to_the_page_that_was_asked_for(world: World) -> None:
    browser = world.stranger()
    asked = browser.get("/members?after=x")
    assert asked.status_code == 302
    answer = browser.post(asked.location, data={"email": "Ada@acme.example ", "password": PASSWORD})
    assert answer.location == "/members?after=x"
    assert actions(world.acme) == ["sign_in"]


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "",
    ],
)
def test_signing_in_never_leads_to_another_house(world: World, elsewhere: str) -> None:
    answer = world.stranger().post(
        "/login", query_string={"next": elsewhere}, data={"email": "ada@acme.example", "password": PASSWORD}
    )
    assert answer.location == "/"


def test_a_wrong_password_and_an_unknown_user_are_answered_alike(world: World) -> None:
    wrong = sign_in(world.stranger(), "ada@acme.example", "not this one")
    unknown = sign_in(world.stranger(), "adb@acme.example", "not this one")
    assert wrong.status_code == unknown.status_code == 422
    assert without_tokens(wrong.text).replace("ada@", "adb@") == without_tokens(unknown.text)
    assert world.stranger().get("/members").status_code == 302


def test_an_unknown_user_costs_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    verified: list[str] = []
    real = passwords._verify
    monkeypatch.setattr(passwords, "_verify", lambda word, kept: verified.append(kept) or real(word, kept))
    sign_in(world.stranger(), "ada@acme.example", "not this one")
    sign_in(world.stranger(), "adb@acme.example", "not this one")
    parameters = [kept.split("$")[1:4] for kept in verified]
    assert len(parameters) == 2
    assert parameters[0] == parameters[1]


def test_tries_are_limited_alike_for_known_and_unknown_users(world: World, limits: None) -> None:
    browser = world.stranger()
    for email in ("ada@acme.example", "nobody@acme.example"):
        statuses = [sign_in(browser, email, "not this one").status_code for _ in range(11)]
        assert statuses == [422] * 10 + [429]
    assert sign_in(browser, "ada@acme.example").status_code == 429
    assert sign_in(browser, "ben@acme.example").status_code == 302


def test_signing_in_often_is_no_try(world: World, limits: None) -> None:
    assert {sign_in(world.stranger(), "ada@acme.example").status_code for _ in range(12)} == {302}


def test_a_session_does_not_outlive_signing_out(world: World) -> None:
    browser = world.stranger()
    sign_in(browser, "ada@acme.example")
    assert browser.get("/profile").status_code == 200
    assert browser.post("/logout").location == "/login"
    assert browser.get("/profile").status_code == 302


def test_a_session_ends_with_the_browser_unless_one_stays(world: World) -> None:
    brief = sign_in(world.stranger(), "ada@acme.example").headers["Set-Cookie"]
    lasting = sign_in(world.stranger(), "ada@acme.example", stays="y").headers["Set-Cookie"]
    assert "Expires" not in brief
    assert "Expires" in lasting
    assert "HttpOnly" in brief
    assert "SameSite=Lax" in brief


def test_who_belongs_to_nothing_is_told_so(world: World) -> None:
    world.acme.admin.post(f"/members/{world.acme.viewer.id}/removal")
    answer = sign_in(world.stranger(), "vic@acme.example")
    assert answer.status_code == 422
    assert "no organization any more" in answer.text


def test_a_forged_form_is_refused(world: World) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        assert sign_in(world.stranger(), "ada@acme.example").status_code == 400
        assert world.acme.admin.post("/logout").status_code == 400
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False
