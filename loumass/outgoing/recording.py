"""What came of attempts, written down at once: delivered, tried again later, or given up; whether the host rests."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, text

from loumass.contacts.filling import fill
from loumass.core import clock
from loumass.core.arrays import integer_array, uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.outgoing.claiming import MOST_FAILURES, tell_ended
from loumass.outgoing.filling import values_of
from loumass.outgoing.judging import judge_endpoints
from loumass.outgoing.planning import TRIES
from loumass.outgoing.sending import Answer

#: Pauses between tries: 20 s, then four times as long each, at most this; all eight lie within a day.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=20), timedelta(hours=8)
#: How long a host rests that does not answer: a minute, then twice as long each time.
FIRST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=1)
#: Pauses differ by up to a quarter, so that what failed together does not come again together.
_SPREAD = 0.25

# Whose lease was taken over, or whose person was erased meanwhile, is somebody else's to write down.
_RECORD = text("""
    WITH told AS MATERIALIZED (
        SELECT call.id, one.number, one.state, one.due_at, one.status, one.problem, one.answer
        FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[]), CAST(:states AS text[]), CAST(:due AS timestamptz[]),
                CAST(:statuses AS integer[]), CAST(:problems AS text[]), CAST(:answers AS text[]))
            AS one(id, number, state, due_at, status, problem, answer)
        JOIN webhook_call call ON call.organization_id = :organization_id AND call.id = one.id
            AND call.attempts = one.number AND call.state = 'calling'
        ORDER BY call.id FOR UPDATE OF call
    ), noted AS (
        UPDATE webhook_attempt SET ended_at = :now, status = told.status, problem = told.problem, answer = told.answer
        FROM told WHERE webhook_attempt.organization_id = :organization_id AND call_id = told.id
          AND webhook_attempt.number = told.number
        RETURNING call_id
    )
    UPDATE webhook_call call SET state = told.state, due_at = told.due_at, status = told.status, problem = told.problem,
        lease_until = NULL, ended_at = CASE WHEN told.state <> 'queued' THEN CAST(:now AS timestamptz) END
    FROM told WHERE call.organization_id = :organization_id AND call.id = told.id
    RETURNING call.id, call.contact_id, call.stream_id, call.enrollment_id, call.node_id, call.state, call.status,
        call.is_awaited, call.endpoint_id
""")
_HOST = text("""
    UPDATE webhook_host SET failures = CASE WHEN :is_well THEN 0 ELSE failures + :failures END, problem = :problem,
        rests_until = CAST(:rests_until AS timestamptz)
    WHERE organization_id = :organization_id AND host = :host
    RETURNING failures
""")
_REST = text("""
    UPDATE webhook_host SET rests_until = :rests_until
    WHERE organization_id = :organization_id AND host = :host
""")


@dataclass(frozen=True, slots=True)
class Outcome:
    """Where a call is after an attempt; `due_at` when it is tried again."""

    state: str
    due_at: datetime | None


def record(host: str, calls: Sequence[Row[Any]], answers: Sequence[Answer]) -> None:
    """Write down what came of `calls`, fill the contacts' fields, and let the host rest if it needs to."""
    now = clock.now()
    outcomes = [_outcome(call, answer, now) for call, answer in zip(calls, answers, strict=True)]
    rows = db().execute(_RECORD, _recorded(calls, answers, outcomes, now)).all()
    tell_ended([row for row in rows if row.state != "queued"])
    judge_endpoints(rows)
    ours = {row.id for row in rows}
    _fill([pair for pair in zip(calls, answers, strict=True) if pair[0].id in ours and pair[1].is_success])
    _judge_host(host, answers, now)


def pause_after(tries: int) -> timedelta:
    """How long after so many tries the next one comes."""
    pause = min(FIRST_PAUSE * 4 ** max(tries - 1, 0), LONGEST_PAUSE)
    return pause * random.uniform(1 - _SPREAD, 1 + _SPREAD)  # noqa: S311  to spread, not to hide


def _outcome(call: Row[Any], answer: Answer, now: datetime) -> Outcome:
    if answer.is_success:
        return Outcome("delivered", None)
    if answer.is_final or call.tries_left <= 0:
        return Outcome("failed", None)
    pause = max(pause_after(TRIES - call.tries_left), timedelta(seconds=min(answer.rests or 0.0, 86_400.0)))
    again = now + pause
    return Outcome("queued", again) if again < call.give_up_at else Outcome("failed", None)


def _recorded(
    calls: Sequence[Row[Any]], answers: Sequence[Answer], outcomes: Sequence[Outcome], now: datetime
) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "now": now,
        "ids": uuid_array(call.id for call in calls),
        "numbers": integer_array(call.attempts for call in calls),
        "states": [one.state for one in outcomes],
        "due": [one.due_at for one in outcomes],
        "statuses": [answer.status for answer in answers],
        "problems": [answer.problem for answer in answers],
        "answers": [answer.kept for answer in answers],
    }


def _fill(pairs: Sequence[tuple[Row[Any], Answer]]) -> None:
    """Of two answers about one person the later call's holds."""
    values: dict[Any, dict[str, str]] = {}
    for call, answer in pairs:
        if call.fills and answer.is_whole:
            values.setdefault(call.contact_id, {}).update(values_of(call.fills, answer.content))
    fill(values)


def _judge_host(host: str, answers: Sequence[Answer], now: datetime) -> None:
    """One that answers is well. One that fails again and again rests, longer each time; so does one that asks to."""
    broken = [answer for answer in answers if answer.is_hosts_fault]
    is_well = len(broken) < len(answers) and any(
        answer.status is not None for answer in answers if answer not in broken
    )
    asked = max((answer.rests or 0.0 for answer in broken), default=0.0)
    asked_until = now + timedelta(seconds=min(asked, LONGEST_REST.total_seconds())) if asked else None
    if not broken and not is_well:
        return  # nobody was called: every one was refused before
    bound = {"organization_id": current_organization_id(), "host": host}
    failures = db().scalar(
        _HOST,
        {
            **bound,
            "is_well": is_well,
            "failures": len(broken),
            "problem": broken[-1].problem if broken and not is_well else "",
            "rests_until": asked_until,
        },
    )
    if failures and failures >= MOST_FAILURES:
        rest = min(FIRST_REST * 2 ** min((failures - MOST_FAILURES), 10), LONGEST_REST)
        db().execute(_REST, {**bound, "rests_until": max(now + rest, asked_until or now)})
