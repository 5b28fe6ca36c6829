"""Members and their roles."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from markupsafe import escape
from sqlalchemy import select

from loumass.accounts.forms import ROLE_NAMES
from loumass.accounts.guards import requires
from loumass.accounts.permissions import PERMISSIONS, WORDS, may
from tests.accounts.test_joining import roles
from tests.accounts.test_signing import actions
from tests.world import World


def test_admins_see_everybody_of_their_own_organization_only(world: World) -> None:
    page = world.acme.admin.get("/members").text
    assert all(name in page for name in world.acme.names.values())
    assert not any(name in page for name in world.globex.names.values())


def test_a_new_role_holds_at_once(world: World) -> None:
    assert world.acme.viewer.get("/members").status_code == 403
    world.acme.admin.post(f"/members/{world.acme.viewer.id}/role", {"role": "admin"})
    assert world.acme.viewer.get("/members").status_code == 200
    assert actions(world.acme) == ["member.role_changed"]


def test_a_role_that_does_not_exist_changes_nothing(world: World) -> None:
    answer = world.acme.admin.post(f"/members/{world.acme.viewer.id}/role", {"role": "owner"})
    assert answer.status_code == 422
    assert roles(world.acme)["vic@acme.example"] == "viewer"


def test_the_same_role_again_is_not_noted(world: World) -> None:
    world.acme.admin.post(f"/members/{world.acme.viewer.id}/role", {"role": "viewer"})
    assert actions(world.acme) == []


def test_a_removed_member_is_out_at_once(world: World) -> None:
    assert world.acme.agent.get("/profile").status_code == 200
    page = world.acme.admin.get(f"/members/{world.acme.agent.id}/removal")
    assert "Remove Ann Agent from Acme" in page.text
    assert "ann@acme.example" in roles(world.acme)
    world.acme.admin.post(f"/members/{world.acme.agent.id}/removal")
    assert "ann@acme.example" not in roles(world.acme)
    assert world.acme.agent.get("/profile").status_code == 302
    assert actions(world.acme) == ["member.removed"]


@pytest.mark.parametrize("way", ["role", "removal"])
def test_the_open_invitations_of_somebody_who_may_no_longer_invite_are_withdrawn(
    world: World, way: str
) -> None:
    acme = world.acme
    acme.admin.post(f"/members/{acme.member.id}/role", {"role": "admin"})
    for admin, friend in ((acme.member, "of.ben@friends.example"), (acme.admin, "of.ada@friends.example")):
        admin.post("/members/invitations", {"email": friend, "role": "admin"})
    with acme.member.browser.session_transaction() as session:
        _, link = session["invitation_link"]
    acme.admin.post(f"/members/{acme.member.id}/{way}", {"role": "viewer"})
    page = acme.admin.get("/members").text
    assert "of.ada@friends.example" in page
    assert "of.ben@friends.example" not in page
    assert world.stranger().get(urlsplit(link).path).status_code == 404
    assert actions(acme).count("invitation.withdrawn") == 1


@pytest.mark.parametrize("way", ["role", "removal"])
def test_the_only_admin_stays(world: World, way: str) -> None:
    answer = world.acme.admin.post(f"/members/{world.acme.admin.id}/{way}", {"role": "viewer"})
    assert answer.status_code == 409
    assert "only admin" in answer.text
    assert roles(world.acme)["ada@acme.example"] == "admin"


def test_an_admin_may_leave_to_another(world: World) -> None:
    world.acme.admin.post(f"/members/{world.acme.member.id}/role", {"role": "admin"})
    answer = world.acme.admin.post(f"/members/{world.acme.admin.id}/removal")
    assert answer.location == "/login"
    assert world.acme.admin.get("/profile").status_code == 302
    assert set(roles(world.acme)) == {"ben@acme.example", "ann@acme.example", "vic@acme.example"}


@pytest.mark.parametrize("role", ["member", "agent", "viewer"])
def test_only_admins_manage_the_team(world: World, role: str) -> None:
    person, victim = world.acme.people[role], world.acme.admin.id
    assert person.get("/members").status_code == 403
    assert person.post(f"/members/{victim}/role", {"role": "viewer"}).status_code == 403
    assert person.post(f"/members/{victim}/removal").status_code == 403
    assert person.post(f"/members/{person.id}/role", {"role": "admin"}).status_code == 403
    assert roles(world.acme)["ada@acme.example"] == "admin"


def test_globex_cannot_touch_acmes_members(world: World) -> None:
    for way in ("role", "removal"):
        answer = world.globex.admin.post(f"/members/{world.acme.viewer.id}/{way}", {"role": "admin"})
        assert answer.status_code == 404
    assert world.globex.admin.get(f"/members/{world.acme.viewer.id}/removal").status_code == 404
    assert roles(world.acme)["vic@acme.example"] == "viewer"


def test_each_role_may_all_that_the_lower_one_may(world: World) -> None:
    assert PERMISSIONS["viewer"] < PERMISSIONS["agent"] < PERMISSIONS["member"] < PERMISSIONS["admin"]
    assert may("admin", "team.manage")
    assert not may("member", "team.manage")


def test_a_view_cannot_ask_for_a_permission_that_nobody_has(world: World) -> None:
    with pytest.raises(ValueError, match="no role has the permission"):
        requires("contacts.raed")


def test_a_list_of_many_members_is_paged(world: World) -> None:
    from loumass.accounts.models import Membership, User
    from loumass.core.tenancy import globally

    with globally() as session:
        users = [
            User(
                email=f"p{n}@acme.example", email_key=f"p{n}@acme.example", name="Pat Same", password_hash="x"
            )
            for n in range(60)
        ]
        session.add_all(users)
        session.commit()
    with world.acme.acting() as session:
        session.add_all(
            Membership(organization_id=world.acme.id, user_id=user.id, role="viewer") for user in users
        )
        session.commit()
    seen, address = set(), "/members"
    for _ in range(3):
        page = world.acme.admin.get(address).text
        seen |= {user.email for user in users if user.email in page}
        if "after=" not in page:
            break
        address = "/members?after=" + page.split("after=")[1].split('"')[0]
    assert len(seen) == 60
    with globally() as session:
        assert len(session.scalars(select(User.id).where(User.name == "Pat Same")).all()) == 60


def test_every_permission_is_told_in_words_and_by_role(world: World) -> None:
    told = [permission for named in WORDS.values() for permission in named]
    assert sorted(told) == sorted(set().union(*PERMISSIONS.values()))
    page = world.acme.viewer.get("/members/roles").text
    rows = dict(re.findall(r'<th scope="row" class="cell-main">([^<]+)</th>(.*?)</tr>', page, re.DOTALL))
    assert len(rows) == len(told)
    for named in WORDS.values():
        for permission, words in named.items():
            marks = [mark in ("Yes",) for mark in re.findall(r"Yes|>No<|by name", rows[str(escape(words))])]
            assert marks == [may(role, permission) for role in ROLE_NAMES], permission


def test_an_admin_lets_a_member_see_everything_where_others_see_their_own(world: World) -> None:
    acme = world.acme
    acme.contact("Quentin Quill", email="q@x.example", owner_id=acme.admin.id)
    assert ">Their own<" not in acme.admin.get("/members").text
    acme.admin.post("/organization/trust", {"trust-shows_only_own": "y"})
    assert "Quentin" not in acme.member.get("/contacts").text
    assert ">Their own<" in acme.admin.get("/members").text
    assert acme.member.post(f"/members/{acme.member.id}/sight", {"sight": "everything"}).status_code == 403
    assert acme.admin.post(f"/members/{acme.member.id}/sight", {"sight": "everything"}).status_code == 302
    assert "Quentin" in acme.member.get("/contacts").text
    acme.admin.post(f"/members/{acme.member.id}/sight", {"sight": "own"})
    assert "Quentin" not in acme.member.get("/contacts").text
    assert actions(acme).count("member.sight_changed") == 2
