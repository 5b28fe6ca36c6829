"""How the trials of splits stand now, and whose turn it is to be given people: a simulation goes on from there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.core.database import db
from loumass.funnels.graph import Graph, settings_of
from loumass.funnels.kinds.assign import AssignStep
from loumass.funnels.kinds.split import SplitConfig
from loumass.funnels.kinds.split_trial import counted
from loumass.funnels.models import NodeTurn, SplitTrial
from loumass.funnels.simulating.trying import Before


def trials_in(graph: Graph) -> dict[UUID, Before]:
    """By node id, of each split that looks for the better way and that somebody came to. Two statements, and one for each."""
    configs = {node: settings_of(node) for node in graph.nodes if node.kind == "split"}
    splits = {
        node.id: (node, config)
        for node, config in configs.items()
        if isinstance(config, SplitConfig) and config.winner != "none"
    }
    if not splits:
        return {}
    rows = db().scalars(select(SplitTrial).where(SplitTrial.node_id.in_(splits)))
    return {
        row.node_id: Before(row.taken, row.full_at, row.winner, counted(*splits[row.node_id])) for row in rows
    }


def turns_in(graph: Graph) -> dict[UUID, int]:
    """By node id, how many turns each step has given out that gives people out in turn. One statement, if there is any."""
    steps = [node.id for node in graph.nodes if node.kind == AssignStep.name]
    rows = db().scalars(select(NodeTurn).where(NodeTurn.node_id.in_(steps))) if steps else ()
    return {row.node_id: row.taken for row in rows}
