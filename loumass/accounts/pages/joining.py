"""Taking up an invitation."""

from __future__ import annotations

from uuid import UUID

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from loumass.accounts import limits
from loumass.accounts.entering import place
from loumass.accounts.forms import ROLE_HINTS, ROLE_NAMES, JoinForm, JoinKnownForm
from loumass.accounts.guards import signed_in_as
from loumass.accounts.inviting import GONE, accept, invitation_of, organization_of
from loumass.accounts.models import Invitation, Organization, User
from loumass.accounts.pages.blueprints import public
from loumass.accounts.pages.entering import come_in
from loumass.accounts.passwords import hashed, is_right
from loumass.accounts.sign_up import add_user, find_user
from loumass.core.errors import NotFound
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, globally


@public.route("/invitation/<token>", methods=["GET", "POST"])
@limits.tries
def invitation(token: str) -> ResponseReturnValue:
    """Shows who invites as what; a known person gives their password, a new one chooses name and password."""
    try:
        organization_id = _organization(token)
        with acting_for(organization_id) as own:
            offered, organization = invitation_of(token), own.get_one(Organization, organization_id)
            known = find_user(offered.email)
            inviter = own.get_one(User, offered.invited_by_id)
    except NotFound:
        return render_template("accounts/invitation_gone.html", sentence=GONE), 404
    is_signed_in = known is not None and signed_in_as() == known.id
    if is_signed_in and known is not None and request.method == "POST":
        return _join_at_once(token, organization, known)
    form: JoinForm | JoinKnownForm = JoinKnownForm() if known else JoinForm()
    if isinstance(form, JoinForm):
        form.known_facts = lambda: (offered.email, form.name.data or "")
    user = _join(token, organization_id, form, offered, known) if form.validate_on_submit() else None
    if user is None:
        page = render_template(
            "accounts/invitation.html", form=form, invitation=offered, organization=organization, inviter=inviter,
            role=ROLE_NAMES[offered.role], role_hint=ROLE_HINTS[offered.role], is_known=known is not None,
            is_signed_in=is_signed_in,
        )  # fmt: skip
        return page, 422 if form.is_submitted() else 200
    return come_in(
        user, organization_id, to=url_for("account.home"), said=f"You belong to {organization.name} now."
    )


def _join_at_once(token: str, organization: Organization, known: User) -> ResponseReturnValue:
    """Whoever is signed in as the one who was invited has shown who they are already."""
    here = place()
    with acting_for(organization.id, known.id) as own:
        own.info.update(ip_hash=keyed_hash(here.address), came_from=here)
        accept(invitation_of(token), own.get_one(User, known.id))
        own.commit()
    session["organization"] = str(organization.id)
    flash(f"You belong to {organization.name} now.", "done")
    return redirect(url_for("account.home"))


def _organization(token: str) -> UUID:
    with globally():
        organization_id = organization_of(token)
    if organization_id is None:
        raise NotFound(GONE)
    return organization_id


def _join(
    token: str, organization_id: UUID, form: JoinForm | JoinKnownForm, offered: Invitation, known: User | None
) -> User | None:
    """The new member, committed; None when the password of a known person is wrong."""
    if known is not None and not is_right(form.password.data or "", known.password_hash):
        form.password.errors = ["This is not the password of that account."]
        return None
    password_hash = "" if known else hashed(form.password.data or "")
    with acting_for(organization_id, known.id if known else None) as own:
        current = invitation_of(token)
        if known is None and isinstance(form, JoinForm):
            user = add_user(form.name.data or "", offered.email, password_hash)
            own.info["user_id"] = user.id
        else:
            user = own.get_one(User, known.id if known else offered.id)
        accept(current, user)
        own.commit()
    return user
