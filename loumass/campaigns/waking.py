"""Wishes for the engine and for delivery, written with the work that makes them due."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from loumass.core import clock, live
from loumass.core.agenda import Wake
from loumass.core.jobs import wake_all

ADVANCE = "campaigns.advance"


def wake_engine(campaign_ids: Iterable[UUID], at: datetime | None = None) -> None:
    """Let the engine look at the campaigns once the transaction has committed (or at `at`)."""
    moment = at or clock.now()
    wake_all([Wake(ADVANCE, (str(campaign_id),), moment) for campaign_id in sorted(set(campaign_ids))])


def announce(campaign_ids: Iterable[UUID]) -> None:
    """Open pages of the campaigns, and of their list, refresh what changed."""
    changed = set(campaign_ids)
    for campaign_id in changed:
        live.announce(f"campaign:{campaign_id}")
    if changed:
        live.announce("campaigns")
