"""Whether the sender's domain is in order, and what Gmail and Yahoo ask of whoever writes to many."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.campaigns.preflight.finding import Finding, media_in
from loumass.campaigns.preflight.senders import Channels
from loumass.core import links
from loumass.deliverability import bulk
from loumass.deliverability.domains import domains_named, is_real
from loumass.deliverability.models import SendingDomain
from loumass.funnels.graph import Graph

#: What Gmail and Yahoo ask of everybody who writes to so many, and refuse without.
_ASKED = ("SPF", "DKIM", "DMARC")


def domains(
    campaign: Campaign, graph: Graph, channels: Channels, reach: Row[Any], organization: Organization
) -> Iterator[Finding]:
    """What DNS says against the sender; where many are written to, that keeps the campaign from starting."""
    if "email" not in media_in(graph):
        return
    people = max(reach.people - reach.email_missing - reach.email_suppressed, 0)
    for domain in domains_named([one.address for one in channels.get("email", ()) if is_real(one)]):
        broken = list(_broken(domain, organization))
        if broken and people >= bulk.recipients():
            yield _bulk(campaign, domain, broken)
        elif domain is not None:
            yield from _warnings(domain)


def _broken(domain: SendingDomain | None, organization: Organization) -> Iterator[str]:
    if domain is None or domain.checked_at is None:
        yield "the domain was never looked up"
    else:
        yield from (f"{one['name']} is not in order" for one in domain.checks if _is_asked(one))
    if not links.absolute().startswith("https://"):
        yield "one-click unsubscribing needs an https address of this installation"
    if not organization.postal_address.strip():
        yield "there is no postal address"


def _is_asked(check: dict[str, Any]) -> bool:
    return check["name"] in _ASKED and check["state"] == "bad"


def _bulk(campaign: Campaign, domain: SendingDomain | None, broken: list[str]) -> Finding:
    what = "; ".join(broken)
    if campaign.override_reason:
        sentence = f"It starts against the rules for bulk mail ({what}), because: {campaign.override_reason}"
        return Finding("bulk_overridden", "warning", sentence, link=_link(domain))
    sentence = f"It writes to {bulk.recipients():,} people or more, and Gmail and Yahoo refuse that as it stands: {what}."
    remedy = "Mend it first. An admin may let it start all the same, with a reason that is kept."
    return Finding("bulk", "error", sentence, remedy, _link(domain))


def _warnings(domain: SendingDomain) -> Iterator[Finding]:
    if domain.checked_at is None:
        sentence = f"Nobody has looked yet what DNS says of {domain.name}."
        yield Finding("domain_unknown", "warning", sentence, link=_link(domain))
    open_checks = [check for check in domain.checks if check["state"] == "bad"]
    if open_checks:
        names = ", ".join(check["name"] for check in open_checks)
        sentence = f"{domain.name} is not in order ({names}): some of it will land among spam. {open_checks[0]['sentence']}"
        yield Finding("domain", "warning", sentence, open_checks[0]["remedy"], _link(domain))


def _link(domain: SendingDomain | None) -> tuple[str, str, dict[str, Any]]:
    if domain is None:
        return "Open deliverability", "deliverability.index", {}
    return "Open the domain", "deliverability.domain", {"id": domain.id}
