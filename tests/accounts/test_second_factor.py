"""A second factor: codes of an authenticator, recovery codes, and organizations that ask for one."""

from __future__ import annotations

import base64
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, text

from loumass.accounts.second_factor import code_at, matching_step
from loumass.core import clock
from tests.accounts.conftest import Mailbox
from tests.accounts.test_signing import actions, sign_in
from tests.world import PASSWORD, Person, World

#: RFC 6238, appendix B (SHA-1): seconds since 1970, eight digits.
_SECRET = b"12345678901234567890"
_VECTORS = [
    (59, "94287082"), (1111111109, "07081804"), (1111111111, "14050471"), (1234567890, "89005924"),
    (2000000000, "69279037"), (20000000000, "65353130"),
]  # fmt: skip


@pytest.mark.parametrize(("seconds", "code"), _VECTORS)
def test_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert code_at(_SECRET, seconds // 30, digits=8) == code


@pytest.mark.parametrize(
    ("at", "after", "found"),
    [
        (0, 0, True),
        (29, 0, True),
        (-30, 0, True),
        (30, 0, True),
        (90, 0, False),
        (-60, 0, False),
        (0, 33, False),
    ],
)
def test_a_code_counts_for_its_step_and_its_neighbours_and_never_again(
    at: int, after: int, found: bool
) -> None:
    code = code_at(_SECRET, 33)
    assert (matching_step(_SECRET, code, 33 * 30 + at, after) is not None) == found


def _secret(page: str) -> bytes:
    shown = re.search(r'id="secret" value="([A-Z2-7 ]+)"', page)
    assert shown
    key = shown[1].replace(" ", "")
    return base64.b32decode(key + "=" * (-len(key) % 8))


def _now(secret: bytes) -> str:
    return code_at(secret, int(clock.now().timestamp()) // 30)


def set_up(person: Person) -> tuple[bytes, list[str]]:
    """The secret and the recovery codes of a person who has just turned it on."""
    assert person.post("/profile/second-factor", {"current": PASSWORD}).status_code == 303
    secret = _secret(person.get("/profile/second-factor").text)
    page = person.post("/profile/second-factor/confirmation", {"code": _now(secret)}).text
    return secret, re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", page)


def _half(world: World, email: str) -> FlaskClient:
    browser = world.stranger()
    assert sign_in(browser, email).location == "/login/code"
    assert browser.get("/profile").status_code == 302
    return browser


def test_after_the_password_a_code_is_asked_for_and_no_code_counts_twice(
    world: World, mailbox: Mailbox
) -> None:
    ben = world.acme.member
    assert ben.post("/profile/second-factor", {"current": "not this one"}).status_code == 422
    secret, codes = set_up(ben)
    assert len(set(codes)) == 10
    assert "is on" in mailbox.last(ben.user.email)["Subject"]
    assert "data:image/svg" not in ben.get("/profile/second-factor").text
    browser = _half(world, ben.user.email)
    # The one that turned it on is used up.
    assert browser.post("/login/code", data={"code": _now(secret)}).status_code == 422
    assert browser.post("/login/code", data={"code": "000000"}).status_code == 422
    world.later(seconds=30)
    late = _half(world, ben.user.email)
    code = _now(secret)
    assert browser.post("/login/code", data={"code": code}).location == "/"
    assert browser.get("/profile").status_code == 200
    assert late.post("/login/code", data={"code": code}).status_code == 422
    assert late.post("/login/code", data={"code": codes[0].upper()}).location == "/"
    assert "A recovery code" in mailbox.last(ben.user.email)["Subject"]
    again = _half(world, ben.user.email)
    assert again.post("/login/code", data={"code": codes[0]}).status_code == 422
    world.later(minutes=11)
    assert again.post("/login/code", data={"code": codes[1]}).location == "/login"
    assert world.stranger().post("/login/code", data={"code": codes[1]}).location == "/login"
    assert {"second_factor.set_up", "second_factor.code_used"} <= set(actions(world.acme))


def test_tries_are_counted_for_the_person_however_often_they_begin_anew(world: World, limits: None) -> None:
    set_up(world.acme.member)
    answers = []
    for _ in range(4):
        browser = _half(world, world.acme.member.user.email)
        answers += [browser.post("/login/code", data={"code": "123456"}).status_code for _ in range(3)]
    assert answers == [422] * 10 + [429] * 2


def test_new_codes_kill_the_old_and_taking_it_off_needs_the_password(world: World, mailbox: Mailbox) -> None:
    ben = world.acme.member
    _, codes = set_up(ben)
    page = ben.post("/profile/second-factor/codes", {"current": PASSWORD}).text
    fresh = re.findall(r"<li>([a-z0-9]{5}-[a-z0-9]{5})</li>", page)
    browser = _half(world, ben.user.email)
    assert browser.post("/login/code", data={"code": codes[0]}).status_code == 422
    assert browser.post("/login/code", data={"code": fresh[0]}).location == "/"
    assert ben.post("/profile/second-factor/removal", {"current": "x"}).status_code == 422
    assert ben.post("/profile/second-factor/removal", {"current": PASSWORD}).location == "/profile/security"
    assert sign_in(world.stranger(), ben.user.email).location == "/"


def test_an_organization_that_asks_for_one_lets_nobody_further_without(world: World) -> None:
    acme = world.acme
    refused = acme.admin.post("/organization/trust", {"trust-needs_second_factor": "y"})
    assert refused.status_code == 422
    assert "Set up your own second factor first" in refused.text
    set_up(acme.admin)
    assert acme.admin.post("/organization/trust", {"trust-needs_second_factor": "y"}).status_code == 302
    assert acme.admin.get("/contacts").status_code == 200
    ben = acme.member
    assert ben.get("/contacts").location == "/profile/second-factor"
    assert ben.post("/contacts/new", {"first_name": "X", "email": "x@x.example"}).status_code == 403
    assert ben.get("/api/v1/contacts").status_code == 403
    set_up(ben)
    assert ben.get("/contacts").status_code == 200
    assert ben.post("/profile/second-factor/removal", {"current": PASSWORD}).status_code == 409
    assert "organization.trust_changed" in actions(acme)


def test_the_secret_is_sealed_and_codes_are_hashed(world: World, sweeper: Engine) -> None:
    secret, codes = set_up(world.acme.member)
    with sweeper.connect() as connection:
        kept = connection.execute(
            text("SELECT u::text FROM user_account u UNION ALL SELECT r::text FROM recovery_code r")
        ).scalars()
        whole = "\n".join(kept)
    assert secret.hex() not in whole
    assert not any(code in whole for code in codes)
