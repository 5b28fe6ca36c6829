"""What somebody tries who wants in: guessing past the limits, poisoned links, planted addresses, odd bytes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import event, select

from loumass.accounts import mail
from loumass.accounts.models import SystemMail
from loumass.app import session_cookie
from loumass.config import Settings
from loumass.core.database import engine
from loumass.core.tenancy import globally
from tests.accounts.conftest import Mailbox
from tests.accounts.test_joining import invite
from tests.accounts.test_signing import sign_in
from tests.world import PASSWORD, World

EVIL = "https://evil.example"


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """What the database is asked, in order."""
    asked: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement.split("(", maxsplit=1)[0].split("WHERE", maxsplit=1)[0])

    event.listen(engine(), "before_cursor_execute", note)
    yield asked
    event.remove(engine(), "before_cursor_execute", note)


def test_a_link_by_mail_leads_here_whatever_host_the_request_names(world: World, mailbox: Mailbox) -> None:
    poisoned = {"base_url": EVIL, "headers": {"X-Forwarded-Host": "evil.example"}}
    world.stranger().post("/forgotten", data={"email": "ben@acme.example"}, **poisoned)
    assert mailbox.link("ben@acme.example").startswith("/reset/")
    with world.app.test_client() as browser:
        sign_in(browser, "ada@acme.example")
        browser.post("/members/invitations", data={"email": "nora@newco.example", "role": "viewer"})
    assert mailbox.link("nora@newco.example").startswith("/invitation/")
    assert not any("evil.example" in one.as_string() for one in mailbox.mails())


def test_asking_for_a_strangers_link_asks_the_database_the_same(
    world: World, mailbox: Mailbox, statements: list[str]
) -> None:
    asked = {}
    world.stranger().get("/login")  # the first request of a process also asks which schema it meets
    for email in ("ben@acme.example", "bem@acme.example"):
        statements.clear()
        rung_before = len(world.bell.rings)
        world.stranger().post("/forgotten", data={"email": email})
        asked[email] = list(statements)
        assert len(world.bell.rings) == rung_before + 1, "both ring the worker"
        world.bell.rings.clear()
    assert len(asked["ben@acme.example"]) == 3
    assert asked["ben@acme.example"] == asked["bem@acme.example"]


def test_a_strangers_address_is_neither_written_to_nor_kept(world: World, mailbox: Mailbox) -> None:
    world.stranger().post("/forgotten", data={"email": "bem@acme.example"})
    assert mailbox.mails() == []
    with globally() as session:
        assert [one.recipient for one in session.scalars(select(SystemMail))] == [""]
    world.later(days=31)
    mail.forget_old()
    with globally() as session:
        assert session.scalars(select(SystemMail)).all() == []


def test_tries_at_the_same_moment_are_all_counted(world: World, limits: None) -> None:
    def once(_: int) -> int:
        return sign_in(world.app.test_client(), "ada@acme.example", "not this one").status_code

    with ThreadPoolExecutor(24) as crowd:
        statuses = list(crowd.map(once, range(24)))
    assert statuses.count(422) == 10
    assert statuses.count(429) == 14


def test_signing_in_forgets_the_tries_of_that_address_only(world: World, limits: None) -> None:
    browser = world.stranger()
    for _ in range(9):
        sign_in(browser, "ada@acme.example", "not this one")
        sign_in(browser, "ben@acme.example", "not this one")
    assert sign_in(browser, "ada@acme.example").status_code == 302
    again = [sign_in(browser, "ada@acme.example", "not this one").status_code for _ in range(9)]
    assert again == [422] * 9
    others = [sign_in(browser, "ben@acme.example", "not this one").status_code for _ in range(2)]
    assert others == [422, 429]


def _at_the_password(world: World, mailbox: Mailbox) -> Callable[[dict[str, str]], int]:
    return lambda also: (
        world.acme.member.post(
            "/profile/password", {"password-current": "no", "password-password": "nine brown otters"} | also
        ).status_code
    )


def _at_an_invitation(world: World, mailbox: Mailbox) -> Callable[[dict[str, str]], int]:
    invite(world.acme, "gil@globex.example")
    link = mailbox.link("gil@globex.example")
    return lambda also: world.stranger().post(link, data={"password": "no"} | also).status_code


@pytest.mark.parametrize("place", [_at_the_password, _at_an_invitation])
def test_an_invented_field_starts_no_new_count(
    world: World, mailbox: Mailbox, limits: None, place: Callable[..., Callable[[dict[str, str]], int]]
) -> None:
    attempt = place(world, mailbox)
    assert [attempt({"email": f"x{n}@x.example"}) for n in range(11)] == [422] * 10 + [429]


def test_one_persons_tries_lock_nobody_else_out(world: World, mailbox: Mailbox, limits: None) -> None:
    attempt = _at_the_password(world, mailbox)
    assert [attempt({}) for _ in range(11)][-1] == 429
    own = {"password-current": PASSWORD, "password-password": "nine brown otters"}
    assert world.globex.member.post("/profile/password", own).status_code == 302


def test_another_spelling_of_an_address_is_the_same_address(
    world: World, mailbox: Mailbox, limits: None
) -> None:
    spellings = ["ben@acme.example", "BEN@acme.example ", "ben@ACME.example", "ben@acme。example"]
    statuses = [world.stranger().post("/forgotten", data={"email": one}).status_code for one in spellings * 2]
    assert statuses == [200] * 5 + [429] * 3


def test_a_whole_team_can_be_invited_at_once(world: World, limits: None) -> None:
    answers = {invite(world.acme, f"new{n}@acme.example").status_code for n in range(40)}
    assert answers == {302}
    again = [invite(world.acme, "nora@newco.example").status_code for _ in range(6)]
    assert again == [302] * 5 + [429]


@pytest.mark.parametrize(
    "address", ["http://[", "/\\/evil.example", "//[evil", "/%0d%0aSet-Cookie:x", "///evil.example"]
)
def test_a_page_to_go_on_to_that_is_no_page_of_ours_is_left_out(world: World, address: str) -> None:
    answer = world.stranger().post(
        "/login", query_string={"next": address}, data={"email": "ada@acme.example", "password": PASSWORD}
    )
    assert answer.status_code == 302
    assert answer.location.startswith("/")
    assert not answer.location.startswith(("//", "/\\"))
    assert "\n" not in answer.location


def test_a_changed_password_is_told_to_whom_it_belongs(world: World, mailbox: Mailbox) -> None:
    world.acme.member.post(
        "/profile/password", {"password-current": PASSWORD, "password-password": "nine brown otters"}
    )
    assert mailbox.last("ben@acme.example")["Subject"] == "Your password for Loumass was changed"


@pytest.mark.parametrize(
    "path",
    [
        "/audit?action=%00", "/audit?after=WzEsW1sidiIsMV0sWyJ2IiwyXV1d", "/contacts?q=%00", "/inbox?q=%00",
        "/campaigns?q=a%00b", "/members?after=%00", "/audit?person=%00",
    ],
)  # fmt: skip
def test_bytes_that_no_database_keeps_are_a_mistake_of_the_request(world: World, path: str) -> None:
    assert world.acme.admin.get(path).status_code < 500


def test_a_form_with_a_nul_is_refused_or_taken_but_never_stumbled_over(world: World) -> None:
    for url, form in (
        ("/organization", {"name": "A\0cme", "timezone": "UTC", "country": "US", "postal_address": "1\0"}),
        ("/profile", {"profile-name": "Ada", "profile-timezone": "", "profile-signature": "x\0"}),
        ("/contacts/new", {"first_name": "Pri\0ya", "email": "p@x.example"}),
    ):
        answer = world.acme.admin.post(url, form)
        assert answer.status_code < 500, url
    assert sign_in(world.stranger(), "ada\0@acme.example").status_code in (400, 422)


def test_pages_are_kept_by_no_cache_and_shown_in_no_frame(world: World, mailbox: Mailbox) -> None:
    world.stranger().post("/forgotten", data={"email": "ben@acme.example"})
    reset = mailbox.link("ben@acme.example")
    for answer in (
        world.stranger().get("/login"), world.stranger().get(reset), world.acme.admin.get("/members"),
        world.stranger().get("/nowhere"), world.acme.viewer.get("/audit"),
    ):  # fmt: skip
        assert answer.headers["Cache-Control"] == "no-store, private"
        assert answer.headers["X-Frame-Options"] == "DENY"
        policy = answer.headers["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"


def test_a_request_may_not_write_into_our_log(world: World) -> None:
    browser = world.stranger()
    assert browser.get("/login", headers={"X-Request-Id": "lb-7:a/b"}).headers["X-Request-Id"] == "lb-7:a/b"
    odd = browser.get("/login", headers={"X-Request-Id": "\x1b[31mred <b>"}).headers["X-Request-Id"]
    assert odd.isalnum()


def test_in_production_the_session_cookie_is_bound_to_this_host(settings: Settings) -> None:
    cookie = session_cookie(replace(settings, environment="production"))
    assert cookie["SESSION_COOKIE_NAME"] == "__Host-session"
    assert cookie["SESSION_COOKIE_SECURE"] is True
    assert cookie["SESSION_COOKIE_HTTPONLY"] is True
    assert cookie["SESSION_COOKIE_SAMESITE"] == "Lax"


def test_a_page_that_was_open_too_long_leads_back_to_itself_and_nowhere_else(world: World) -> None:
    world.app.config["WTF_CSRF_ENABLED"] = True
    try:
        for referrer, back in (
            ("https://loumass.example/members?after=x", 'href="/members?after=x"'),
            ("https://evil.example/members", 'href="/"'),
            ("https://loumass.example.evil.example/", 'href="/"'),
        ):
            answer = world.acme.admin.post("/logout", headers={"Referer": referrer})
            assert answer.status_code == 400
            assert back in answer.text
    finally:
        world.app.config["WTF_CSRF_ENABLED"] = False
