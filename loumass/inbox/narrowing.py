"""What the lists of people and of tasks share: what narrows them stands in their address, and campaigns to choose from."""

from __future__ import annotations

from collections.abc import Iterable

from flask import request
from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.core.database import db

_CAMPAIGNS_OFFERED = 100


def kept(names: Iterable[str]) -> dict[str, str]:
    """Those of this address, for links that must not lose them."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def campaigns_offered() -> list[tuple[str, str]]:
    """Those that ever began, the newest first: (id, name)."""
    rows = db().execute(
        select(Campaign.id, Campaign.name)
        .where(Campaign.state != "draft")
        .order_by(Campaign.created_at.desc(), Campaign.id)
        .limit(_CAMPAIGNS_OFFERED)
    )
    return [(str(row.id), row.name) for row in rows]
