"""A version of the template brought to a campaign: what the campaign set or said in its own way stays where the template
did not change it."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.core.database import db
from loumass.core.tenancy import get_or_404
from loumass.funnels import contents, models
from loumass.funnels.graph import Graph
from loumass.funnels.node import Node
from loumass.funnels.service import graph_of, written_in


def keep_own(campaign: Campaign, draft_id: UUID, version_id: UUID, author_id: UUID | None) -> None:
    """Write into the draft what is the campaign's own: different from the version that it was made from, where that and the
    new one agree. Nothing for a campaign of which nobody knows where it came from."""
    base_id = get_or_404(models.Graph, campaign.graph_id).cloned_from_id
    if base_id is None or base_id == version_id:
        return
    base, version, live = (_by_key(graph_of(one)) for one in (base_id, version_id, campaign.graph_id))
    said = {**written_in(base_id), **written_in(version_id), **written_in(campaign.graph_id)}
    for row in db().scalars(select(models.Node).where(models.Node.graph_id == draft_id)):
        sides = [side.get((row.key, row.kind)) for side in (base, version, live)]
        if None in sides:
            continue
        was, comes, own = (side for side in sides if side is not None)
        if was.name == comes.name:
            row.name = own.name
        if was.config == comes.config:
            row.config = dict(own.config)
        words = [said.get(side.content_id) if side.content_id else None for side in (was, comes, own)]
        if words[0] == words[1] and words[2] is not None and words[2] != words[0]:
            contents.write(row, words[2], author_id)
    db().flush()


def _by_key(graph: Graph) -> dict[tuple[str, str], Node]:
    return {(node.key, node.kind): node for node in graph.nodes}
