"""Everything a step may look at, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.funnels.statuses import Status

#: The columns that every contact has and a condition may ask for, beside the organization's own.
KNOWN_FIELDS = (
    "external_id", "email", "phone", "first_name", "last_name", "full_name", "company", "title", "city", "state",
    "country", "timezone", "source",
)  # fmt: skip


class MessageOutcome(StrEnum):
    """What became of the message that this visit of a sending step planned."""

    PENDING = "pending"  # queued or sending
    IN_DOUBT = "in_doubt"
    SENT = "sent"
    SKIPPED = "skipped"  # a gate refused for good: no address, suppressed, outside the cap's life
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class TaskOutcome:
    """What became of the task that this visit made: ``open``, ``done`` (by ``branch``), ``skipped``, ``expired``,
    ``cancelled``."""

    state: str
    branch: str | None = None


class CallOutcome(StrEnum):
    """What became of the call that this visit planned."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"  # given up, or cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """One enrollment, looked at while it stands in one visit of one node. Times are aware.

    - ``entered_at``: when this visit of this node began.
    - ``timezone``: the contact's, resolved (contact, else organization).
    - ``fields``: known columns (``first_name``, ``company``, ...) and custom fields; values are text.
    - ``tags``: tag names as given; compared without regard to case.
    - ``status``: the enrollment's BDR status.
    - ``replied_at``: the latest reply of a person in this enrollment (automatic replies do not count).
    - ``bounced_at`` / ``opted_out_at``: by medium, when the contact's address there bounced for good or
      said no, whether in this campaign or before.
    - ``last_sent_at``: when this enrollment's latest message really left.
    - ``sent_at``: by node key, when the latest message of that step really left.
    - ``opened_at`` / ``clicked_at``: by node key (the empty one for any), when a person, and no machine, first opened
      or clicked; who clicked has opened.
    - ``event_at`` and ``event_timezone``: the campaign's event, if it has one.
    - ``message``: outcome of this visit's message; None when none has been planned. So are ``task`` and ``call``.
    - ``own``: what the kind's own ``look_up`` found, for kinds that look at more than this.
    - ``days_off``: the organization's days off by date, for steps that skip them.
    - ``answers``: by key, what rows said to rules and questions that no other fact answers (``contacts.rules``), or the rule
      that a segment stands for.
    """

    enrollment_id: UUID
    entered_at: datetime
    timezone: ZoneInfo
    fields: Mapping[str, str | None] = field(default_factory=dict)
    tags: frozenset[str] = frozenset()
    status: str = Status.NO_ACTIVITY
    replied_at: datetime | None = None
    bounced_at: Mapping[str, datetime] = field(default_factory=dict)
    opted_out_at: Mapping[str, datetime] = field(default_factory=dict)
    last_sent_at: datetime | None = None
    sent_at: Mapping[str, datetime] = field(default_factory=dict)
    opened_at: Mapping[str, datetime] = field(default_factory=dict)
    clicked_at: Mapping[str, datetime] = field(default_factory=dict)
    event_at: datetime | None = None
    event_timezone: ZoneInfo | None = None
    message: MessageOutcome | None = None
    own: Any = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    days_off: Mapping[date, str] = field(default_factory=dict)
    task: TaskOutcome | None = None
    call: CallOutcome | None = None
