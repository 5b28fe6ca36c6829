"""Everything that would stop a campaign, found before it starts; each with its remedy."""

from __future__ import annotations

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.pooling import senders_of
from loumass.campaigns.preflight.arithmetic import arithmetic
from loumass.campaigns.preflight.dates import dates
from loumass.campaigns.preflight.domains import domains
from loumass.campaigns.preflight.finding import Finding, media_in
from loumass.campaigns.preflight.quality import quality
from loumass.campaigns.preflight.reach import people, reach_of
from loumass.campaigns.preflight.senders import postal_address, senders
from loumass.campaigns.preflight.steps import steps
from loumass.campaigns.preflight.tracking import tracking
from loumass.campaigns.preflight.voicemail import voicemail
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.funnels.service import graph_of, written_in

__all__ = ["Finding", "errors_of", "findings_of", "media_in"]
_ORDER = {"error": 0, "warning": 1, "fact": 2}


def findings_of(campaign: Campaign) -> list[Finding]:
    """Everything found, what stops it first."""
    graph = graph_of(campaign.graph_id)
    organization = db().get_one(Organization, current_organization_id())
    channels = senders_of(campaign)
    reach = reach_of(campaign, graph)
    found = [
        *steps(campaign),
        *senders(campaign, graph, channels),
        *postal_address(graph, organization),
        *domains(campaign, graph, channels, reach, organization),
        *people(campaign, graph, reach),
        *quality(campaign, graph),
        *voicemail(campaign, graph, written_in(campaign.graph_id)),
        *dates(campaign, graph, organization),
        *tracking(campaign, graph, organization),
        *arithmetic(graph, channels, reach, organization),
    ]
    return sorted(found, key=lambda finding: _ORDER[finding.severity])


def errors_of(campaign: Campaign) -> list[Finding]:
    """What keeps it from starting."""
    return [finding for finding in findings_of(campaign) if finding.severity == "error"]
