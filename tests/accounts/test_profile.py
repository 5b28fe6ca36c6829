"""What people say of themselves, and what holds for their organization."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from loumass.accounts.models import Organization, User
from loumass.core.tenancy import globally
from tests.accounts.conftest import Mailbox
from tests.accounts.test_signing import actions, sign_in
from tests.world import PASSWORD, Tenant, World

PROFILE = {
    "profile-name": "Benjamin Bdr",
    "profile-phone": "+1 303 555 0164",
    "profile-timezone": "Europe/Berlin",
    "profile-signature": "Ben\nAcme",
}
ORGANIZATION = {
    "name": "Acme Ltd",
    "timezone": "Europe/Vienna",
    "country": "AT",
    "postal_address": "Ring 1\r\n1010 Wien",
}


def user(email: str) -> User:
    with globally() as session:
        return session.scalars(select(User).where(User.email_key == email)).one()


def organization(tenant: Tenant) -> Organization:
    with globally() as session:
        return session.get_one(Organization, tenant.id)


def test_everybody_edits_their_own_profile(world: World) -> None:
    for person in (world.acme.member, world.acme.viewer):
        assert person.post("/profile", PROFILE).status_code == 302
        assert "Benjamin Bdr" in person.get("/profile").text
    kept = user("ben@acme.example")
    assert (kept.name, kept.phone, kept.timezone) == ("Benjamin Bdr", "+1 303 555 0164", "Europe/Berlin")
    assert user("ada@acme.example").name == "Ada Admin"


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"profile-name": "  "}, "Enter your name"),
        ({"profile-name": "Ben\r\nBcc: x@y.example"}, "one line"),
        ({"profile-timezone": "Mars/Olympus"}, "Not a valid choice"),
    ],
)
def test_a_wrong_profile_is_refused_and_kept_on_the_page(
    world: World, wrong: dict[str, str], said: str
) -> None:
    answer = world.acme.member.post("/profile", PROFILE | wrong)
    assert answer.status_code == 422
    assert said in answer.text
    assert "+1 303 555 0164" in answer.text
    assert user("ben@acme.example").name == "Ben Bdr"


def test_a_new_address_needs_the_password_and_warns_the_old_one(world: World, mailbox: Mailbox) -> None:
    new = {"address-email": "Benny@acme.example", "address-current": PASSWORD}
    assert world.acme.member.post("/profile/address", new | {"address-current": "wrong"}).status_code == 422
    assert user("ben@acme.example")
    assert world.acme.member.post("/profile/address", new).status_code == 302
    assert sign_in(world.stranger(), "benny@acme.example").status_code == 302
    assert sign_in(world.stranger(), "ben@acme.example").status_code == 422
    assert "Benny@acme.example" in str(mailbox.last("ben@acme.example").get_body(("plain",)))
    assert "address.changed" in actions(world.acme)


def test_nobody_takes_another_ones_address(world: World) -> None:
    taken = {"address-email": "ADA@acme.example", "address-current": PASSWORD}
    answer = world.acme.member.post("/profile/address", taken)
    assert answer.status_code == 422
    assert "Another account has this address." in answer.text


def test_one_may_change_how_the_own_address_is_written(world: World) -> None:
    same = {"address-email": "Ben@acme.example", "address-current": PASSWORD}
    assert world.acme.member.post("/profile/address", same).status_code == 302
    assert user("ben@acme.example").email == "Ben@acme.example"


def test_admins_set_what_holds_for_all(world: World) -> None:
    assert world.acme.admin.post("/organization", ORGANIZATION).status_code == 302
    kept = organization(world.acme)
    assert (kept.name, kept.timezone, kept.country) == ("Acme Ltd", "Europe/Vienna", "AT")
    assert kept.postal_address == "Ring 1\n1010 Wien"
    assert organization(world.globex).name == "Globex"
    assert actions(world.acme) == ["organization.changed"]


def test_saving_without_a_change_is_not_noted(world: World) -> None:
    world.acme.admin.post("/organization", ORGANIZATION)
    world.acme.admin.post("/organization", ORGANIZATION)
    assert actions(world.acme) == ["organization.changed"]


@pytest.mark.parametrize("wrong", [{"timezone": "Mars/Olympus"}, {"country": "XX"}, {"name": ""}])
def test_wrong_settings_are_refused(world: World, wrong: dict[str, str]) -> None:
    assert world.acme.admin.post("/organization", ORGANIZATION | wrong).status_code == 422
    assert organization(world.acme).name == "Acme"


def test_only_admins_change_settings(world: World) -> None:
    assert world.acme.member.post("/organization", ORGANIZATION).status_code == 403
    assert world.acme.viewer.get("/organization").status_code == 403
    assert organization(world.acme).name == "Acme"
