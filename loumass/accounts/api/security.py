"""How somebody signs in: the second factor, sessions in browsers, accounts at vendors."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import g

from loumass.accounts import limits, second_factor, sessions, vendor_signing
from loumass.accounts.api.blueprints import api
from loumass.accounts.api.models import Code, Password
from loumass.accounts.api.oneself import refuse_wrong, ring_mail_afterwards
from loumass.accounts.guards import requires
from loumass.accounts.models import UserSession
from loumass.accounts.pages import letters
from loumass.accounts.pages.second_factor import ISSUER, WRONG_CODE, refuse_where_asked_for
from loumass.accounts.service import audit
from loumass.core.api import ApiModel, endpoint
from loumass.core.api.models import Done, ListOut, RowModel, listed
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.words import plural

FACTOR = "/users/second-factor"


class OwnPasswordBody(ApiModel):
    """The password that proves who asks."""

    current: Password


class CodeBody(ApiModel):
    """A code of the authenticator."""

    code: Code


class FactorOut(ApiModel):
    """Whether codes are asked for, and how many recovery codes are left."""

    is_on: bool
    since: datetime | None
    recovery_codes_left: int


class SecretOut(ApiModel):
    """What an authenticator is given: the secret, and the address that it reads from a picture."""

    secret: str
    address: str


class CodesOut(ApiModel):
    """Recovery codes, told once. Each opens once."""

    codes: list[str]


class SessionOut(RowModel):
    """A browser that is signed in. `is_this`: the one that asks."""

    id: UUID
    way: str
    came_from: str
    browser: str
    created_at: datetime
    seen_at: datetime
    is_this: bool = False


class VendorAccountOut(RowModel):
    """An account at Google or Microsoft that signs somebody in."""

    vendor: str
    email: str
    created_at: datetime
    seen_at: datetime


@endpoint(api, "GET", FACTOR, answers=FactorOut)
@requires("profile.write")
def read_second_factor() -> FactorOut:
    """How your second factor stands."""
    since = g.user.second_factor_since
    left = second_factor.codes_left(g.user.id) if since else 0
    return FactorOut(is_on=since is not None, since=since, recovery_codes_left=left)


@endpoint(api, "POST", FACTOR, takes=OwnPasswordBody, answers=SecretOut, around=limits.tries)
@requires("profile.write")
def begin_second_factor(body: OwnPasswordBody) -> SecretOut:
    """A fresh secret. It is asked for once a code of it was confirmed."""
    refuse_wrong(body.current)
    secret = second_factor.new_secret(g.user)
    return SecretOut(secret=secret, address=second_factor.address_of(secret, g.user, ISSUER))


@endpoint(api, "POST", f"{FACTOR}/confirm", takes=CodeBody, answers=CodesOut, around=limits.tries)
@requires("profile.write")
def confirm_second_factor(body: CodeBody) -> CodesOut:
    """From now on a code is asked for when you sign in. The recovery codes are told once, here."""
    is_new = g.user.second_factor_since is None
    codes = second_factor.confirm(g.user, body.code) if is_new else None
    if codes is None:
        raise Refused(WRONG_CODE)
    audit("second_factor.set_up")
    letters.second_factor_changed(g.user, is_on=True)
    ring_mail_afterwards()
    return CodesOut(codes=codes)


@endpoint(api, "POST", f"{FACTOR}/codes", takes=OwnPasswordBody, answers=CodesOut, around=limits.tries)
@requires("profile.write")
def renew_recovery_codes(body: OwnPasswordBody) -> CodesOut:
    """Ten new recovery codes; the old ones are dead."""
    if g.user.second_factor_since is None:
        raise Conflict("Set up your second factor first. It brings recovery codes.")
    refuse_wrong(body.current)
    audit("second_factor.codes_renewed")
    return CodesOut(codes=second_factor.renew_recovery_codes(g.user.id))


@endpoint(api, "POST", f"{FACTOR}/remove", takes=OwnPasswordBody, answers=Done, around=limits.tries)
@requires("profile.write")
def take_second_factor_off(body: OwnPasswordBody) -> Done:
    """The password alone signs you in again, unless an organization of yours asks for more."""
    refuse_wrong(body.current)
    refuse_where_asked_for(g.user.id)
    second_factor.take_off(g.user)
    audit("second_factor.taken_off")
    letters.second_factor_changed(g.user, is_on=False)
    ring_mail_afterwards()
    return Done(done="Your second factor is off. Your password alone signs you in.")


@endpoint(api, "GET", "/users/sessions", answers=ListOut[SessionOut])
@requires("profile.write")
def list_sessions() -> ListOut[SessionOut]:
    """Browsers that you are signed in with, the one seen last first. Tokens are at `/tokens`."""
    own: UserSession | None = g.get("session")
    return listed(
        sessions.open_sessions(g.user.id),
        lambda row: SessionOut.of(row).model_copy(update={"is_this": own is not None and own.id == row.id}),
    )


@endpoint(api, "DELETE", "/users/sessions/<uuid:session_id>", answers=Done)
@requires("profile.write")
def end_session(session_id: UUID) -> Done:
    """Sign that browser out."""
    sessions.end(g.user.id, session_id)
    audit("session.ended")
    return Done(done="That session has ended.", count=1)


@endpoint(api, "POST", "/users/sessions/end", answers=Done)
@requires("profile.write")
def end_sessions() -> Done:
    """Sign out everywhere, here as well: every browser, and every program that signed in. Tokens go on."""
    ended = sessions.end_all(g.user.id)
    g.user.epoch += 1
    audit("sessions.ended", sessions=ended)
    return Done(done=f"{plural(ended, 'session has', 'sessions have')} ended. Sign in again.", count=ended)


@endpoint(api, "GET", "/users/accounts", answers=ListOut[VendorAccountOut])
@requires("profile.write")
def list_accounts() -> ListOut[VendorAccountOut]:
    """Your accounts at Google and Microsoft that sign you in. They are connected in a browser, under Security."""
    return listed(vendor_signing.accounts_of(g.user.id), VendorAccountOut.of)


@endpoint(api, "DELETE", "/users/accounts/<vendor>", answers=Done)
@requires("profile.write")
def disconnect_account(vendor: str) -> Done:
    """The vendor signs you in no more; your password does."""
    if not vendor_signing.disconnect(g.user.id, vendor):
        raise NotFound
    audit("account.disconnected", "user", g.user.id, vendor=vendor)
    return Done(done="It does not sign you in any more. Your password does.", count=1)
