"""Who shows a token: found under the policies of the organization that the token names, or refused."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from flask import abort, g, request
from sqlalchemy import ColumnElement, Row, select, update

from loumass.accounts import entering, sign_in_tokens, tokens
from loumass.accounts.models import Membership, Organization, User
from loumass.accounts.token_models import ApiToken
from loumass.core import clock
from loumass.core.database import db
from loumass.core.tenancy import ENTER

#: Of a token's use so much is known; a write per request would cost more than many of them.
NOTED_EVERY = timedelta(minutes=1)
_SCHEME = "bearer "
_Found = Row[User, Membership, Organization, ApiToken]


def enter() -> None:
    """Open the session of whoever the token in `Authorization` acts for. Anything wrong with it is answered by 401."""
    given = request.headers.get("Authorization", "")
    secret = given[len(_SCHEME) :].strip() if given[: len(_SCHEME)].lower() == _SCHEME else ""
    row = _by_token(secret) or _by_sign_in(secret)
    if row is None:
        entering.leave()
        abort(401)
    g.user, g.membership, g.organization, g.token = row
    _act_as(g.user.id)
    entering.caller_is(g.token.id)
    _note_use(g.token)


def _by_token(secret: str) -> _Found | None:
    shown = tokens.read(secret)
    if shown is None:
        return None
    return _found(shown.organization_id, ApiToken.token_hash == shown.token_hash)


def _by_sign_in(secret: str) -> _Found | None:
    claims = sign_in_tokens.read(secret)
    if claims is None:
        return None
    # A new password ends what was signed in before.
    same = (ApiToken.id == claims.sign_in_id) & (User.id == claims.user_id) & (User.epoch == claims.epoch)
    return _found(claims.organization_id, same & (ApiToken.kind == "sign_in"))


def _found(organization_id: UUID, condition: ColumnElement[bool]) -> _Found | None:
    row = (
        entering.session_for(organization_id, None)
        .execute(
            select(User, Membership, Organization, ApiToken)
            .join(ApiToken, ApiToken.user_id == User.id)
            .join(Membership, Membership.user_id == User.id)
            .join(Organization, Organization.id == Membership.organization_id)
            .where(Membership.organization_id == organization_id, condition)
        )
        .one_or_none()
    )
    return row if row is not None and row[3].is_good(clock.now()) else None


def _act_as(user_id: UUID) -> None:
    """From here on the session is that person's; it was opened before anybody knew who that is."""
    session = db()
    session.info["user_id"] = user_id
    session.execute(ENTER, {"organization_id": session.info["organization_id"], "user_id": user_id})


def _note_use(token: ApiToken) -> None:
    now = clock.now()
    if token.last_used_at is not None and token.last_used_at > now - NOTED_EVERY:
        return
    unnoted = ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at <= now - NOTED_EVERY)
    db().execute(update(ApiToken).where(ApiToken.id == token.id, unnoted).values(last_used_at=now))
    db().commit()
