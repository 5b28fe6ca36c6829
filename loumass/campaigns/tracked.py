"""What of a step's e-mails is tracked: as the step says, else the campaign, else the organization."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from loumass.accounts.models import Organization
from loumass.campaigns.models import Campaign
from loumass.funnels.kinds.email_send import EmailSend
from loumass.messages.tracking import tracked


def step_tracks(
    campaign: Campaign, organization: Organization, kind: str, config: Mapping[str, Any]
) -> int | None:
    """What stands in `message.tracked` of a step of `kind` with the settings `config`; None for nothing."""
    if kind != EmailSend.name:
        return None
    opens = organization.is_open_tracked if campaign.is_open_tracked is None else campaign.is_open_tracked
    clicks = organization.is_click_tracked if campaign.is_click_tracked is None else campaign.is_click_tracked
    return tracked(
        opens=_says(config.get("opens"), opens),
        clicks=_says(config.get("clicks"), clicks),
    )


def _says(step: object, otherwise: bool) -> bool:
    return step == "on" if step in ("on", "off") else otherwise
