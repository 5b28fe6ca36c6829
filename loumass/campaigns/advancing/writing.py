"""A slice written down: everybody who was claimed, every step entered and left, in one statement each.

People are many and what is written of them is mostly the same: what is alike travels once, and of each person only ids
and the number of what they are like.
"""

from __future__ import annotations

import json
from collections.abc import Hashable, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.advancing.ground import CampaignGround
from loumass.core.arrays import integer_array, uuid_array
from loumass.core.database import db
from loumass.events.service import publish_alike
from loumass.funnels.kinds import KINDS
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.walker import NewStep, Walker
from loumass.messages.planned import cancel_planned

_LEAVE = text("""
    UPDATE step SET left_at = :now, outcome = alike.outcome
    FROM unnest(CAST(:ids AS uuid[]), CAST(:numbers AS integer[])) AS gone(id, number)
    JOIN unnest(CAST(:outcomes AS text[])) WITH ORDINALITY AS alike(outcome, number) ON alike.number = gone.number
    WHERE step.organization_id = :organization_id AND step.id = gone.id
""")
# A visit that is there already means that two walked the same person: nothing of this slice may be kept.
_ENTER = text("""
    WITH visited AS (
        INSERT INTO visited_node (organization_id, node_id)
        SELECT DISTINCT CAST(:organization_id AS uuid), alike.node_id
        FROM jsonb_to_recordset(CAST(:alike AS jsonb)) AS alike(node_id uuid)
        ORDER BY 2
        ON CONFLICT (organization_id, node_id) DO NOTHING
    ), entered AS (
        INSERT INTO step (organization_id, id, enrollment_id, campaign_id, node_id, visit, entered_at, left_at, outcome,
            version)
        SELECT :organization_id, coalesce(new.id, uuidv7()), new.enrollment_id, :campaign_id, alike.node_id, alike.visit,
            CAST(:now AS timestamptz), CASE WHEN alike.is_left THEN CAST(:now AS timestamptz) END, alike.outcome,
            alike.version
        FROM unnest(CAST(:ids AS uuid[]), CAST(:enrollments AS uuid[]), CAST(:numbers AS integer[]))
            AS new(id, enrollment_id, number)
        JOIN jsonb_to_recordset(CAST(:alike AS jsonb))
            AS alike(number integer, node_id uuid, visit integer, is_left boolean, outcome text,
                version integer) ON alike.number = new.number
        RETURNING id)
    SELECT count(*) FROM entered
""")
_WALKERS = text("""
    UPDATE enrollment SET state = w.state, reason = w.reason, node_id = w.node_id, step_id = one.step_id, visit = w.visit,
        entered_at = w.entered_at, stage = w.stage, status = w.status, status_changed_at = w.status_changed_at,
        due_at = w.due_at, waiting_for = w.waiting_for, is_catching_up = w.is_catching_up,
        ended_at = CASE WHEN w.state = 'ended' THEN CAST(:now AS timestamptz) END
    FROM unnest(CAST(:ids AS uuid[]), CAST(:steps AS uuid[]), CAST(:numbers AS integer[])) AS one(id, step_id, number)
    JOIN jsonb_to_recordset(CAST(:alike AS jsonb)) AS w(number integer, state text, reason text, node_id uuid, visit integer,
        entered_at timestamptz, stage text, status text, status_changed_at timestamptz, due_at timestamptz,
        waiting_for jsonb, is_catching_up boolean) ON w.number = one.number
    WHERE enrollment.organization_id = :organization_id AND enrollment.id = one.id
""")


class Alike:
    """Numbers for what was seen, from 1; what is equal has one."""

    def __init__(self) -> None:
        self._numbers: dict[Hashable, int] = {}
        self.rows: list[dict[str, Any]] = []

    def number(self, names: tuple[str, ...], values: tuple[Any, ...], key: Hashable = None) -> int:
        """The number of `values`; they are told apart by `key` where they cannot be compared themselves."""
        key = values if key is None else key
        found = self._numbers.get(key)
        if found is None:
            found = self._numbers[key] = len(self._numbers) + 1
            self.rows.append({"number": found} | dict(zip(names, values, strict=True)))
        return found

    @property
    def json(self) -> str:
        """For jsonb_to_recordset."""
        return json.dumps(self.rows, default=str)


def write(ground: CampaignGround) -> None:
    """Write the slice and tell its news. What is queued for those who left is cancelled with it."""
    if not ground.walkers:
        return
    if ground.left:
        _write_left(ground)
    if ground.entered:
        # Who stays needs the id of the step where they stay.
        for walker in ground.walkers:
            walker.step()
        _write_steps(ground, ground.entered)
    _write_walkers(ground, ground.walkers)
    _let_go(ground, [walker.id for walker in ground.walkers if walker.state == "ended"])
    _tell(ground)


def _let_go(ground: Ground, ended: list[UUID]) -> None:
    """What is queued or to be done for those who left: only what this funnel's steps can have made is looked for."""
    cancel_planned(ended)
    for name in sorted({node.kind for node in ground.graph.nodes} & KINDS.keys()):
        KINDS[name].let_go(ended)


def _write_left(ground: CampaignGround) -> None:
    outcomes = {outcome: number for number, outcome in enumerate(dict.fromkeys(ground.left.values()), 1)}
    db().execute(
        _LEAVE,
        ground.bound(
            now=ground.now,
            ids=uuid_array(ground.left),
            numbers=integer_array([outcomes[outcome] for outcome in ground.left.values()]),
            outcomes=list(outcomes),
        ),
    )


_STEP = ("node_id", "visit", "is_left", "outcome", "version")


def _write_steps(ground: CampaignGround, steps: Iterable[NewStep]) -> None:
    alike = Alike()
    numbers = [
        alike.number(
            _STEP,
            (
                step.node_id,
                step.visit,
                step.left_at is not None,
                step.outcome,
                ground.version_of(step.node_id),
            ),
        )
        for step in steps
    ]
    db().execute(
        _ENTER,
        ground.bound(
            campaign_id=ground.campaign_id,
            now=ground.now,
            ids=uuid_array(step.id for step in steps),
            enrollments=uuid_array(step.walker.id for step in steps),
            numbers=integer_array(numbers),
            alike=alike.json,
        ),
    )


_WALKER = (
    "state", "reason", "node_id", "visit", "entered_at", "stage", "status", "status_changed_at", "due_at", "waiting_for",
    "is_catching_up",
)  # fmt: skip


def _write_walkers(ground: CampaignGround, walkers: list[Walker]) -> None:
    alike = Alike()
    numbers = []
    for one in walkers:
        before = (
            one.state,
            one.reason,
            one.node_id,
            one.visit,
            one.entered_at,
            one.stage,
            one.status,
            one.status_changed_at,
            one.due_at,
        )
        # What somebody waits for is a mapping that all who wait alike share.
        key = (*before, id(one.waiting_for), one.is_catching_up)
        numbers.append(alike.number(_WALKER, (*before, one.waiting_for, one.is_catching_up), key))
    db().execute(
        _WALKERS,
        ground.bound(
            now=ground.now,
            ids=uuid_array(walker.id for walker in walkers),
            steps=uuid_array(walker.step_id for walker in walkers),
            numbers=integer_array(numbers),
            alike=alike.json,
        ),
    )


def _tell(ground: CampaignGround) -> None:
    for kind, node_id, facts in sorted(ground.news, key=str):
        told = ground.news[kind, node_id, facts]
        publish_alike(
            kind,
            told.enrollments,
            told.contacts,
            campaign_id=ground.campaign_id,
            node_id=node_id,
            facts=dict(facts),
        )
