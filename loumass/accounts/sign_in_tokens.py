"""What signing in by the API gives: a JWT (RFC 7519), signed by this installation, that names a row of `api_token`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

from loumass.core import clock
from loumass.core.secrets import mac

ALGORITHM, ISSUER = "HS256", "loumass"


@dataclass(frozen=True, slots=True)
class Claims:
    """Who signed in, where, when they last changed their password, and the row that knows whether they signed out."""

    organization_id: UUID
    user_id: UUID
    epoch: int
    sign_in_id: UUID


def signed(claims: Claims, until: datetime) -> str:
    """The token."""
    told = {
        "iss": ISSUER,
        "sub": str(claims.user_id),
        "org": str(claims.organization_id),
        "epoch": claims.epoch,
        "jti": str(claims.sign_in_id),
        "iat": int(clock.now().timestamp()),
        "exp": int(until.timestamp()),
    }
    return jwt.encode({"alg": ALGORITHM}, told, _key())


def read(token: str) -> Claims | None:
    """What a token of ours that is not over says; None for anything else."""
    try:
        told = jwt.decode(token, _key(), algorithms=[ALGORITHM]).claims
        if told["iss"] != ISSUER or told["exp"] <= clock.now().timestamp():
            return None
        return Claims(UUID(told["org"]), UUID(told["sub"]), int(told["epoch"]), UUID(told["jti"]))
    except (JoseError, ValueError, TypeError, KeyError, AttributeError):
        return None


def _key() -> OctKey:
    return OctKey.import_key(mac("signing in by the API", b"", 32))
