"""A second factor: codes of an authenticator (TOTP, RFC 6238: HMAC-SHA-1, six digits, 30 seconds) and recovery codes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets as random
import struct
from collections.abc import Sequence
from urllib.parse import quote, urlencode
from uuid import UUID

from sqlalchemy import delete, func, select, update

from loumass.accounts.models import RecoveryCode, User
from loumass.core import clock, secrets
from loumass.core.database import db
from loumass.core.errors import Conflict

SECONDS, DIGITS = 30, 6
#: Clocks of phones go wrong by a step either way.
_LEEWAY = 1
RECOVERY_CODES = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"
#: What a value of a global table is bound to (`resealing.NOWHERE`).
_NOWHERE = UUID(int=0)


def new_secret(user: User) -> str:
    """A fresh secret in base32, kept sealed and not asked for until `confirm`. Raises Conflict where one is in use."""
    if user.second_factor_since is not None:
        raise Conflict("Your second factor is set up already. Take it off first. Nothing was changed.")
    secret = random.token_bytes(20)
    user.sealed_second_factor = secrets.seal(secret, _aad(user.id))
    return _base32(secret)


def secret_of(user: User) -> str | None:
    """The kept secret in base32, to be shown while it is not confirmed yet; None without one."""
    return None if user.sealed_second_factor is None else _base32(_unsealed(user))


def address_of(secret: str, user: User, issuer: str) -> str:
    """What an authenticator reads from a picture (Google's Key Uri Format)."""
    label = quote(f"{issuer}:{user.email}")
    return f"otpauth://totp/{label}?{urlencode({'secret': secret, 'issuer': issuer, 'digits': DIGITS, 'period': SECONDS})}"


def confirm(user: User, code: str) -> list[str] | None:
    """Asks for it from now on, where `code` is right: the recovery codes, to be shown once; None where it is wrong."""
    if user.sealed_second_factor is None or not _take(user, code):
        return None
    user.second_factor_since = clock.now()
    return renew_recovery_codes(user.id)


def take_off(user: User) -> None:
    """Nothing but the password is asked for any more."""
    user.sealed_second_factor = user.second_factor_since = None
    db().execute(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))


def renew_recovery_codes(user_id: UUID) -> list[str]:
    """Ten new ones; the old ones are dead."""
    codes = [f"{_letters(5)}-{_letters(5)}" for _ in range(RECOVERY_CODES)]
    db().execute(delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    db().add_all(RecoveryCode(user_id=user_id, code_hash=_hash(code)) for code in codes)
    return codes


def codes_left(user_id: UUID) -> int:
    """How many recovery codes are not used."""
    left = select(func.count()).where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))
    return db().scalar(left) or 0


def proves(user: User, typed: str) -> str | None:
    """What `typed` is: `code` of the authenticator, or `recovery` code; either is used up. None where it is neither."""
    plain = "".join(typed.split()).lower()
    if plain.isdecimal():
        return "code" if _take(user, plain) else None
    used = db().scalars(
        update(RecoveryCode)
        .where(
            RecoveryCode.user_id == user.id,
            RecoveryCode.code_hash == _hash(plain),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
        .returning(RecoveryCode.code_hash)
    )
    return "recovery" if used.all() else None


def code_at(secret: bytes, step: int, digits: int = DIGITS) -> str:
    """The code of a time step (RFC 4226, 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number % 10**digits).zfill(digits)


def matching_step(secret: bytes, code: str, seconds: float, after: int = 0) -> int | None:
    """The time step around `seconds` (since 1970) later than `after` whose code this is; None for none."""
    now = int(seconds) // SECONDS
    steps: Sequence[int] = range(max(now - _LEEWAY, after + 1), now + _LEEWAY + 1)
    return next((step for step in steps if hmac.compare_digest(code_at(secret, step), code)), None)


def _take(user: User, code: str) -> bool:
    """Whether the code is right and was not taken before; taken in one statement, so that of two at once one fails."""
    plain = "".join(code.split())
    if not (plain.isascii() and plain.isdecimal()):
        return False
    step = matching_step(_unsealed(user), plain, clock.now().timestamp(), user.second_factor_step)
    if step is None:
        return False
    taken = db().scalars(
        update(User)
        .where(User.id == user.id, User.second_factor_step < step)
        .values(second_factor_step=step)
        .returning(User.id)
        .execution_options(synchronize_session=False)
    )
    return bool(taken.all())


def _unsealed(user: User) -> bytes:
    return secrets.unseal(user.sealed_second_factor or b"", _aad(user.id))


def _aad(user_id: UUID) -> bytes:
    return secrets.associated_data("user_account.sealed_second_factor", _NOWHERE, user_id)


def _base32(secret: bytes) -> str:
    return base64.b32encode(secret).decode().rstrip("=")


def _letters(many: int) -> str:
    return "".join(random.choice(_ALPHABET) for _ in range(many))


def _hash(code: str) -> bytes:
    return secrets.keyed_hash("".join(letter for letter in code.lower() if letter.isalnum()))
