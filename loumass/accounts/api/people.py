"""Who works here, and who was asked to."""

from __future__ import annotations

from uuid import UUID

from flask import g, url_for

from loumass.accounts import addresses, inviting, limits, members
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import InvitationBody, InvitationOut, MemberOut, RoleBody
from loumass.accounts.api.oneself import ring_mail_afterwards
from loumass.accounts.forms import ROLE_NAMES
from loumass.accounts.guards import requires
from loumass.accounts.models import Invitation
from loumass.accounts.pages import letters
from loumass.core import links
from loumass.core.api import endpoint
from loumass.core.api.models import Done, ListOut, PageOut, PageQuery, listed, paged
from loumass.core.database import db


@endpoint(api, "GET", "/members", asks=PageQuery, answers=PageOut[MemberOut])
@requires("team.manage")
def list_members(query: PageQuery) -> PageOut[MemberOut]:
    """Everybody who works here, by name."""
    return paged(members.members(query.cursor, size=query.limit), MemberOut.of)


@endpoint(api, "PUT", "/members/<uuid:user_id>/role", takes=RoleBody, answers=MemberOut)
@requires("team.manage")
def change_role(user_id: UUID, body: RoleBody) -> MemberOut:
    """Give somebody another role, at once."""
    members.change_role(user_id, body.role)
    db().flush()
    return MemberOut.of(members.member_or_404(user_id))


@endpoint(api, "DELETE", "/members/<uuid:user_id>", answers=Done)
@requires("team.manage")
def remove_member(user_id: UUID) -> Done:
    """End a membership. What they wrote stays."""
    _, user = members.member_or_404(user_id)
    members.remove(user_id)
    return Done(done=f"{user.name} is no longer a member.", count=1)


@endpoint(api, "GET", "/invitations", answers=ListOut[InvitationOut])
@requires("team.manage")
def list_invitations() -> ListOut[InvitationOut]:
    """Offers that were not taken up yet."""
    return listed(inviting.open_invitations(), InvitationOut.of)


@endpoint(
    api,
    "POST",
    "/invitations",
    takes=InvitationBody,
    answers=InvitationOut,
    status=201,
    around=limits.invitations,
)
@requires("team.manage")
def invite(body: InvitationBody) -> InvitationOut:
    """Invite somebody by mail; the link is told here as well, once."""
    return _send(*inviting.invite(addresses.normal(body.email), body.role, g.user.id))


@endpoint(
    api, "POST", "/invitations/<uuid:invitation_id>/again", answers=InvitationOut, around=limits.invitations
)
@requires("team.manage")
def invite_again(invitation_id: UUID) -> InvitationOut:
    """Send a fresh link; the old one dies."""
    before = inviting.invitation_or_404(invitation_id)
    return _send(*inviting.invite(before.email, before.role, g.user.id))


@endpoint(api, "DELETE", "/invitations/<uuid:invitation_id>", answers=Done)
@requires("team.manage")
def withdraw_invitation(invitation_id: UUID) -> Done:
    """Take an invitation back; its link is dead."""
    inviting.withdraw(inviting.invitation_or_404(invitation_id))
    return Done(done="The invitation is withdrawn.", count=1)


def _send(invitation: Invitation, token: str) -> InvitationOut:
    link = links.absolute(url_for("accounts.invitation", token=token))
    letters.invitation(invitation.email, g.organization, g.user, ROLE_NAMES[invitation.role], link)
    ring_mail_afterwards()
    return InvitationOut.of(invitation, link)
