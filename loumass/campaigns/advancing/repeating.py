"""Who skips a step once, since they had it before the campaign was changed so that they come to it again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.decisions import Go
from loumass.funnels.node import Node
from loumass.funnels.walking.verdict import Leave, Verdict
from loumass.funnels.walking.walker import Walker

if TYPE_CHECKING:
    from loumass.campaigns.advancing.ground import CampaignGround

HAD_IT = "had it before"
# Once: whoever came by since then, and skipped it, gets it on the next round of a loop.
_HAD_IT = text("""
    SELECT walker.id FROM unnest(CAST(:enrollments AS uuid[]), CAST(:steps AS uuid[])) AS walker(id, step_id)
    WHERE EXISTS (
        SELECT FROM message m WHERE m.organization_id = :organization_id AND m.enrollment_id = walker.id
          AND m.node_id = ANY(CAST(:nodes AS uuid[])) AND m.created_at < :before
          AND m.state IN ('queued', 'sending', 'sent', 'in_doubt'))
      AND NOT EXISTS (
        SELECT FROM step WHERE step.organization_id = :organization_id AND step.enrollment_id = walker.id
          AND step.node_id = ANY(CAST(:nodes AS uuid[])) AND step.entered_at >= :before
          AND step.id IS DISTINCT FROM walker.step_id)
""")


def without_repeats(
    ground: CampaignGround, node: Node, walkers: Sequence[Walker], verdict: Verdict
) -> Sequence[Walker]:
    """Those who get the step; the others leave by its next way. Costs nothing where no change said so."""
    before = ground.campaign.skips.get(str(node.id))
    if before is None:
        return walkers
    bound = ground.bound(
        enrollments=uuid_array(one.id for one in walkers),
        steps=uuid_array(one.step_id for one in walkers),
        nodes=uuid_array(ground.steps_called(node.key)),
        before=datetime.fromisoformat(before),
    )
    had_it = frozenset(db().scalars(_HAD_IT, bound))
    verdict.leave |= dict.fromkeys(had_it, Leave(Go(), HAD_IT))
    return [one for one in walkers if one.id not in had_it]
