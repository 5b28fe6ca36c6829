"""Where the pure step leads one person, alone, from the same facts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from loumass.campaigns.advancing.sending import NO_ADDRESS
from loumass.campaigns.rules import ANY, StatusIn, StatusInSettings
from loumass.contacts.rules.model import Question
from loumass.funnels import decisions as d
from loumass.funnels.facts import CallOutcome, Facts, MessageOutcome, TaskOutcome
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.set_field import SetField
from loumass.funnels.kinds.set_status import SetStatus
from loumass.funnels.kinds.stage import EnterStage
from loumass.funnels.kinds.tag import AddTag, RemoveTag
from loumass.funnels.statuses import Status
from loumass.funnels.step import decide
from tests.campaigns.cast import Run
from tests.campaigns.drawn import DAYS_OFF, HOME

_CALLS = {"delivered": CallOutcome.DELIVERED, "failed": CallOutcome.FAILED, "cancelled": CallOutcome.FAILED}


def walked(
    graph: Graph,
    run: Run,
    enrollment_id: UUID,
    person: dict[str, Any],
    event_at: datetime | None,
    event_zone: str | None,
    now: datetime,
) -> tuple[Any, ...]:
    """Where the pure step leads one person in this moment: (where, state, reason or due, stage, status, path)."""
    here, entered_at, taken = run.nodes["first"], person["entered_at"], []
    facts: dict[str, Any] = {
        "status": person["status"].value,
        "tags": frozenset(person["tags"]),
        "fields": {"company": person["company"], "shoe": person["shoe"]},
        "timezone": person["timezone"],
        "stage": "",
        "sent": person["message"],
        "task": person["task"],
        "call": person["call"],
    }
    while True:
        decision = decide(
            graph.node(here), _facts(enrollment_id, person, facts, entered_at, event_at, event_zone), now
        )
        _carry_out(decision, facts)
        stays = _stays(decision, person, now)
        if stays is not None:
            ended = (stays[1],) if stays[0] == "ended" else ()
            return (here, *stays, facts["stage"], facts["status"], (*taken, *ended))
        way, outcome = _leaves(decision, graph.node(here).kind, facts)
        target = graph.follow(here, way)
        taken.append(outcome)
        if target is None:
            return (here, "ended", "finished", facts["stage"], facts["status"], tuple(taken))
        here, entered_at, facts["sent"] = target, now, None
        facts["task"] = facts["call"] = None


def _carry_out(decision: d.Decision, facts: dict[str, Any]) -> None:
    """What a step does to the person at once."""
    if isinstance(decision, EnterStage):
        facts["stage"] = decision.stage
    elif isinstance(decision, SetStatus):
        facts["status"] = decision.status
    elif isinstance(decision, AddTag):
        facts["tags"] = facts["tags"] | {decision.tag}
    elif isinstance(decision, SetField):
        facts["fields"] = {**facts["fields"], decision.field: decision.value}
        facts["timezone"] = decision.value if decision.field == "timezone" else facts["timezone"]
    elif isinstance(decision, RemoveTag):
        facts["tags"] = frozenset(tag for tag in facts["tags"] if tag.lower() != decision.tag.lower())


def _stays(decision: d.Decision, person: dict[str, Any], now: datetime) -> tuple[str, Any] | None:
    """(state, reason or due) of who does not go on."""
    if isinstance(decision, d.Send):
        return ("waiting", None) if decision.medium in person["has"] else None
    if isinstance(decision, d.WaitUntil | d.GiveTask):
        return "waiting", decision.at if isinstance(decision, d.WaitUntil) else decision.until
    if isinstance(decision, d.End):
        return "ended", decision.reason
    if isinstance(decision, d.WaitFor):
        held = {"settlement": "in_doubt", "event": "no_event"}.get(decision.what)
        return ("held", held) if held else ("waiting", _asked_again(decision, now))
    return ("waiting", None) if isinstance(decision, d.CallOut) and decision.waits else None


def _leaves(decision: d.Decision, kind: str, facts: dict[str, Any]) -> tuple[d.Go, str]:
    """The way out and what the step keeps of it."""
    if isinstance(decision, d.Send):
        return d.Go(d.FAILED, or_else=d.NEXT), NO_ADDRESS[decision.medium]
    way = d.branch_taken(decision)
    assert way is not None
    was_cancelled = facts["sent"] == "cancelled" and kind.endswith("_send")
    return way, "skipped: cancelled" if was_cancelled else way.branch


def _asked_again(decision: d.WaitFor, now: datetime) -> datetime | None:
    soon = now + timedelta(minutes=5)
    if decision.what in ("tag", "field", "rule") and decision.until is not None and decision.until > soon:
        return soon
    return decision.until


def _read(person: dict[str, Any], *by: str) -> dict[str, datetime]:
    """By step, and by none: when a person opened or clicked; a machine never did."""
    at = person["step_sent_at"]
    return {"": at, "said": at} if at and person["read"] in by else {}


def _said_by_rows(status: str) -> dict[str, bool]:
    """Nobody walks elsewhere, so any campaign is this one."""
    asked = {one: StatusInSettings(campaign=ANY, status=one) for one in Status}
    return {Question(StatusIn(), settings).key: one == status for one, settings in asked.items()}


def _facts(
    enrollment_id: UUID,
    person: dict[str, Any],
    now: dict[str, Any],
    entered_at: datetime,
    event_at: datetime | None,
    event_zone: str | None,
) -> Facts:
    zone = ZoneInfo(now["timezone"]) if now["timezone"] and "Not" not in now["timezone"] else HOME
    barred = {medium: reason for medium, reason in person["barred"].items() if medium in person["has"]}
    outcomes = {"queued": MessageOutcome.PENDING, "sending": MessageOutcome.PENDING, "sent": MessageOutcome.SENT, "failed": MessageOutcome.FAILED,
                "cancelled": MessageOutcome.CANCELLED, "in_doubt": MessageOutcome.IN_DOUBT}  # fmt: skip
    return Facts(
        enrollment_id=enrollment_id, entered_at=entered_at, timezone=zone, status=now["status"], tags=now["tags"],
        fields=now["fields"], answers=_said_by_rows(now["status"]), replied_at=person["replied_at"], last_sent_at=person["last_sent_at"],
        sent_at={"said": person["step_sent_at"]} if person["step_sent_at"] else {}, event_at=event_at,
        event_timezone=ZoneInfo(event_zone) if event_zone else HOME,
        bounced_at={medium: entered_at for medium, reason in barred.items() if reason == "bounced"},
        opted_out_at={medium: entered_at for medium, reason in barred.items() if reason not in ("bounced", "erased")},
        opened_at=_read(person, "opened", "clicked"),
        clicked_at=_read(person, "clicked"),
        message=outcomes.get(now["sent"]) if now["sent"] else None,
        task=TaskOutcome(*now["task"]) if now["task"] else None,
        call=_CALLS.get(now["call"], CallOutcome.PENDING) if now["call"] else None,
        days_off=DAYS_OFF,
    )  # fmt: skip
