"""What triggers that are on wait for: asked where news is written, so that nobody is told of what nobody waits for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import text

from loumass.campaigns.triggers.base import TriggerKind
from loumass.campaigns.triggers.registry import TRIGGERS
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.service import Wants

# A campaign that does not run takes nobody.
_ON = text("""
    SELECT t.id, t.kind, t.config, t.campaign_id FROM trigger t
    JOIN campaign c ON c.organization_id = :organization_id AND c.id = t.campaign_id AND c.state = 'running'
    WHERE t.organization_id = :organization_id AND t.kind = ANY(CAST(:kinds AS text[])) AND t.is_on
    ORDER BY t.id
""")


@dataclass(frozen=True, slots=True)
class Waiting:
    """A trigger that is on, of a campaign that runs, with its settings."""

    id: UUID
    campaign_id: UUID
    kind: TriggerKind[Any]
    config: Any


def kinds_hearing(news: str) -> list[TriggerKind[Any]]:
    """The kinds that listen to the news."""
    return [kind for kind in TRIGGERS.values() if news in kind.hears]


def waiting(kinds: Iterable[TriggerKind[Any]]) -> Sequence[Waiting]:
    """The triggers of these kinds that are on, in one statement. One whose settings no longer make sense lets nobody in."""
    names = {kind.name: kind for kind in kinds}
    rows = db().execute(_ON, {"organization_id": current_organization_id(), "kinds": sorted(names)})
    return [
        Waiting(row.id, row.campaign_id, names[row.kind], config)
        for row in rows
        if (config := _read(names[row.kind], row.config)) is not None
    ]


def wants_of(news: str) -> Wants:
    """For `only_where`: what of the news somebody waits for."""

    def wants() -> frozenset[str]:
        return frozenset(
            one for trigger in waiting(kinds_hearing(news)) for one in trigger.kind.wants(trigger.config)
        )

    return wants


def _read(kind: TriggerKind[Any], config: Any) -> Any:
    try:
        return kind.Config.model_validate(config)
    except ValidationError:
        return None
