"""What can go wrong in a way that a person should read. Pages turn these into answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

NOTHING_HERE = (
    "There is nothing at this address. It may have been deleted, or it belongs to another organization."
)


class Problem(Exception):
    """Something a person can act on. `sentence` says what happened, what was kept and what to do."""

    status = 400

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        #: What programs are told beside the sentence (RFC 9457's extension members).
        self.members: Mapping[str, Any] = {}


class Refused(Problem):
    """The request makes no sense as it stands."""

    status = 422


class Conflict(Problem):
    """Somebody else changed it meanwhile, or it is in a state that does not allow this."""

    status = 409


class Unauthorized(Problem):
    """Nobody knows who asks."""

    status = 401


class Forbidden(Problem):
    """The person is known but their role does not allow this."""

    status = 403


class NotFound(Problem):
    """It does not exist here, or belongs to somebody else."""

    status = 404

    def __init__(self, sentence: str = NOTHING_HERE) -> None:
        super().__init__(sentence)


class TooLarge(Problem):
    """More bytes than we take."""

    status = 413


class Unavailable(Problem):
    """Not now; the same request may work in a while."""

    status = 503


class OverPlan(Refused):
    """More than the organization's plan allows."""

    status = 402


class TooMany(Problem):
    """Too much in a short time; `retry_after` seconds later it may be sent again."""

    status = 429

    def __init__(self, sentence: str, retry_after: int) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after
