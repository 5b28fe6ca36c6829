"""A mailbox was connected: the domain that it writes from is looked up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from loumass.core import clock
from loumass.core.jobs import wake_all
from loumass.deliverability import domains, jobs
from loumass.events.models import Event

#: Whoever connects a mailbox often corrects it at once.
_SOON = timedelta(minutes=1)


def on_channel_connected(_: Sequence[Event]) -> None:
    """Domains that were not known are looked up within a minute."""
    found = domains.register()
    wake_all([jobs.check.wake(clock.now() + _SOON, str(domain_id)) for domain_id in found])
