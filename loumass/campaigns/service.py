"""What others ask of campaigns."""

from __future__ import annotations

from loumass.campaigns.backlog import Backlog, Choice, backlog_of
from loumass.campaigns.creating import Details, change, create
from loumass.campaigns.deciding import end_people, hold_people, release_people
from loumass.campaigns.enrolling import EnrollResult, enroll, enroll_from, forecast
from loumass.campaigns.preflight import Finding, findings_of
from loumass.campaigns.standing import Standing, standings, standings_of_contact
from loumass.campaigns.starting import schedule, start, unschedule
from loumass.campaigns.states import cancel, pause, resume
from loumass.campaigns.statuses import set_status

__all__ = [
    "Backlog",
    "Choice",
    "Details",
    "EnrollResult",
    "Finding",
    "Standing",
    "backlog_of",
    "cancel",
    "change",
    "create",
    "end_people",
    "enroll",
    "enroll_from",
    "findings_of",
    "forecast",
    "hold_people",
    "pause",
    "release_people",
    "resume",
    "schedule",
    "set_status",
    "standings",
    "standings_of_contact",
    "start",
    "unschedule",
]
