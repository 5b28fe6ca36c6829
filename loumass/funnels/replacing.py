"""A running graph becomes what its draft says, in place: statements over the graph, however many people are on it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.content.models import ContentVersion
from loumass.core import clock
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.funnels import models
from loumass.funnels.matching import Match


def _columns(model: Any, without: set[str]) -> list[str]:
    """What a copy takes over: every column that there is, but for what makes the row itself."""
    return [column.name for column in model.__table__.columns if column.name not in without]


_OF_NODE = _columns(
    models.Node, {"organization_id", "id", "graph_id", "key", "kind", "content_id", "origin_id"}
)
_OF_WORDS = _columns(ContentVersion, {"organization_id", "id", "content_id", "number", "created_at"})

_PAIRS = "unnest(CAST(:drafts AS uuid[]), CAST(:finals AS uuid[])) AS pair(draft_id, final_id)"
_DROP_WAYS = text("DELETE FROM edge WHERE organization_id = :organization_id AND graph_id = :graph")
_TAKE_WAYS = text(f"""
    WITH pair AS (SELECT * FROM {_PAIRS})
    UPDATE edge SET graph_id = :graph, source_id = source.final_id, target_id = target.final_id
    FROM pair source, pair target
    WHERE edge.organization_id = :organization_id AND edge.graph_id = :draft
      AND source.draft_id = edge.source_id AND target.draft_id = edge.target_id
    RETURNING edge.id
""")
_SAY = text(f"""
    WITH pair AS (SELECT * FROM {_PAIRS}), said AS (
        UPDATE content SET version_number = content.version_number + 1, name = written.name
        FROM pair JOIN content written ON written.organization_id = :organization_id AND written.id = pair.draft_id
        WHERE content.organization_id = :organization_id AND content.id = pair.final_id
        RETURNING content.id, content.version_number, written.id AS written_id, written.version_number AS written_number)
    INSERT INTO content_version (organization_id, content_id, number, created_at, {", ".join(_OF_WORDS)})
    SELECT :organization_id, said.id, said.version_number, CAST(:now AS timestamptz), {", ".join(f"v.{one}" for one in _OF_WORDS)}
    FROM said JOIN content_version v
      ON v.organization_id = :organization_id AND v.content_id = said.written_id AND v.number = said.written_number
    RETURNING id
""")
_SET_STEPS = text(f"""
    UPDATE node SET {", ".join(f"{one} = written.{one}" for one in _OF_NODE)},
        content_id = coalesce(node.content_id, written.content_id)
    FROM {_PAIRS} JOIN node written ON written.organization_id = :organization_id AND written.id = pair.draft_id
    WHERE node.organization_id = :organization_id AND node.id = pair.final_id
    RETURNING node.id
""")
_DROP_DRAFTED = text("""
    DELETE FROM node WHERE organization_id = :organization_id AND graph_id = :draft AND id = ANY(CAST(:ids AS uuid[]))
""")
_BRING = text("""
    UPDATE node SET graph_id = :graph WHERE organization_id = :organization_id AND id = ANY(CAST(:ids AS uuid[]))
    RETURNING id
""")
# What the steps say belongs to their graph; what is left over is put away.
_KEEP_WORDS = text("""
    UPDATE content SET graph_id = :graph WHERE organization_id = :organization_id AND graph_id = :draft AND id IN (
        SELECT content_id FROM node WHERE organization_id = :organization_id AND graph_id = :graph)
    RETURNING id
""")
_LEAVE_WORDS = text("""
    UPDATE content SET archived_at = :now WHERE organization_id = :organization_id AND graph_id = :draft RETURNING id
""")


def take_over(
    graph_id: UUID, draft_id: UUID, match: Match, said_anew: Iterable[tuple[UUID, UUID]]
) -> UUID | None:
    """The running graph is what its draft was; the draft is empty. `said_anew` are pairs of contents: the draft's, whose
    words become a new version of the running step's.

    Returns the graph that the removed steps were put into (None: none was removed): their rows stay.
    """
    live, draft = (get_or_404(models.Graph, one, lock=True) for one in (graph_id, draft_id))
    start = match.graph.start
    draft.start_node_id = live.start_node_id = None
    db().flush()
    for statement in (_DROP_WAYS, _TAKE_WAYS):
        _run(statement, graph=graph_id, draft=draft_id, **_pairs(match.final.items()))
    _run(_SAY, now=clock.now(), **_pairs(said_anew))
    same = {one: final for one, final in match.final.items() if one != final}
    _run(_SET_STEPS, **_pairs(same.items()))
    _run(_DROP_DRAFTED, draft=draft_id, ids=uuid_array(same))
    removed_id = _put_away(match.removed) if match.removed else None
    _run(_BRING, graph=graph_id, ids=uuid_array(match.returning | match.new))
    _run(_KEEP_WORDS, graph=graph_id, draft=draft_id)
    _run(_LEAVE_WORDS, draft=draft_id, now=clock.now())
    live.start_node_id, live.revision = start, live.revision + 1
    db().flush()
    db().expire_all()
    return removed_id


def empty(draft_id: UUID) -> None:
    """Nothing is left of a draft that nobody wants."""
    draft = get_or_404(models.Graph, draft_id, lock=True)
    draft.start_node_id = None
    db().flush()
    _run(_DROP_WAYS, graph=draft_id)
    nodes = text("DELETE FROM node WHERE organization_id = :organization_id AND graph_id = :graph")
    _run(nodes, graph=draft_id)
    _run(_LEAVE_WORDS, draft=draft_id, now=clock.now())
    db().expire_all()


def _put_away(removed: frozenset[UUID]) -> UUID:
    graph = models.Graph(id=uuid7(), published_at=clock.now())
    db().add(graph)
    db().flush()
    _run(_BRING, graph=graph.id, ids=uuid_array(removed))
    return graph.id


def _pairs(pairs: Iterable[tuple[UUID, UUID]]) -> dict[str, Any]:
    found = list(pairs)
    return {
        "drafts": uuid_array(draft for draft, _ in found),
        "finals": uuid_array(final for _, final in found),
    }


def _run(statement: Any, **values: Any) -> None:
    bound = {"organization_id": current_organization_id(), **values}
    db().execute(statement, {name: bound[name] for name in statement.compile().params})
