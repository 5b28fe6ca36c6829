"""What a step can decide. Each is a plain value; the campaign's engine carries it out."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

NEXT = "next"
FAILED = "failed"
YES = "yes"
NO = "no"
TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class Go:
    """Leave by ``branch``; where that is not drawn, by ``or_else``."""

    branch: str = NEXT
    or_else: str | None = None


@dataclass(frozen=True, slots=True)
class WaitUntil:
    """Stay until the moment ``at`` (UTC). ``because`` is shown to people: "3 days after the message of Sat 28 Feb"."""

    at: datetime
    because: str


@dataclass(frozen=True, slots=True)
class WaitFor:
    """Stay until something happens, at most ``until`` (None: however long it takes).

    ``what`` is one of ``message`` (the send's outcome), ``settlement`` (a person settles a doubtful send),
    ``event`` (the campaign has no event date), or the name of a condition's test (``replied``, ...).
    """

    what: str
    until: datetime | None
    because: str


@dataclass(frozen=True, slots=True)
class Send:
    """Plan one message of this visit, then stay until its outcome is known."""

    medium: str
    content_id: UUID


@dataclass(frozen=True, slots=True)
class Act:
    """Something is done to the person, who leaves by ``next``. What it is, each kind says by a class of its own (``SetStatus``,
    ``AddTag``); its ``advance`` does it, and whoever only imagines the walk may read it."""


@dataclass(frozen=True, slots=True)
class End:
    """End the enrollment. ``reason`` is kept on it."""

    reason: str


Decision = Go | WaitUntil | WaitFor | Send | Act | End


def branch_taken(decision: Decision) -> Go | None:
    """The way out that ``decision`` takes at once, or None when the enrollment stays or ends."""
    if isinstance(decision, Go):
        return decision
    if isinstance(decision, Act):
        return Go(NEXT)
    return None
