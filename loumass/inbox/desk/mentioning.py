"""`@Ben` in a note tells Ben."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from loumass.accounts.models import User


def mentioned(text: str, colleagues: Sequence[User]) -> list[UUID]:
    """Whom `text` names after an @: by their whole name, or by a first name that only one of them has."""
    firsts = Counter(_first(one) for one in colleagues)
    return [one.id for one in colleagues if _names(text, one, firsts[_first(one)] == 1)]


def _first(user: User) -> str:
    return (user.name.split() or [""])[0].casefold()


def _names(text: str, user: User, is_only: bool) -> bool:
    ways = [user.name, user.email]
    if is_only and _first(user):
        ways.append(user.name.split()[0])
    return any(re.search(rf"(?<!\w)@{re.escape(way)}(?!\w)", text, re.IGNORECASE) for way in ways if way)
