"""A graph copied whole: nodes, edges and what they say, in a fixed number of statements whatever its size."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.funnels import models

_CONTENTS = text("""
    INSERT INTO content (organization_id, id, name, medium, graph_id, origin_id, version_number, created_at)
    SELECT c.organization_id, uuidv7(), c.name, c.medium, :clone, c.id, least(c.version_number, 1), :now
    FROM content c
    WHERE c.organization_id = :organization_id
      AND c.id IN (SELECT n.content_id FROM node n WHERE n.organization_id = :organization_id AND n.graph_id = :graph)
    RETURNING id
""")
_VERSIONS = text("""
    INSERT INTO content_version
        (organization_id, id, content_id, number, subject, preheader, html, text, recording_id, recording_name,
         recording_seconds, voice, blocks, is_plain, created_by_id, created_at)
    SELECT v.organization_id, uuidv7(), c.id, 1, v.subject, v.preheader, v.html, v.text, v.recording_id, v.recording_name,
        v.recording_seconds, v.voice, v.blocks, v.is_plain, v.created_by_id, :now
    FROM content c
    JOIN content o ON o.organization_id = :organization_id AND o.id = c.origin_id
    JOIN content_version v
      ON v.organization_id = :organization_id AND v.content_id = o.id AND v.number = o.version_number
    WHERE c.organization_id = :organization_id AND c.graph_id = :clone
    RETURNING id
""")
_PICTURES = text("""
    INSERT INTO content_picture (organization_id, source_id, media_id)
    SELECT p.organization_id, v.id, p.media_id
    FROM content c
    JOIN content_version v ON v.organization_id = :organization_id AND v.content_id = c.id
    JOIN content o ON o.organization_id = :organization_id AND o.id = c.origin_id
    JOIN content_version w ON w.organization_id = :organization_id AND w.content_id = o.id AND w.number = o.version_number
    JOIN content_picture p ON p.organization_id = :organization_id AND p.source_id = w.id
    WHERE c.organization_id = :organization_id AND c.graph_id = :clone
    ON CONFLICT (organization_id, source_id, media_id) DO NOTHING
""")
_NODES = text("""
    INSERT INTO node (organization_id, id, graph_id, key, kind, name, config, position, x, y, content_id, origin_id)
    SELECT n.organization_id, uuidv7(), :clone, n.key, n.kind, n.name, n.config, n.position, n.x, n.y, c.id, n.id
    FROM node n
    LEFT JOIN content c ON c.organization_id = :organization_id AND c.graph_id = :clone AND c.origin_id = n.content_id
    WHERE n.organization_id = :organization_id AND n.graph_id = :graph
    RETURNING id
""")
_EDGES = text("""
    INSERT INTO edge (organization_id, id, graph_id, source_id, branch, target_id)
    SELECT e.organization_id, uuidv7(), :clone, s.id, e.branch, t.id
    FROM edge e
    JOIN node s ON s.organization_id = :organization_id AND s.graph_id = :clone AND s.origin_id = e.source_id
    JOIN node t ON t.organization_id = :organization_id AND t.graph_id = :clone AND t.origin_id = e.target_id
    WHERE e.organization_id = :organization_id AND e.graph_id = :graph
    RETURNING id
""")
_START = text("""
    UPDATE graph SET start_node_id = (
        SELECT n.id FROM node n
        JOIN graph g ON g.organization_id = :organization_id AND g.start_node_id = n.origin_id
        WHERE n.organization_id = :organization_id AND n.graph_id = :clone AND g.id = :graph
    )
    WHERE organization_id = :organization_id AND id = :clone
""")


def clone_graph(graph_id: UUID, *, template_id: UUID | None = None, number: int | None = None) -> UUID:
    """The id of an editable copy of the graph, with its own copies of what its steps say (their newest version).

    Editing the copy never changes the original, nor the other way round. ``origin_id`` of the new nodes and
    contents names what they were copied from. ``template_id`` makes it a template's; with ``number`` it is
    that published version, which never changes. Raises NotFound.
    """
    get_or_404(models.Graph, graph_id)
    clone = models.Graph(
        id=uuid7(),
        template_id=template_id,
        number=number,
        cloned_from_id=graph_id,
        published_at=clock.now() if number is not None else None,
    )
    db().add(clone)
    db().flush()
    ids = {
        "organization_id": current_organization_id(),
        "graph": graph_id,
        "clone": clone.id,
        "now": clock.now(),
    }
    for statement in (_CONTENTS, _VERSIONS, _PICTURES, _NODES, _EDGES, _START):
        db().execute(statement, {name: ids[name] for name in statement.compile().params})
    db().refresh(clone)
    return clone.id
