"""What runs by the clock. Jobs run once per organization and interval; sweeps repair the agenda from the truth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import loumass.accounts.jobs
import loumass.campaigns.jobs
import loumass.channels.jobs
import loumass.channels.tracking_domains
import loumass.contacts.jobs
import loumass.content.jobs
import loumass.deliverability.jobs
import loumass.events.jobs
import loumass.inbox.jobs
import loumass.media.jobs
import loumass.messages.hits_classing
import loumass.messages.jobs
import loumass.outgoing.jobs
import loumass.webhooks.asking
import loumass.webhooks.jobs
import loumass.webhooks.watching
from loumass.accounts import mail
from loumass.core import plans
from loumass.core.agenda import Wake
from loumass.core.jobs import Job, job, wake_all
from loumass.core.tenancy import transaction

#: Each returns what is due in the current organization, computed from the rows themselves.
SWEEPS: tuple[Callable[[], list[Wake]], ...] = (
    loumass.events.jobs.sweep,
    loumass.contacts.jobs.sweep,
    loumass.messages.jobs.sweep,
    loumass.inbox.jobs.sweep,
    loumass.webhooks.jobs.sweep,
    loumass.webhooks.watching.sweep,
    loumass.webhooks.asking.sweep,
    loumass.channels.tracking_domains.sweep,
    loumass.messages.hits_classing.sweep,
    loumass.campaigns.jobs.sweep,
    loumass.outgoing.jobs.sweep,
)


@job("bulk")
def sweep() -> None:
    """Put everything that is due on the agenda again: what a crash or an emptied Redis left."""
    for find in SWEEPS:
        with transaction():
            wake_all(find())


@dataclass(frozen=True, slots=True)
class Periodic:
    """A job that every organization gets rung once per interval."""

    job: Job
    every: timedelta


PERIODIC: tuple[Periodic, ...] = (
    Periodic(sweep, timedelta(minutes=1)),
    Periodic(loumass.accounts.jobs.fill_days_off, timedelta(days=1)),
    Periodic(loumass.contacts.jobs.forget_files, timedelta(days=1)),
    Periodic(loumass.messages.jobs.forget_words, timedelta(days=1)),
    Periodic(loumass.content.jobs.forget_unsaved, timedelta(days=1)),
    Periodic(loumass.media.jobs.forget, timedelta(days=1)),
    Periodic(loumass.outgoing.jobs.forget, timedelta(days=1)),
    Periodic(loumass.campaigns.jobs.repair, timedelta(minutes=10)),
    Periodic(loumass.campaigns.jobs.forget_calls, timedelta(days=1)),
    Periodic(loumass.deliverability.jobs.check_all, timedelta(days=1)),
    Periodic(loumass.deliverability.jobs.ease, timedelta(hours=1)),
)

#: What runs once per interval for the whole installation, inside the clock process: short SQL only.
INSTALLATION: tuple[tuple[str, Callable[[], None], timedelta], ...] = (
    ("events.prepare_months", loumass.events.jobs.prepare_months, timedelta(days=1)),
    ("hits.prepare_months", loumass.messages.hits_classing.prepare_months, timedelta(days=1)),
    ("figures of the planner", plans.refresh_beside, timedelta(seconds=5)),
    ("system mail", mail.ring_if_due, timedelta(minutes=1)),
    ("system mail forgotten", mail.forget_old, timedelta(days=1)),
)
