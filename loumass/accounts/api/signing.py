"""Signing in and out as programs do it: what is given for a password holds for 7 days and can be renewed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from flask import g

from loumass.accounts import limits, members, sign_in_tokens, tokens
from loumass.accounts.addresses import normal
from loumass.accounts.api.blueprints import api, open_api
from loumass.accounts.api.models import (
    MeOut,
    OrganizationOut,
    PlaceOut,
    ProfileOut,
    RegisterBody,
    SignedInOut,
    SignInBody,
)
from loumass.accounts.entering import place
from loumass.accounts.guards import for_everybody, requires
from loumass.accounts.models import Organization, User
from loumass.accounts.pages.second_factor import WRONG_CODE, proven
from loumass.accounts.pages.signing import renew_hash
from loumass.accounts.passwords import is_right, why_weak
from loumass.accounts.sign_in_tokens import Claims
from loumass.accounts.sign_up import find_user, sign_up
from loumass.accounts.token_models import ApiToken
from loumass.core import clock, metrics
from loumass.core.api import endpoint
from loumass.core.api.models import Done
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused, Unauthorized
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import acting_for, globally

WRONG = "The e-mail address or the password is not right."
NEEDS_CODE = (
    "This account has a second factor. Send a code of the authenticator, or a recovery code, along as `code`."
)


@endpoint(
    open_api,
    "POST",
    "/auth/login",
    takes=SignInBody,
    answers=SignedInOut,
    also=["/auth/login"],
    around=limits.tries,
)
@for_everybody
def login(body: SignInBody) -> SignedInOut:
    """Sign in with a password, and a `code` where there is a second factor. Answers alike whether or not there is such a person."""
    with globally():
        user = find_user(body.email)
    if not is_right(body.password, user.password_hash if user else None) or user is None:
        raise Unauthorized(WRONG)
    renew_hash(user, body.password)
    with globally(user.id):
        places = [organization.id for organization, _ in members.organizations_of(user.id)]
    if not places or body.organization_id not in (None, *places):
        raise Refused("You do not belong to that organization. Ask an admin to invite you.")
    if user.second_factor_since is not None:
        _refuse_without_second_factor(user.id, body.code)
    return _signed_in(user.id, body.organization_id or places[0])


@endpoint(
    open_api,
    "POST",
    "/auth/register",
    takes=RegisterBody,
    answers=SignedInOut,
    also=["/auth/register"],
    status=201,
    around=limits.new_organizations,
)
@for_everybody
def register(body: RegisterBody) -> SignedInOut:
    """Found an organization; whoever does is its admin and signed in."""
    if reason := why_weak(body.password, body.email, body.name):
        raise Refused(reason)
    user, organization_id = sign_up(
        body.name.strip(), normal(body.email), body.organization.strip(), body.password
    )
    metrics.SIGN_UPS.labels("api").inc()
    return _signed_in(user.id, organization_id)


@endpoint(api, "POST", "/auth/refresh", answers=SignedInOut, also=["/auth/refresh"])
@requires("profile.write")
def refresh() -> SignedInOut:
    """A fresh token for one that signing in gave, for 7 days from now; 30 days after signing in the password is due."""
    row = _own_sign_in()
    return _told(row, tokens.renew(row), g.user, g.organization)


@endpoint(api, "POST", "/auth/logout", answers=Done, also=["/auth/logout"])
@requires("profile.write")
def logout() -> Done:
    """Sign out: the token opens nothing any more."""
    tokens.sign_out(_own_sign_in())
    return Done(done="You are signed out.")


@endpoint(api, "GET", "/auth/me", answers=MeOut, also=["/auth/me"])
@requires("dashboard.read")
def me() -> MeOut:
    """Who asks, where, and what they may do."""
    token: ApiToken | None = g.get("token")
    places = members.organizations_of(g.user.id)
    return MeOut(
        user=ProfileOut.of(g.user),
        organization=OrganizationOut.of(g.organization),
        role=g.membership.role,
        permissions=tokens.scopes_of(g.membership.role, token.scopes if token else None),
        organizations=[PlaceOut(id=one.id, name=one.name, role=role) for one, role in places],
    )


def _refuse_without_second_factor(user_id: UUID, code: str | None) -> None:
    """The code is used up, once it was right."""
    if code is None:
        raise Unauthorized(NEEDS_CODE)
    if proven(user_id, code) is None:
        raise Unauthorized(WRONG_CODE)


def _own_sign_in() -> ApiToken:
    token: ApiToken | None = g.get("token")
    if token is None:
        raise Conflict("Your browser's session is no token. Sign out on the page.")
    return token


def _signed_in(user_id: UUID, organization_id: UUID) -> SignedInOut:
    here = place()
    with acting_for(organization_id, user_id) as own:
        own.info.update(ip_hash=keyed_hash(here.address), came_from=here)
        user, organization = own.get_one(User, user_id), own.get_one(Organization, organization_id)
        user.last_login_at = clock.now()
        row = tokens.sign_in(user_id)
        db().commit()
        return _told(row, row.expires_at or clock.now(), user, organization)


def _told(row: ApiToken, until: datetime, user: User, organization: Organization) -> SignedInOut:
    claims = Claims(organization.id, user.id, user.epoch, row.id)
    return SignedInOut(
        token=sign_in_tokens.signed(claims, until),
        expires_at=until,
        user=ProfileOut.of(user),
        organization=OrganizationOut.of(organization),
    )
