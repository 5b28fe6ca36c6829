"""What verifying found of the addresses that a campaign would write to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select

from loumass.campaigns.models import Campaign, Enrollment
from loumass.campaigns.preflight.finding import Finding, media_in
from loumass.contacts.verifying.asking import counts_of
from loumass.core.tenancy import current_organization_id
from loumass.core.words import plural
from loumass.funnels.graph import Graph

_WORDS = {
    "invalid": "{} invalid",
    "risky": "{} risky",
    "unknown": "{} could not be looked up",
    "never": "{} not verified",
    "valid": "{} valid",
}


def quality(campaign: Campaign, graph: Graph) -> Iterator[Finding]:
    """One line by status, and what becomes of the invalid ones."""
    counts = counts_of(people_of(campaign)) if "email" in media_in(graph) else {}
    if not counts:
        return
    ask: tuple[str, str, dict[str, Any]] = ("Verify now", "campaigns.ask_to_verify", {"id": campaign.id})
    told = ", ".join(words.format(f"{counts[one]:,}") for one, words in _WORDS.items() if counts.get(one))
    is_open = bool(counts.get("never") or counts.get("unknown"))
    total = plural(sum(counts.values()), "e-mail address", "e-mail addresses")
    yield Finding("verified", "fact", f"{total}: {told}.", link=ask if is_open else None)
    if invalid := counts.get("invalid", 0):
        yield _invalid(campaign, invalid)


def people_of(campaign: Campaign) -> Select[UUID]:
    """The contacts who walk it or will, as a select of ids."""
    return select(Enrollment.contact_id).where(
        Enrollment.organization_id == current_organization_id(),
        Enrollment.campaign_id == campaign.id,
        Enrollment.state != "ended",
    )


def _invalid(campaign: Campaign, number: int) -> Finding:
    who = plural(number, "address is", "addresses are")
    if campaign.skips_invalid:
        return Finding("invalid_skipped", "fact", f"{who} invalid: their e-mails are skipped.")
    link = ("Leave them out", "campaigns.settings", {"id": campaign.id, "_anchor": "skips_invalid"})
    sentence = f"{who} invalid: writing to them harms your standing with mail providers."
    return Finding("invalid_addresses", "warning", sentence, "Skip invalid e-mail addresses.", link)
