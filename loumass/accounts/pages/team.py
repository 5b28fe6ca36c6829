"""Who works here: members, roles, invitations; and changing over to another organization."""

from __future__ import annotations

from uuid import UUID

from flask import flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from loumass.accounts import inviting, limits, mail, members
from loumass.accounts.forms import ROLE_HINTS, ROLE_NAMES, InvitationForm, RoleForm
from loumass.accounts.guards import requires
from loumass.accounts.models import Invitation
from loumass.accounts.pages import letters
from loumass.accounts.pages.blueprints import pages
from loumass.core import clock, links
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused


@pages.get("/members", endpoint="members")
@requires("team.manage")
def members_page() -> ResponseReturnValue:
    """Everybody, with open invitations."""
    return _show(InvitationForm(), 200)


@pages.post("/members/invitations")
@requires("team.manage")
@limits.invitations
def invite() -> ResponseReturnValue:
    """Invites somebody by mail."""
    form = InvitationForm()
    if not form.validate_on_submit():
        return _show(form, 422)
    try:
        invitation, token = inviting.invite(form.email.data or "", form.role.data, g.user.id)
    except Conflict as problem:
        form.email.errors = [problem.sentence]
        return _show(form, 422)
    return _send(invitation, token)


@pages.post("/members/invitations/<uuid:id>/again")
@requires("team.manage")
@limits.invitations
def invite_again(id: UUID) -> ResponseReturnValue:  # noqa: A002  the name that addresses use
    """Sends a fresh link; the old one dies."""
    invitation = inviting.invitation_or_404(id)
    return _send(*inviting.invite(invitation.email, invitation.role, g.user.id))


@pages.post("/members/invitations/<uuid:id>/withdrawal")
@requires("team.manage")
def withdraw_invitation(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Takes an invitation back."""
    invitation = inviting.invitation_or_404(id)
    inviting.withdraw(invitation)
    db().commit()
    session.pop("invitation_link", None)
    flash(f"The invitation of {invitation.email} is withdrawn; its link is dead.", "done")
    return redirect(url_for("account.members"))


@pages.post("/members/<uuid:id>/role")
@requires("team.manage")
def change_role(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Gives somebody another role, at once in their open sessions too."""
    form = RoleForm()
    _, user = members.member_or_404(id)
    if not form.validate_on_submit():
        raise Refused("There is no such role. Nothing was changed.")
    members.change_role(id, form.role.data)
    db().commit()
    flash(f"{user.name} is {ROLE_NAMES[form.role.data]} now.", "done")
    return redirect(url_for("account.members") if id != g.user.id else url_for("account.home"))


@pages.post("/members/<uuid:id>/sight")
@requires("team.manage")
def change_sight(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Whether somebody sees everything where members see only their own."""
    _, user = members.member_or_404(id)
    everything = request.form.get("sight") == "everything"
    members.let_see(id, everything=everything)
    db().commit()
    flash(f"{user.name} sees {'everything' if everything else 'only their own'} now.", "done")
    return redirect(url_for("account.members"))


@pages.route("/members/<uuid:id>/removal", methods=["GET", "POST"])
@requires("team.manage")
def remove_member(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Asks, then ends a membership."""
    membership, user = members.member_or_404(id)
    if request.method == "GET":
        return render_template("accounts/remove_member.html", member=user, membership=membership)
    members.remove(id)
    db().commit()
    if id == g.user.id:
        logout_user()
        session.clear()
        return redirect(url_for("accounts.login"))
    flash(f"{user.name} is no longer a member. What they wrote stays.", "done")
    return redirect(url_for("account.members"))


@pages.post("/organizations/<uuid:id>/visit")
@requires("profile.write")
def visit(id: UUID) -> ResponseReturnValue:  # noqa: A002
    """Changes over to another organization of one's own."""
    if id not in {organization.id for organization, _ in members.organizations_of(g.user.id)}:
        raise NotFound
    session["organization"] = str(id)
    return redirect(url_for("account.home"))


def _send(invitation: Invitation, token: str) -> ResponseReturnValue:
    link = links.absolute(url_for("accounts.invitation", token=token))
    letters.invitation(invitation.email, g.organization, g.user, ROLE_NAMES[invitation.role], link)
    db().commit()
    mail.ring(g.organization.id)
    session["invitation_link"] = [invitation.email, link]
    return redirect(url_for("account.members"))


def _show(form: InvitationForm, status: int) -> ResponseReturnValue:
    cursor = request.args.get("after") or request.args.get("before")
    page = render_template(
        "accounts/members.html", form=form, page=members.members(cursor), invitations=inviting.open_invitations(),
        roles=ROLE_NAMES, hints=ROLE_HINTS, link=session.pop("invitation_link", None), moment_now=clock.now(),
    )  # fmt: skip
    return page, status
