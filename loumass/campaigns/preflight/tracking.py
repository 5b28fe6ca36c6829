"""A funnel that asks who opened or clicked, where nothing tells."""

from __future__ import annotations

from collections.abc import Iterator

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import Finding
from loumass.campaigns.tracked import step_tracks
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.condition_tests import TRACKED
from loumass.messages.tracking import CLICKS, OPENS


def tracking(campaign: Campaign, graph: Graph, organization: Organization) -> Iterator[Finding]:
    """A warning for each thing that is asked for and never told."""
    asked = {node.config.get("test", "replied") for node in graph.nodes if node.kind == "condition"}
    told = 0
    for node in graph.nodes:
        told |= step_tracks(campaign, organization, node.kind, node.config) or 0
    opens_asked, clicks_asked = asked & set(TRACKED[:2]), asked & set(TRACKED[2:])
    link = ("Open the settings", "campaigns.settings", {"id": campaign.id})
    if opens_asked and not told:
        yield Finding(
            "opens_untracked", "warning", "The funnel asks who opened an e-mail, but none of its e-mails is tracked.",
            "Everybody counts as not having opened. Switch tracking on, or take the question out.", link,
        )  # fmt: skip
    elif opens_asked and not told & OPENS:
        yield Finding(
            "opens_untracked", "warning", "The funnel asks who opened an e-mail, but only clicks are tracked.",
            "Who clicks counts as having opened, nobody else.", link,
        )  # fmt: skip
    if clicks_asked and not told & CLICKS:
        yield Finding(
            "clicks_untracked", "warning", "The funnel asks who clicked, but no link of it is tracked.",
            "Everybody counts as not having clicked. Switch tracking on, or take the question out.", link,
        )  # fmt: skip
