"""Tokens: made, listed, ended; and what signing in by the API gives."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, select, text

from loumass.accounts.models import User
from loumass.accounts.permissions import PERMISSIONS, may
from loumass.accounts.service import audit
from loumass.accounts.token_models import ApiToken
from loumass.core import clock, live
from loumass.core.database import db
from loumass.core.errors import Conflict, NotFound, Refused
from loumass.core.ids import uuid7
from loumass.core.paging import Page, page
from loumass.core.tenancy import current_organization_id, get_or_404

PREFIX = "lm_"
_SECRET_BYTES = 24
#: Of one person at the same time.
MOST_TOKENS = 50
#: How long signing in holds, how long it can be renewed without the password, and how long its row is kept after its end.
SIGNED_IN, LONGEST_SIGNED_IN, REMEMBERED = timedelta(days=7), timedelta(days=30), timedelta(days=30)
ALL_SCOPES = tuple(sorted(set().union(*PERMISSIONS.values())))
_FORGET = text("""
    DELETE FROM api_token WHERE organization_id = :organization_id AND id IN (
        SELECT id FROM api_token WHERE organization_id = :organization_id AND kind = 'sign_in'
          AND coalesce(ended_at, expires_at) < :before ORDER BY id LIMIT :most
    )
""")


@dataclass(frozen=True, slots=True)
class Shown:
    """What a token says by itself: whose organization it is for, and the hash it is known by there."""

    organization_id: UUID
    token_hash: bytes


def make(
    user_id: UUID,
    role: str,
    own: Collection[str] | None,
    name: str,
    scopes: Collection[str],
    days: int | None,
) -> tuple[ApiToken, str]:
    """The row, and the token, which nobody can be shown again.

    `own` are the scopes of the token that asks, None for a person. Raises Refused for a scope that whoever asks lacks.
    """
    wanted = sorted(set(scopes))
    if not wanted:
        raise Refused("Choose at least one thing that the token may do. Nothing was made.")
    lacking = [
        one
        for one in wanted
        if one not in ALL_SCOPES or not may(role, one) or (own is not None and one not in own)
    ]
    if lacking:
        raise Refused(
            f"You may not do {', '.join(lacking)} yourself, so no token of yours can. Nothing was made."
        )
    _refuse_too_many(user_id)
    raw = current_organization_id().bytes + os.urandom(_SECRET_BYTES)
    secret = PREFIX + base64.urlsafe_b64encode(raw).decode().rstrip("=")
    now = clock.now()
    row = ApiToken(
        id=uuid7(),
        user_id=user_id,
        kind="token",
        name=name.strip(),
        token_hash=_hash(secret),
        ending=secret[-4:],
        scopes=wanted,
        expires_at=now + timedelta(days=days) if days else None,
        created_at=now,
    )
    db().add(row)
    db().flush()
    audit("token.made", "api_token", row.id, scopes=wanted, days=days)
    return row, secret


def read(secret: str) -> Shown | None:
    """What `secret` says, or None for what is no token of ours."""
    if not secret.startswith(PREFIX):
        return None
    try:
        raw = base64.b64decode(secret.removeprefix(PREFIX) + "==", altchars=b"-_", validate=True)
    except ValueError:
        return None
    if len(raw) != 16 + _SECRET_BYTES:
        return None
    return Shown(UUID(bytes=raw[:16]), _hash(secret))


def tokens(cursor: str | None, *, of: UUID | None, size: int = 50) -> Page[Row[tuple[ApiToken, User]]]:
    """(ApiToken, User) of those that people made and that are not ended, the latest first; only one person's with `of`."""
    statement = (
        select(ApiToken, User)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.kind == "token", ApiToken.ended_at.is_(None))
    )
    if of is not None:
        statement = statement.where(ApiToken.user_id == of)
    return page(statement, [ApiToken.created_at, ApiToken.id], cursor, descending=True, size=size)


def token_or_404(token_id: UUID, *, of: UUID | None) -> tuple[ApiToken, User]:
    """One that is not ended. Raises NotFound, also for somebody else's where only `of`'s may be seen."""
    row = get_or_404(ApiToken, token_id)
    if row.kind != "token" or row.ended_at is not None or of not in (None, row.user_id):
        raise NotFound
    return row, db().get_one(User, row.user_id)


def end(token_id: UUID, *, of: UUID | None) -> ApiToken:
    """It opens nothing from now on. Raises NotFound."""
    row, _ = token_or_404(token_id, of=of)
    row.ended_at = clock.now()
    audit("token.ended", "api_token", row.id)
    live.end_streams([row.user_id])
    return row


def sign_in(user_id: UUID) -> ApiToken:
    """A row for somebody who just proved who they are."""
    now = clock.now()
    row = ApiToken(
        id=uuid7(),
        user_id=user_id,
        kind="sign_in",
        name="Signed in",
        created_at=now,
        expires_at=now + SIGNED_IN,
    )
    db().add(row)
    db().flush()
    audit("sign_in", way="api")
    return row


def renew(row: ApiToken) -> datetime:
    """Until when a sign-in holds that is renewed now. Raises Conflict for a token, and when the password is due again."""
    if row.kind != "sign_in":
        raise Conflict("A token is not renewed: it holds as long as it was made for.")
    until = min(clock.now() + SIGNED_IN, row.created_at + LONGEST_SIGNED_IN)
    if until <= clock.now():
        raise Conflict("You signed in 30 days ago. Sign in with your password again.")
    row.expires_at = until
    return until


def sign_out(row: ApiToken) -> None:
    """Ends a sign-in. Raises Conflict for a token."""
    if row.kind != "sign_in":
        raise Conflict("A token is ended by itself (DELETE /api/v1/tokens/…), not by signing out.")
    row.ended_at = clock.now()
    live.end_streams([row.user_id])


def forget_sign_ins(most: int) -> bool:
    """Delete sign-ins that are long over, in the current transaction; True when there are more."""
    bound = {"organization_id": current_organization_id(), "before": clock.now() - REMEMBERED, "most": most}
    return db().execute(_FORGET, bound).rowcount == most  # pyright: ignore[reportAttributeAccessIssue]  a DELETE counts


def scopes_of(role: str, own: Sequence[str] | None) -> list[str]:
    """What somebody of this role, with a token of these scopes, may hand on."""
    return [one for one in ALL_SCOPES if may(role, one) and (own is None or one in own)]


def _refuse_too_many(user_id: UUID) -> None:
    live = select(ApiToken.id).where(
        ApiToken.user_id == user_id, ApiToken.kind == "token", ApiToken.ended_at.is_(None)
    )
    if len(db().scalars(live.limit(MOST_TOKENS)).all()) == MOST_TOKENS:
        raise Conflict(f"You have {MOST_TOKENS} tokens, the most there can be. End one first.")


def _hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()
