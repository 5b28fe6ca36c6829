"""What is wrong with the funnel itself: its steps, its words, its need for an event."""

from __future__ import annotations

from collections.abc import Iterator

from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import Finding
from loumass.funnels.service import problems_of


def steps(campaign: Campaign) -> Iterator[Finding]:
    """Every problem of the funnel, each with a link to its step."""
    for problem in problems_of(campaign.graph_id, has_event=campaign.event_at is not None):
        yield Finding(
            code=problem.code,
            severity="error" if problem.severity == "error" else "warning",
            sentence=problem.sentence,
            remedy=problem.remedy,
            link=_link(campaign, problem.code, problem.node_id),
        )


def _link(campaign: Campaign, code: str, node_id: object) -> tuple[str, str, dict[str, object]]:
    if code == "no_event":
        return "Give it a date", "campaigns.settings", {"id": campaign.id}
    if node_id is None:
        return "Open the funnel", "graphs.show", {"graph_id": campaign.graph_id}
    return "Open the step", "graphs.step", {"graph_id": campaign.graph_id, "node_id": node_id}
