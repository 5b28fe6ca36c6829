"""What workers do for contents."""

from __future__ import annotations

from uuid import UUID

from loumass.content import link_checking, unsaved
from loumass.core import clock
from loumass.core.jobs import job
from loumass.core.tenancy import transaction

FORGOTTEN_AT_ONCE = 500


@job("bulk")
def check_links(place_id: str) -> bool:
    """Look at some links of a place, each answer written down as it comes; True while there are more."""
    place = UUID(place_id)
    with transaction():
        links = link_checking.waiting(place)
    for number, href in links:
        found = link_checking.look(href)
        with transaction():
            link_checking.note(place, number, href, found)
    return len(links) == link_checking.SLICE


@job("bulk")
def forget_unsaved() -> bool:
    """Words that nobody came back to; True while there are more."""
    now = clock.now()
    with transaction():
        many = unsaved.forget_old(
            now - unsaved.KEPT_FOR, now - unsaved.CHECKS_KEPT_FOR, most=FORGOTTEN_AT_ONCE
        )
    return many == FORGOTTEN_AT_ONCE
