"""A change of many people that is being applied to a campaign: how far it is, and what has to wait for it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from loumass.campaigns.models import Campaign, CampaignChange
from loumass.core.database import db
from loumass.core.errors import Conflict


@dataclass(frozen=True, slots=True)
class Progress:
    """`done` of `whole` people were carried over by the change."""

    change: CampaignChange
    done: int
    whole: int

    @property
    def sentence(self) -> str:
        """How far it is."""
        verb = "taken back" if self.change.undoes is not None else "applied"
        return f"The change is being {verb}: {self.done:,} of {self.whole:,} people"


def change_under_way(campaign: Campaign) -> CampaignChange | None:
    """The change that is being applied; None for nearly every campaign, without a look."""
    if campaign.changing_since is None:
        return None
    is_at_work = CampaignChange.work.is_not(None)
    return db().scalar(select(CampaignChange).where(CampaignChange.campaign_id == campaign.id, is_at_work))


def progress_of(campaign: Campaign) -> Progress | None:
    """How far the change that is being applied has come."""
    change = change_under_way(campaign)
    if change is None or change.work is None:
        return None
    whole, pieces = change.work["people"], max(1, change.work["pieces"])
    return Progress(change, whole * min(change.work["done"], pieces) // pieces, whole)


def refuse_while_changing(campaign: Campaign) -> None:
    """Raises Conflict while a change is being applied."""
    progress = progress_of(campaign)
    if progress is not None:
        raise Conflict(
            f"{progress.sentence}. Until then {campaign.name} cannot be changed. Nothing was changed. "
            "You can pause it, or wait a moment and try again."
        )
