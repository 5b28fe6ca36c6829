"""Changing and resetting a password."""

from __future__ import annotations

from argon2 import Type
from sqlalchemy import func, select

from loumass.accounts.models import SystemMail, User
from loumass.core.tenancy import globally
from tests.accounts.conftest import Mailbox
from tests.accounts.test_signing import actions, sign_in, without_tokens
from tests.world import PASSWORD, THOROUGH, World

NEW = "nine brown otters"


def ask_for_a_link(world: World, email: str) -> str:
    answer = world.stranger().post("/forgotten", data={"email": email})
    assert answer.status_code == 200
    return answer.text


def kept_hash(email: str) -> str:
    with globally() as session:
        return session.scalars(select(User.password_hash).where(User.email_key == email)).one()


def test_installations_keep_passwords_as_owasp_asks_for_at_least() -> None:
    assert THOROUGH.type is Type.ID
    assert (THOROUGH.memory_cost, THOROUGH.time_cost, THOROUGH.parallelism) == (19 * 1024, 2, 1)


def test_a_link_by_mail_sets_a_new_password_once(world: World, mailbox: Mailbox) -> None:
    ask_for_a_link(world, "Ben@acme.example")
    link = mailbox.link("ben@acme.example")
    browser = world.stranger()
    assert "ben@acme.example" in browser.get(link).text
    assert browser.post(link, data={"password": NEW}).location == "/login"
    assert sign_in(world.stranger(), "ben@acme.example", NEW).status_code == 302
    assert sign_in(world.stranger(), "ben@acme.example", PASSWORD).status_code == 422
    assert browser.post(link, data={"password": "one more password"}).status_code == 404
    assert "password.reset" in actions(world.acme)


def test_looking_at_the_link_changes_nothing(world: World, mailbox: Mailbox) -> None:
    before = kept_hash("ben@acme.example")
    ask_for_a_link(world, "ben@acme.example")
    link = mailbox.link("ben@acme.example")
    assert {world.stranger().get(link).status_code for _ in range(3)} == {200}
    assert kept_hash("ben@acme.example") == before


def test_a_reset_ends_every_session(world: World, mailbox: Mailbox) -> None:
    assert world.acme.member.get("/profile").status_code == 200
    ask_for_a_link(world, "ben@acme.example")
    world.stranger().post(mailbox.link("ben@acme.example"), data={"password": NEW})
    assert world.acme.member.get("/profile").status_code == 302
    assert world.acme.admin.get("/profile").status_code == 200


def test_an_unknown_address_gets_the_same_answer_and_no_mail(world: World, mailbox: Mailbox) -> None:
    known, unknown = ask_for_a_link(world, "ben@acme.example"), ask_for_a_link(world, "bem@acme.example")
    assert without_tokens(known).replace("ben@", "bem@") == without_tokens(unknown)
    assert [one["To"] for one in mailbox.mails()] == ["ben@acme.example"]


def test_a_link_dies_after_two_hours(world: World, mailbox: Mailbox) -> None:
    ask_for_a_link(world, "ben@acme.example")
    link = mailbox.link("ben@acme.example")
    world.later(hours=1, minutes=59)
    assert world.stranger().get(link).status_code == 200
    world.later(minutes=2)
    assert world.stranger().post(link, data={"password": NEW}).status_code == 404
    assert sign_in(world.stranger(), "ben@acme.example").status_code == 302


def test_a_changed_or_made_up_link_is_refused(world: World, mailbox: Mailbox) -> None:
    ask_for_a_link(world, "ben@acme.example")
    link = mailbox.link("ben@acme.example")
    other = link[:-1] + ("A" if link[-1] != "A" else "B")
    for forged in (other, "/reset/x", "/reset/" + "A" * 56, "/reset/%C3%A4"):
        assert world.stranger().get(forged).status_code == 404


def test_a_weak_password_is_refused_and_the_link_lives_on(world: World, mailbox: Mailbox) -> None:
    ask_for_a_link(world, "ben@acme.example")
    link = mailbox.link("ben@acme.example")
    assert world.stranger().post(link, data={"password": "ben@acme.example"}).status_code == 422
    assert world.stranger().post(link, data={"password": NEW}).status_code == 302


def test_links_by_mail_are_limited(world: World, mailbox: Mailbox, limits: None) -> None:
    browser = world.stranger()
    statuses = [browser.post("/forgotten", data={"email": "ben@acme.example"}).status_code for _ in range(6)]
    assert statuses == [200] * 5 + [429]
    assert len(mailbox.mails()) == 5


def test_changing_the_password_ends_other_sessions_and_keeps_this_one(world: World) -> None:
    here, elsewhere = world.stranger(), world.stranger()
    sign_in(here, "ben@acme.example")
    sign_in(elsewhere, "ben@acme.example")
    answer = here.post("/profile/password", data={"password-current": PASSWORD, "password-password": NEW})
    assert answer.status_code == 302
    assert here.get("/profile").status_code == 200
    assert elsewhere.get("/profile").status_code == 302
    assert sign_in(elsewhere, "ben@acme.example", NEW).status_code == 302
    assert "password.changed" in actions(world.acme)


def test_changing_the_password_asks_for_the_present_one(world: World) -> None:
    answer = world.acme.member.post(
        "/profile/password", {"password-current": "not this one", "password-password": NEW}
    )
    assert answer.status_code == 422
    assert "This is not your password." in answer.text
    assert sign_in(world.stranger(), "ben@acme.example").status_code == 302


def test_what_was_mailed_is_forgotten_and_was_sealed_before(world: World, mailbox: Mailbox) -> None:
    ask_for_a_link(world, "ben@acme.example")
    with globally() as session:
        sealed = session.scalars(select(SystemMail.sealed_text)).one()
    assert sealed is not None
    assert b"reset" not in sealed
    mailbox.mails()
    with globally() as session:
        assert session.scalar(select(func.count()).where(SystemMail.sealed_text.is_not(None))) == 0
        assert session.scalars(select(SystemMail.sent_at)).one() is not None
