"""What the API says of campaigns, and what it takes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from loumass.campaigns.creating import LONGEST_NAME, LONGEST_TEXT, Details
from loumass.core.api.models import (
    SAID,
    SAID_ON_A_LINE,
    WHOLE,
    ApiModel,
    Id,
    Line,
    Moment,
    PageQuery,
    RowModel,
)

CampaignState = Literal["draft", "scheduled", "running", "paused", "finished", "cancelled"]
StatusName = Literal[
    "No Activity", "Messaged", "Needs BDR", "Received RSVP", "Attended", "No Show", "Not Interested"
]
OneLine = Annotated[str, Field(max_length=LONGEST_TEXT, pattern=r"^[^\x00-\x1f\x7f]*$")]
CampaignName = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME, pattern=SAID_ON_A_LINE)]


class CampaignQuery(PageQuery):
    """By a part of the name, and by state."""

    q: Line | None = None
    state: CampaignState | None = None


class CampaignOut(RowModel):
    """A campaign. Its steps are `GET /funnels/{graph_id}`."""

    id: UUID
    name: str
    state: str
    graph_id: UUID
    template_id: UUID | None
    event_type: str | None
    event_name: str
    event_at: datetime | None
    event_timezone: str | None
    event_place: str
    owner_id: UUID | None
    email_channel_id: UUID | None
    sms_channel_id: UUID | None
    voicemail_channel_id: UUID | None
    is_exit_on_reply: bool
    is_reply_in_thread: bool
    skips_invalid: bool
    exit_statuses: list[str]
    colleagues: str
    positive_status: str | None
    declined_status: str | None
    is_open_tracked: bool | None
    is_click_tracked: bool | None
    version: int
    starts_at: datetime | None
    created_at: datetime


class _Details(ApiModel):
    event_type: Literal["in_person", "virtual"] | None = None
    event_name: OneLine | None = None
    event_at: Moment | None = None
    event_timezone: Annotated[str, Field(max_length=60, pattern=r"^[A-Za-z0-9_+/-]+$")] | None = None
    event_place: OneLine | None = None
    owner_id: Id | None = None
    email_channel_id: Id | None = None
    sms_channel_id: Id | None = None
    voicemail_channel_id: Id | None = None
    is_exit_on_reply: bool | None = None
    is_reply_in_thread: bool | None = None
    skips_invalid: bool | None = None
    pool: Annotated[list[Id], Field(max_length=100)] | None = None
    exit_statuses: Annotated[list[StatusName], Field(max_length=7)] | None = None
    colleagues: Literal["stay", "leave", "hold"] | None = None
    #: The status that an answer makes; null: as the organization says, empty: none.
    positive_status: StatusName | Literal[""] | None = None
    declined_status: StatusName | Literal[""] | None = None
    is_open_tracked: bool | None = None
    is_click_tracked: bool | None = None

    def said(self) -> dict[str, Any]:
        """The details that were named. Null clears what may be empty, and says nothing of the rest."""
        clearable = {
            "event_type", "event_at", "event_timezone", "owner_id", "email_channel_id", "sms_channel_id",
            "voicemail_channel_id", "positive_status", "declined_status", "is_open_tracked", "is_click_tracked",
        }  # fmt: skip
        named = {
            name: getattr(self, name)
            for name in self.model_fields_set
            if name in Details.__dataclass_fields__
        }
        named = {name: value for name, value in named.items() if value is not None or name in clearable}
        return named | {
            name: frozenset(named.get(name) or ()) for name in ("pool", "exit_statuses") if name in named
        }


class DetailsBody(_Details):
    """Details of a campaign: what is left out stays as it is. `pool`: more mailboxes and numbers that share the work."""

    name: CampaignName | None = None


class NewCampaignBody(_Details):
    """A campaign from a published template."""

    template_id: Id
    name: CampaignName


class CloneBody(ApiModel):
    """What the new one is called."""

    name: CampaignName


class ScheduleBody(ApiModel):
    """When it starts by itself."""

    at: Moment


class ResumeBody(ApiModel):
    """What becomes of those who are past due; `hours` matters to `spread`."""

    past_due: Literal["continue", "spread", "skip", "end"] | None = None
    hours: Annotated[int, Field(ge=0, le=336), WHOLE] = 0


class ReasonBody(ApiModel):
    """A reason, which is kept."""

    reason: Annotated[str, Field(min_length=1, max_length=500, pattern=SAID)]


class FindingOut(ApiModel):
    """Something to know before it starts. An `error` keeps it from starting."""

    code: str
    severity: str
    sentence: str
    remedy: str


class PreflightOut(ApiModel):
    """Everything found, what stops it first."""

    may_start: bool
    findings: list[FindingOut]
