"""News of what a step changed about people: campaigns that begin by it, and goals elsewhere that ask for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from loumass.contacts.telling import CHANGED
from loumass.events.service import Hearers, publish_all
from loumass.funnels.node import Node
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.walker import Walker


def tell_changed(
    ground: Ground,
    node: Node,
    walkers: Sequence[Walker],
    changed: Mapping[UUID, Collection[str]],
    hearers: Hearers,
) -> None:
    """Tell which fields of which contacts say something else. The enrollment is told as well, so that no circle is endless."""
    of_step = {"campaign_id": ground.campaign_id, "node_id": node.id}
    told = [
        of_step
        | {
            "contact_id": one.contact_id,
            "enrollment_id": one.id,
            "facts": {"fields": sorted(changed[one.contact_id])},
        }
        for one in walkers
        if changed.get(one.contact_id)
    ]
    publish_all(CHANGED, told, hearers)
