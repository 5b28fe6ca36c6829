"""Whose words a step says when a graph is saved whole: its own, taken back from before, or copied from another step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import select, text

from loumass.content.models import Content, ContentVersion
from loumass.core import clock
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.tenancy import current_organization_id
from loumass.funnels import models

#: Everything that a version says, whatever it will say one day.
_SAID = ", ".join(
    column.name
    for column in ContentVersion.__table__.columns
    if column.name not in ("organization_id", "id", "content_id", "number", "created_at")
)
_CONTENTS = text("""
    INSERT INTO content (organization_id, id, name, medium, graph_id, origin_id, version_number, created_at)
    SELECT c.organization_id, w.id, c.name, c.medium, :graph, c.id, least(c.version_number, 1), :now
    FROM unnest(CAST(:origins AS uuid[]), CAST(:copies AS uuid[])) AS w(origin, id)
    JOIN content c ON c.organization_id = :organization_id AND c.id = w.origin
    RETURNING id
""")
_VERSIONS = text(f"""
    INSERT INTO content_version (organization_id, id, content_id, number, created_at, {_SAID})
    SELECT v.organization_id, uuidv7(), w.id, 1, :now, {", ".join(f"v.{name}" for name in _SAID.split(", "))}
    FROM unnest(CAST(:origins AS uuid[]), CAST(:copies AS uuid[])) AS w(origin, id)
    JOIN content c ON c.organization_id = :organization_id AND c.id = w.origin
    JOIN content_version v
      ON v.organization_id = :organization_id AND v.content_id = c.id AND v.number = c.version_number
    RETURNING id
""")
# What no step says any more is put away, what one says again comes back.
_USED = text("""
    UPDATE content SET archived_at = CASE WHEN id = ANY(CAST(:used AS uuid[])) THEN NULL ELSE :now END
    WHERE organization_id = :organization_id AND graph_id = :graph
      AND (archived_at IS NULL) <> (id = ANY(CAST(:used AS uuid[])))
""")


@dataclass(frozen=True, slots=True)
class Claim:
    """A step that wants to say a content: its own, or one that is to be copied."""

    step_id: UUID
    content_id: UUID
    medium: str


def contents_for(graph_id: UUID, claims: Sequence[Claim]) -> dict[UUID, UUID]:
    """The content that each step says from now on, by step; all of them the graph's own, each step's alone.

    A content that does not exist here, or is for another medium, is left out: the step then has nothing to say.
    """
    found = _found(claims)
    good = [claim for claim in claims if found.get(claim.content_id, ("", None))[0] == claim.medium]
    given = _kept(graph_id, good, found)
    copies = {claim.step_id: (claim.content_id, uuid7()) for claim in good if claim.step_id not in given}
    bound = {
        "organization_id": current_organization_id(),
        "graph": graph_id,
        "now": clock.now(),
        "origins": [origin for origin, _ in copies.values()],
        "copies": [copy for _, copy in copies.values()],
    }
    for statement in (_CONTENTS, _VERSIONS) if copies else ():
        db().execute(statement, {name: bound[name] for name in statement.compile().params})
    given |= {step_id: copy for step_id, (_, copy) in copies.items()}
    used = {"used": list(given.values())}
    db().execute(_USED, {name: (bound | used)[name] for name in _USED.compile().params})
    return given


def _found(claims: Iterable[Claim]) -> dict[UUID, tuple[str, UUID | None]]:
    """(medium, graph) of the contents that are claimed."""
    wanted = {claim.content_id for claim in claims}
    if not wanted:
        return {}
    rows = db().execute(select(Content.id, Content.medium, Content.graph_id).where(Content.id.in_(wanted)))
    return {row.id: (row.medium, row.graph_id) for row in rows}


def _kept(graph_id: UUID, claims: Sequence[Claim], found: Mapping[UUID, tuple[str, Any]]) -> dict[UUID, UUID]:
    """Steps that go on saying what they say, the library's too; else whoever asks first for one of the graph's own."""
    stored = select(models.Node.id, models.Node.content_id).where(models.Node.graph_id == graph_id)
    now = {row.id: row.content_id for row in db().execute(stored)}
    given = {
        claim.step_id: claim.content_id for claim in claims if now.get(claim.step_id) == claim.content_id
    }
    taken = set(given.values())
    for claim in claims:
        if (
            claim.step_id not in given
            and claim.content_id not in taken
            and found[claim.content_id][1] == graph_id
        ):
            given[claim.step_id] = claim.content_id
            taken.add(claim.content_id)
    return given
