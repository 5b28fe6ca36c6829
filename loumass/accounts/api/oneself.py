"""What somebody says of themselves, how they sign in, and leaving."""

from __future__ import annotations

from flask import g

from loumass.accounts import addresses, limits, mail, members, sessions
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import AddressBody, PasswordBody, ProfileBody, ProfileOut
from loumass.accounts.guards import requires
from loumass.accounts.pages import letters
from loumass.accounts.passwords import hashed, is_right, why_weak
from loumass.accounts.places import timezones
from loumass.accounts.resetting import set_password
from loumass.accounts.service import audit
from loumass.accounts.sign_up import find_user
from loumass.core.api import endpoint
from loumass.core.api.afterwards import afterwards
from loumass.core.api.models import Done
from loumass.core.errors import Forbidden, Refused


@endpoint(api, "GET", "/users/profile", answers=ProfileOut, also=["/users/profile"])
@requires("profile.write")
def profile() -> ProfileOut:
    """Name, phone, time zone and signature of whoever asks."""
    return ProfileOut.of(g.user)


@endpoint(api, "PUT", "/users/profile", takes=ProfileBody, answers=ProfileOut, also=["/users/profile"])
@requires("profile.write")
def change_profile(body: ProfileBody) -> ProfileOut:
    """Change them. An empty time zone means the organization's."""
    if body.timezone and body.timezone not in timezones():
        raise Refused("There is no such time zone. Write it like America/Denver.")
    g.user.name, g.user.signature = body.name.strip(), body.signature
    g.user.phone, g.user.timezone = body.phone.strip() or None, body.timezone or None
    return ProfileOut.of(g.user)


@endpoint(api, "POST", "/users/password", takes=PasswordBody, answers=Done, around=limits.tries)
@requires("profile.write")
def change_password(body: PasswordBody) -> Done:
    """A new password. Everything that was signed in ends; tokens go on."""
    refuse_wrong(body.current)
    if reason := why_weak(body.password, g.user.email, g.user.name):
        raise Refused(reason)
    set_password(g.user, hashed(body.password))
    sessions.end_all(g.user.id)
    audit("password.changed")
    letters.password_changed(g.user)
    ring_mail_afterwards()
    return Done(done="Your password is changed. Sign in again.")


@endpoint(api, "POST", "/users/address", takes=AddressBody, answers=ProfileOut, around=limits.tries)
@requires("profile.write")
def change_address(body: AddressBody) -> ProfileOut:
    """Another address to sign in with; the old one is told."""
    refuse_wrong(body.current)
    wanted = addresses.normal(body.email)
    other = find_user(wanted)
    if other is not None and other.id != g.user.id:
        raise Refused("Another account has this address.")
    before, g.user.email, g.user.email_key = g.user.email, wanted, addresses.key(wanted)
    # Nothing has reached the new one yet.
    g.user.address_proven_at = None
    audit("address.changed")
    letters.address_changed(before, g.user)
    ring_mail_afterwards()
    return ProfileOut.of(g.user)


@endpoint(api, "DELETE", "/users/account", answers=Done, also=["/users/account"])
@requires("profile.write")
def leave() -> Done:
    """Leave the organization. What you wrote stays; the only admin cannot go."""
    name = g.organization.name
    members.remove(g.user.id)
    return Done(done=f"You are no member of {name} any more.", count=1)


def ring_mail_afterwards() -> None:
    """The installation's own mail goes out as soon as what it tells of is committed."""
    organization_id = g.organization.id
    afterwards(lambda: mail.ring(organization_id))


def refuse_wrong(password: str) -> None:
    """Raises Forbidden where it is not the password of whoever asks."""
    if not is_right(password, g.user.password_hash):
        raise Forbidden("This is not your password. Nothing was changed.")
