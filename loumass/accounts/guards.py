"""Who may come in. `routes.py` names each blueprint's guard; each view behind a login names its permission."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar
from uuid import UUID

from flask import Flask, abort, current_app, flash, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, logout_user
from sqlalchemy import Select, bindparam, select

from loumass.accounts import bearing, entering, rates, sessions
from loumass.accounts.models import Membership, Organization, User, UserSession
from loumass.accounts.permissions import OTHERS, PERMISSIONS, may, sees_everything
from loumass.core.database import db
from loumass.core.errors import Forbidden
from loumass.core.tenancy import globally, show_only_own

View = TypeVar("View", bound=Callable[..., Any])
GUARDS = ("public", "member", "api", "hook")
#: Where somebody goes who must set up a second factor first (docs/people.md), and what helps them there.
SECOND_FACTOR = "account.second_factor"
_OPEN_WITHOUT_SECOND_FACTOR = frozenset({
    SECOND_FACTOR, "account.begin_second_factor", "account.confirm_second_factor", "account.logout", "account.visit",
    "accounts_api.read_second_factor", "accounts_api.begin_second_factor", "accounts_api.confirm_second_factor",
    "accounts_api.logout",
})  # fmt: skip
#: Behind a login. Pages lead strangers to it; the API tells them so.
WITH_LOGIN = ("member", "api")


class SignedIn:
    """What Flask-Login keeps: the user's id and epoch, so that a password change ends sessions."""

    is_authenticated = is_active = True
    is_anonymous = False

    def __init__(self, user: User) -> None:
        self.user = user

    def get_id(self) -> str:
        """`<user id>:<epoch>`."""
        return f"{self.user.id}:{self.user.epoch}"


def requires(permission: str) -> Callable[[View], View]:
    """Mark a member view with the permission it asks for."""
    if not any(permission in granted for granted in PERMISSIONS.values()):
        raise ValueError(f"no role has the permission {permission}")

    def mark(view: View) -> View:
        view.permission = permission  # pyright: ignore[reportFunctionMemberAccess]  read by `admit`
        return view

    return mark


def for_everybody(view: View) -> View:
    """Mark an endpoint of the API that needs no login: it proves by itself who asks, and sets no cookie."""
    view.permission = None  # pyright: ignore[reportFunctionMemberAccess]  read by the registry
    view.is_csrf_exempt = True  # pyright: ignore[reportFunctionMemberAccess]  read where the application is put together
    return view


def permitted(permission: str) -> bool:
    """Whether the signed-in member may. For templates: hide what would be refused."""
    membership, token = g.get("membership"), g.get("token")
    if membership is None or not may(membership.role, permission):
        return False
    return token is None or token.scopes is None or permission in token.scopes


def install(app: Flask, guards: dict[str, str]) -> None:
    """Guard `app`: blueprint name -> guard. Refuses views without one at start, not at the first call."""
    for rule in app.url_map.iter_rules():
        _check_declared(app, rule.endpoint, guards)
    manager = LoginManager(app)
    manager.session_protection = "basic"
    manager.user_loader(_load_signed_in)
    app.extensions["loumass.guards"] = guards
    app.before_request(admit)
    app.teardown_request(entering.leave)
    rates.install(app)


def _check_declared(app: Flask, endpoint: str, guards: dict[str, str]) -> None:
    blueprint = endpoint.rpartition(".")[0]
    guard = "public" if endpoint == "static" else guards.get(blueprint)
    if guard not in GUARDS:
        raise RuntimeError(f"{endpoint} has no guard in routes.py")
    if guard in WITH_LOGIN and not hasattr(app.view_functions[endpoint], "permission"):
        raise RuntimeError(f"{endpoint} names no permission: add @requires(...)")


def admit() -> ResponseReturnValue | None:
    """Prove the right to act before any view runs."""
    if request.endpoint is None or request.endpoint == "static":
        return None
    guard = current_app.extensions["loumass.guards"][request.blueprint]
    if guard not in WITH_LOGIN:
        return None
    if guard == "api" and request.method == "OPTIONS":
        return None  # answered by Flask itself, for browsers that ask before they send
    if is_program():
        bearing.enter()  # who shows a token is not let in by a cookie that came along
    else:
        identity = _identity()
        if identity is None or not _enter(*identity):
            logout_user()
            session.pop("organization", None)
            return abort(401) if guard == "api" else _to_login()
        entering.caller_is(g.user.id)
    if not _sees_everything():
        show_only_own(db())
    if _lacks_second_factor():
        return _to_second_factor(guard)
    if guard == "api":
        rates.count(str(entering.caller()), changes=request.method not in ("GET", "HEAD"))
    _refuse_unless(current_app.view_functions[request.endpoint].permission)  # pyright: ignore[reportFunctionMemberAccess]
    return None


def _sees_everything() -> bool:
    """Whoever sees what belongs to others makes tokens that do, and such that do not."""
    if g.organization.shows_only_own and may(g.membership.role, OTHERS):
        return permitted(OTHERS)
    return sees_everything(g.membership, g.organization)


def is_program() -> bool:
    """Whether the request is one of the API that shows a token: then no cookie counts, and no form's token is asked for."""
    guard = current_app.extensions["loumass.guards"].get(request.blueprint)
    return guard == "api" and "Authorization" in request.headers


def _refuse_unless(permission: str) -> None:
    if not may(g.membership.role, permission):
        raise Forbidden(
            f"Your role ({g.membership.role}) does not allow this. Ask an admin of {g.organization.name}."
        )
    if not permitted(permission):
        raise Forbidden(f"This token was not made for this: it lacks {permission}. Nothing was changed.")


def _lacks_second_factor() -> bool:
    return (
        g.organization.needs_second_factor
        and g.user.second_factor_since is None
        and request.endpoint not in _OPEN_WITHOUT_SECOND_FACTOR
    )


def _to_second_factor(guard: str) -> ResponseReturnValue:
    sentence = f"{g.organization.name} asks for a second factor. Set yours up to go on."
    if guard == "api" or request.method not in ("GET", "HEAD"):
        raise Forbidden(f"{sentence} Nothing was changed.")
    if request.headers.get("HX-Request"):
        return "", 200, {"HX-Redirect": url_for(SECOND_FACTOR)}
    flash(sentence, "info")
    return redirect(url_for(SECOND_FACTOR))


def _identity() -> tuple[UUID, int, UUID, UUID] | None:
    try:
        user_id, _, epoch = session["_user_id"].partition(":")
        return UUID(user_id), int(epoch), UUID(session["organization"]), UUID(session["session"])
    except (KeyError, ValueError, AttributeError):
        return None


@cache
def _who_is_here() -> Select[User, Membership, Organization, UserSession]:
    """Asked by every request: putting it together takes as long as asking."""
    return (
        select(User, Membership, Organization, UserSession)
        .join(Membership, Membership.user_id == User.id)
        .join(Organization, Organization.id == Membership.organization_id)
        .join(UserSession, UserSession.user_id == User.id)
        .where(
            User.id == bindparam("user"),
            User.epoch == bindparam("epoch"),
            Membership.organization_id == bindparam("organization"),
            UserSession.id == bindparam("session"),
            UserSession.ended_at.is_(None),
        )
    )


def _enter(user_id: UUID, epoch: int, organization_id: UUID, session_id: UUID) -> bool:
    opened, here = entering.session_for(organization_id, user_id), entering.place()
    asked = {"user": user_id, "epoch": epoch, "organization": organization_id, "session": session_id}
    row = opened.execute(_who_is_here(), asked).one_or_none()
    if row is None:
        entering.leave()
        return False
    g.user, g.membership, g.organization, g.session = row
    if sessions.is_to_be_noted(g.session, here):
        sessions.note(g.session, here)
        opened.commit()
    return True


def signed_in_as() -> UUID | None:
    """Who is signed in with this browser, for pages that anybody may see; None for nobody."""
    identity = _identity()
    if identity is None:
        return None
    user_id, epoch, _, session_id = identity
    with globally(user_id) as opened:
        return opened.scalar(
            select(User.id)
            .join(UserSession, UserSession.user_id == User.id)
            .where(
                User.id == user_id,
                User.epoch == epoch,
                UserSession.id == session_id,
                UserSession.ended_at.is_(None),
            )
        )


def leave_broken() -> None:
    """Give up the request's session and all that hangs on it: after an error it answers nothing any more."""
    entering.leave()
    for name in ("user", "membership", "organization", "session", "token", "navigation"):
        g.pop(name, None)


def _load_signed_in(identity: str) -> SignedIn | None:
    user = g.get("user")
    if user is None or f"{user.id}:{user.epoch}" != identity:
        return None
    return SignedIn(user)


def _to_login() -> ResponseReturnValue:
    if request.headers.get("HX-Request"):
        return "", 200, {"HX-Redirect": url_for("accounts.login")}
    if request.method not in ("GET", "HEAD"):
        abort(401)
    if request.path != "/":
        flash("Sign in to go on.", "info")
    return redirect(url_for("accounts.login", next=request.full_path.rstrip("?")))
