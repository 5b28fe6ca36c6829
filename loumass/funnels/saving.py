"""A graph saved whole, as the builder has it: steps, ways and the start, in a fixed number of statements."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import current_organization_id
from loumass.funnels import models
from loumass.funnels.copying import Claim, contents_for
from loumass.funnels.editing import checked_name, open_graph, spare_key
from loumass.funnels.exchange import MOST_STEPS
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Edge

LONGEST_CONFIG = 50_000


@dataclass(frozen=True, slots=True)
class WantedStep:
    """A step as somebody wants it. `key` counts for a new one only; `content_id` may be another graph's: it is copied then."""

    id: UUID
    kind: str
    name: str
    config: Mapping[str, Any] = field(default_factory=dict)
    key: str = ""
    x: float | None = None
    y: float | None = None
    content_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class WantedGraph:
    """`revision` is the one that it was made from; `steps` are in reading order."""

    revision: int
    start: UUID | None
    steps: Sequence[WantedStep]
    ways: Sequence[Edge]


_STEPS = text("""
    INSERT INTO node (organization_id, id, graph_id, key, kind, name, config, position, x, y, content_id)
    SELECT :organization_id, n.id, :graph, n.key, n.kind, n.name, n.config, n.position, n.x, n.y, n.content_id
    FROM jsonb_to_recordset(CAST(:steps AS jsonb)) AS n(id uuid, key text, kind text, name text, config jsonb,
        position integer, x double precision, y double precision, content_id uuid)
    ON CONFLICT (organization_id, id) DO UPDATE
    SET name = excluded.name, config = excluded.config, position = excluded.position, x = excluded.x, y = excluded.y,
        content_id = excluded.content_id
    WHERE node.organization_id = :organization_id AND node.graph_id = :graph
    RETURNING id
""")
_WAYS_GONE = text("""
    DELETE FROM edge WHERE organization_id = :organization_id AND graph_id = :graph AND NOT EXISTS (
        SELECT FROM jsonb_to_recordset(CAST(:ways AS jsonb)) AS w(source uuid, branch text)
        WHERE w.source = edge.source_id AND w.branch = edge.branch)
""")
_WAYS = text("""
    INSERT INTO edge (organization_id, id, graph_id, source_id, branch, target_id)
    SELECT :organization_id, uuidv7(), :graph, w.source, w.branch, w.target
    FROM jsonb_to_recordset(CAST(:ways AS jsonb)) AS w(source uuid, branch text, target uuid)
    ON CONFLICT (organization_id, source_id, branch) DO UPDATE SET target_id = excluded.target_id
""")
_STEPS_GONE = text("""
    DELETE FROM node
    WHERE organization_id = :organization_id AND graph_id = :graph AND NOT id = ANY(CAST(:kept AS uuid[]))
""")


def save_graph(graph_id: UUID, wanted: WantedGraph) -> models.Graph:
    """The graph with exactly the wanted steps and ways, its revision raised.

    Raises NotFound; Conflict when it never changes any more or somebody else changed it since; Refused for what no graph
    can be (a kind that does not exist, a way from nowhere, two ways by one branch).
    """
    row = open_graph(graph_id, wanted.revision)
    steps = _with_words(graph_id, _checked(_stored(graph_id), wanted))
    bound = {
        "organization_id": current_organization_id(),
        "graph": graph_id,
        "steps": json.dumps([_record(place, step) for place, step in enumerate(steps)], default=str),
        "ways": json.dumps([{"source": w.source, "branch": w.branch, "target": w.target} for w in wanted.ways], default=str),
        "kept": [step.id for step in steps],
    }  # fmt: skip
    if len(_run(_STEPS, bound).all()) < len(steps):
        raise Refused("A step has the id of a step in another funnel. Give new steps ids of their own.")
    row.start_node_id = wanted.start
    db().flush()
    for statement in (_WAYS_GONE, _WAYS, _STEPS_GONE):
        _run(statement, bound)
    # Rows that were read before say what they said before.
    db().expire_all()
    return row


def _with_words(graph_id: UUID, steps: Sequence[WantedStep]) -> list[WantedStep]:
    """What each says is the graph's own: copied where it is another graph's or another step's."""
    media = {step.id: KINDS[step.kind].medium for step in steps if step.kind in KINDS}
    claims = [
        Claim(step.id, step.content_id, medium)
        for step in steps
        if step.content_id and (medium := media.get(step.id))
    ]
    contents = contents_for(graph_id, claims)
    return [replace(step, content_id=contents.get(step.id)) for step in steps]


def _run(statement: Any, bound: Mapping[str, Any]) -> Any:
    return db().execute(statement, {name: bound[name] for name in statement.compile().params})


def _record(place: int, step: WantedStep) -> dict[str, Any]:
    return {
        "id": step.id, "key": step.key, "kind": step.kind, "name": step.name, "config": dict(step.config),
        "position": place, "x": step.x, "y": step.y, "content_id": step.content_id,
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stored:
    key: str
    kind: str


def _stored(graph_id: UUID) -> dict[UUID, _Stored]:
    found = select(models.Node.id, models.Node.key, models.Node.kind).where(models.Node.graph_id == graph_id)
    return {row.id: _Stored(row.key, row.kind) for row in db().execute(found)}


def _checked(stored: Mapping[UUID, _Stored], wanted: WantedGraph) -> list[WantedStep]:
    """The steps with their keys. Raises Refused."""
    ids = {step.id for step in wanted.steps}
    if len(ids) < len(wanted.steps):
        raise Refused("Two steps have the same id.")
    if len(ids) > MOST_STEPS:
        raise Refused(f"A funnel has at most {MOST_STEPS} steps. Nothing was saved.")
    if wanted.start is not None and wanted.start not in ids:
        raise Refused("People are to begin at a step that is not in the funnel.")
    _refuse_ways(wanted.ways, ids)
    taken = {one.key for one in stored.values()}
    return [_kept(step, stored) if step.id in stored else _new(step, taken) for step in wanted.steps]


def _refuse_ways(ways: Iterable[Edge], ids: set[UUID]) -> None:
    drawn: set[tuple[UUID, str]] = set()
    for way in ways:
        if not {way.source, way.target} <= ids:
            raise Refused("A way leads from or to a step that is not in the funnel.")
        if (way.source, way.branch) in drawn:
            raise Refused("A step leads by one branch to two steps. Keep one way for each branch.")
        drawn.add((way.source, way.branch))


def _kept(step: WantedStep, stored: Mapping[UUID, _Stored]) -> WantedStep:
    before = stored[step.id]
    if step.kind != before.kind:
        raise Refused(
            f"{step.name} is a step of the kind {before.kind} and stays one. Add another step instead."
        )
    return replace(_storable(step), key=before.key)


def _new(step: WantedStep, taken: set[str]) -> WantedStep:
    """`taken` is told the key of the new step."""
    if step.kind not in KINDS:
        raise Refused(f"There is no kind of step called {step.kind[:40]}.")
    key = step.key if step.key and step.key not in taken else spare_key(step.key or step.name, taken)
    taken.add(key)
    return replace(_storable(step), key=key)


def _storable(step: WantedStep) -> WantedStep:
    settings = json.dumps(dict(step.config))
    if len(settings) > LONGEST_CONFIG or "\\u0000" in settings:
        raise Refused(
            f"The settings of {step.name[:80]} are too long, or hold a character that cannot be stored."
        )
    return replace(step, name=checked_name(step.name))
