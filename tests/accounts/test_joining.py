"""Inviting people and taking invitations up."""

from __future__ import annotations

from sqlalchemy import select

from loumass.accounts.models import Invitation, Membership, User
from loumass.core.tenancy import globally
from tests.accounts.conftest import Mailbox
from tests.accounts.test_second_factor import set_up
from tests.accounts.test_signing import actions, sign_in
from tests.world import PASSWORD, Tenant, World

NEW = {"name": "Nora New", "password": "seven grey herons"}


def invite(tenant: Tenant, email: str, role: str = "agent"):
    return tenant.admin.post("/members/invitations", {"email": email, "role": role})


def roles(tenant: Tenant) -> dict[str, str]:
    with tenant.acting() as session:
        rows = session.execute(
            select(User.email_key, Membership.role)
            .join(Membership)
            .where(Membership.organization_id == tenant.id)
        )
        return dict(iter(rows))


def invitations(tenant: Tenant) -> list[Invitation]:
    with tenant.acting() as session:
        return list(session.scalars(select(Invitation).where(Invitation.organization_id == tenant.id)))


def test_an_invited_newcomer_chooses_a_password_and_is_in(world: World, mailbox: Mailbox) -> None:
    assert invite(world.acme, "Nora@newco.example").status_code == 302
    link = mailbox.link("Nora@newco.example")
    browser = world.stranger()
    page = browser.get(link).text
    assert "Ada Admin invites you as" in page
    assert "Join Acme" in page
    assert browser.post(link, data=NEW).location == "/"
    assert "Nora New" in browser.get("/profile").text
    assert roles(world.acme)["nora@newco.example"] == "agent"
    assert invitations(world.acme) == []
    assert actions(world.acme) == ["invitation.sent", "member.joined", "sign_in"]


def test_a_link_joins_once(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    link = mailbox.link("nora@newco.example")
    world.stranger().post(link, data=NEW)
    again = world.stranger().get(link)
    assert again.status_code == 404
    assert "used, withdrawn or is older than 7 days" in again.text


def test_somebody_of_another_organization_joins_with_their_own_password(
    world: World, mailbox: Mailbox
) -> None:
    invite(world.acme, "gil@globex.example", "viewer")
    link = mailbox.link("gil@globex.example")
    browser = world.stranger()
    assert "has an account" in browser.get(link).text
    assert browser.post(link, data={"password": "not this one"}).status_code == 422
    assert "gil@globex.example" not in roles(world.acme)
    assert browser.post(link, data={"password": PASSWORD}).status_code == 302
    assert roles(world.acme)["gil@globex.example"] == "viewer"
    assert roles(world.globex)["gil@globex.example"] == "member"


def test_who_works_in_two_organizations_changes_over_and_never_beyond(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "gil@globex.example", "viewer")
    world.stranger().post(mailbox.link("gil@globex.example"), data={"password": PASSWORD})
    browser = world.stranger()
    sign_in(browser, "gil@globex.example")
    assert f"/organizations/{world.acme.id}/visit" in browser.get("/profile").text
    assert browser.post(f"/organizations/{world.acme.id}/visit").status_code == 302
    assert browser.get("/profile").text.count("Acme") >= 1
    assert browser.get("/members").status_code == 403
    assert world.acme.member.post(f"/organizations/{world.globex.id}/visit").status_code == 404


def test_the_invitation_decides_the_address_and_role_not_the_form(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example", "viewer")
    forged = NEW | {"email": "ada@acme.example", "role": "admin"}
    world.stranger().post(mailbox.link("nora@newco.example"), data=forged)
    assert roles(world.acme)["nora@newco.example"] == "viewer"


def test_an_invitation_dies_after_seven_days(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    link = mailbox.link("nora@newco.example")
    world.later(days=7, seconds=1)
    assert world.stranger().post(link, data=NEW).status_code == 404
    assert "nora@newco.example" not in roles(world.acme)
    assert "Too old" in world.acme.admin.get("/members").text


def test_a_withdrawn_invitation_is_dead(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    link = mailbox.link("nora@newco.example")
    [one] = invitations(world.acme)
    world.acme.admin.post(f"/members/invitations/{one.id}/withdrawal")
    assert world.stranger().post(link, data=NEW).status_code == 404


def test_sending_again_makes_a_new_link_and_kills_the_old_one(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    old = mailbox.link("nora@newco.example")
    [one] = invitations(world.acme)
    world.acme.admin.post(f"/members/invitations/{one.id}/again")
    new = mailbox.link("nora@newco.example")
    assert world.stranger().get(old).status_code == 404
    assert world.stranger().get(new).status_code == 200
    assert len(invitations(world.acme)) == 1


def test_the_admin_may_hand_the_link_over_once(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    link = mailbox.link("nora@newco.example")
    assert link in world.acme.admin.get("/members").text
    assert link not in world.acme.admin.get("/members").text


def test_a_member_is_not_invited_again(world: World) -> None:
    answer = invite(world.acme, "BEN@acme.example")
    assert answer.status_code == 422
    assert "is a member already" in answer.text
    assert invitations(world.acme) == []


def test_nonsense_is_refused(world: World) -> None:
    assert invite(world.acme, "no address").status_code == 422
    assert invite(world.acme, "nora@newco.example", "owner").status_code == 422
    assert invite(world.acme, "nora@newco.example\r\nBcc: all@newco.example").status_code == 422
    assert invitations(world.acme) == []


def test_only_admins_invite(world: World) -> None:
    for person in (world.acme.member, world.acme.agent, world.acme.viewer):
        answer = person.post("/members/invitations", {"email": "nora@newco.example", "role": "admin"})
        assert answer.status_code == 403
    assert invitations(world.acme) == []


def test_globex_neither_sees_nor_touches_acmes_invitations(world: World) -> None:
    invite(world.acme, "nora@newco.example")
    [one] = invitations(world.acme)
    assert "nora@newco.example" not in world.globex.admin.get("/members").text
    for verb in ("again", "withdrawal"):
        assert world.globex.admin.post(f"/members/invitations/{one.id}/{verb}").status_code == 404
    assert [kept.token_hash for kept in invitations(world.acme)] == [one.token_hash]


def test_a_made_up_token_is_nothing(world: World) -> None:
    assert world.stranger().get("/invitation/made-up").status_code == 404
    assert world.stranger().post("/invitation/made-up", data=NEW).status_code == 404


def test_tries_with_a_known_persons_password_are_limited(
    world: World, mailbox: Mailbox, limits: None
) -> None:
    invite(world.acme, "gil@globex.example")
    link, browser = mailbox.link("gil@globex.example"), world.stranger()
    statuses = [browser.post(link, data={"password": "not this one"}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_the_token_is_kept_only_as_a_hash(world: World, mailbox: Mailbox) -> None:
    invite(world.acme, "nora@newco.example")
    token = mailbox.link("nora@newco.example").rpartition("/")[2]
    [one] = invitations(world.acme)
    assert token.encode() not in one.token_hash
    with globally() as session:
        assert session.scalars(select(Invitation)).all() == []


def test_whoever_is_signed_in_as_the_one_who_was_invited_joins_by_one_click(
    world: World, mailbox: Mailbox
) -> None:
    invite(world.acme, "gil@globex.example", "viewer")
    link, gil = mailbox.link("gil@globex.example"), world.globex.member
    # Somebody else's session proves nothing: the form asks for the password of the account that was invited.
    assert 'type="password"' in world.globex.admin.get(link).text
    assert world.globex.admin.post(link, {}).status_code == 422
    assert "gil@globex.example" not in roles(world.acme)
    page = gil.get(link).text
    assert "You are signed in as gil@globex.example" in page
    assert 'type="password"' not in page
    assert gil.post(link).location == "/"
    assert roles(world.acme)["gil@globex.example"] == "viewer"
    assert "Acme" in gil.get("/profile").text.split("<main")[0]
    assert gil.post(link).status_code == 404
    assert gil.post(f"/organizations/{world.globex.id}/visit").status_code == 302
    assert gil.get("/contacts/new").status_code == 200


def test_a_second_factor_is_asked_for_before_an_invitation_lets_in(world: World, mailbox: Mailbox) -> None:
    set_up(world.globex.member)
    invite(world.acme, "gil@globex.example", "viewer")
    browser = world.stranger()
    assert (
        browser.post(mailbox.link("gil@globex.example"), data={"password": PASSWORD}).location
        == "/login/code"
    )
    assert browser.get("/profile").status_code == 302
