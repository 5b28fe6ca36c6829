"""What the lists of people and of tasks share: what narrows them stands in their address, and campaigns to choose from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import select

from loumass.campaigns.models import Campaign
from loumass.core.database import db

_CAMPAIGNS_OFFERED = 100


def kept(names: Iterable[str], asked: Mapping[str, str]) -> dict[str, str]:
    """Those that the address `asked` for, for links that must not lose them."""
    return {name: asked[name] for name in names if asked.get(name)}


def campaigns_offered() -> list[tuple[str, str]]:
    """Those that ever began, the newest first: (id, name)."""
    rows = db().execute(
        select(Campaign.id, Campaign.name)
        .where(Campaign.state != "draft")
        .order_by(Campaign.created_at.desc(), Campaign.id)
        .limit(_CAMPAIGNS_OFFERED)
    )
    return [(str(row.id), row.name) for row in rows]
