"""Passwords: Argon2id, 19 MiB, two passes (OWASP's minimum)."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

Answer = TypeVar("Answer")
MINIMUM_LENGTH = 10
#: Argon2 reads all of it; nobody types more.
MAXIMUM_LENGTH = 200
_COMMON = ("password", "passwort", "qwerty", "azerty", "letmein", "welcome", "iloveyou", "admin", "loumass")

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
#: Verified when there is no such user, so that the answer takes as long.
_NOBODY = _hasher.hash("nobody has this password")


def hashed(password: str) -> str:
    """The encoded hash to keep."""
    return _beside_the_loop(lambda: _hasher.hash(password))


def is_right(password: str, kept: str | None) -> bool:
    """Whether `password` belongs to the kept hash; takes as long when there is none."""
    if len(password) > MAXIMUM_LENGTH:
        password, kept = "", None
    return _beside_the_loop(lambda: _verify(password, kept or _NOBODY)) and kept is not None


def is_outdated(kept: str) -> bool:
    """Whether `kept` was made with weaker settings than today's."""
    return _hasher.check_needs_rehash(kept)


def why_weak(password: str, *known: str) -> str | None:
    """What is wrong with a new password, None when it will do. `known` is what others know of the person.

    Length and known words decide, not classes of characters (NIST SP 800-63B, 3.1.1.2).
    """
    bare = password.casefold()
    if len(password) < MINIMUM_LENGTH:
        return f"Use {MINIMUM_LENGTH} characters or more; a few words are easy to keep in mind."
    if len(password) > MAXIMUM_LENGTH:
        return f"Use {MAXIMUM_LENGTH} characters or less."
    if len(set(bare)) < 5:
        return "Use more different characters."
    if any(bare.startswith(word) and len(bare) < len(word) + 6 for word in _COMMON):
        return "This is among the first passwords that anybody tries. Use a few words of your own."
    if any(part and bare == part.casefold() for part in known):
        return "Use something else than your name or e-mail address."
    return None


def _verify(password: str, kept: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _beside_the_loop(work: Callable[[], Answer]) -> Answer:
    """`work()` on a real thread where gevent serves requests: 44 ms of Argon2 must not hold up the others."""
    if "gevent" in sys.modules:
        import gevent
        from gevent import monkey

        if monkey.is_module_patched("threading"):
            return gevent.get_hub().threadpool.apply(work)
    return work()
