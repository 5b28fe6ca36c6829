"""Links that set a new password: unforgeable, short-lived, and dead once used."""

from __future__ import annotations

import struct
from datetime import timedelta
from uuid import UUID

from loumass.accounts.models import User
from loumass.core import clock
from loumass.core.database import db
from loumass.core.secrets import sign, verify

LIFETIME = timedelta(hours=2)
_PURPOSE = "password reset"
_PAYLOAD = struct.Struct(">16sIQ")


def reset_token(user: User) -> str:
    """A token for a link. It names the epoch: any password change kills it."""
    until = int((clock.now() + LIFETIME).timestamp())
    return sign(_PURPOSE, _PAYLOAD.pack(user.id.bytes, user.epoch, until))


def user_of(token: str) -> User | None:
    """Whose password the token may set, locked; None when it is forged, used or too old."""
    payload = verify(_PURPOSE, token)
    if payload is None or len(payload) != _PAYLOAD.size:
        return None
    user_id, epoch, until = _PAYLOAD.unpack(payload)
    if clock.now().timestamp() > until:
        return None
    user = db().get(User, UUID(bytes=user_id), with_for_update=True)
    return user if user is not None and user.epoch == epoch else None


def set_password(user: User, password_hash: str) -> None:
    """A new password, hashed already; raises the epoch, which ends every session that began with the old one."""
    user.password_hash = password_hash
    user.epoch += 1
