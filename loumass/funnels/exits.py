"""When a person leaves a campaign before its end, wherever they stand."""

from typing import Literal
from uuid import UUID

from loumass.funnels.decisions import End
from loumass.funnels.graph import Graph

Happening = Literal["replied", "opted_out", "bounced"]


def exit_after(
    graph: Graph, node_id: UUID, happening: Happening, *, exits_on_reply: bool = True
) -> End | None:
    """End when ``happening`` takes a person who stands at ``node_id`` out of the campaign, else None.

    An opt-out and a permanent bounce always do. A reply does unless the campaign says otherwise or a
    condition on replies stands there or lies ahead.
    """
    if happening != "replied":
        return End(happening)
    if not exits_on_reply or graph.reply_branch_ahead(node_id):
        return None
    return End(happening)
