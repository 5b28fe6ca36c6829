"""What every process does first: web, worker, clock, commands."""

from __future__ import annotations

from pathlib import Path

from redis import Redis

import loumass.schedule  # noqa: F401  importing it makes every job known
from loumass.accounts import founding, mail, vendor_signing
from loumass.accounts.handing_down import DAYS_OFF, HOURS
from loumass.campaigns.offering import campaigns as campaigns_to_choose
from loumass.campaigns.resting import decide_waits_anew
from loumass.channels import connecting, past_due, signing_in, waiting
from loumass.config import Settings
from loumass.contacts import segments
from loumass.contacts.rules import registry
from loumass.core import (
    database,
    jobs,
    keyvalue,
    links,
    live,
    logs,
    metering,
    metrics,
    network,
    outages,
    resolving,
    secrets,
    shelf,
    storage,
    told,
)
from loumass.deliverability import bulk
from loumass.events.service import subscribe
from loumass.funnels import choices
from loumass.funnels.seeds import add_examples
from loumass.messages.channel_past_due import count_past_due, settle_past_due
from loumass.messages.channel_queues import count_queues
from loumass.messages.outbox_hours import look_at_hours_again
from loumass.rules import PREDICATES, REFERENCES, SEGMENT_USERS, WALKS
from loumass.subscriptions import SUBSCRIPTIONS


def prepare(settings: Settings) -> Redis:
    """Take `settings` for this process; returns its Redis client. Connects to nothing yet."""
    logs.configure(settings)
    if settings.metrics_folder:
        Path(settings.metrics_folder).mkdir(parents=True, exist_ok=True)
    metrics.begin()
    _report_errors(settings)
    secrets.use(settings)
    mail.use(settings)
    links.use(settings.public_url)
    network.allow(settings.allowed_private_hosts)
    resolving.use(settings.dns_servers)
    connecting.use(settings)
    signing_in.use(settings)
    vendor_signing.use(settings)
    waiting.use(count_queues)
    past_due.use(count_past_due, settle_past_due)
    bulk.use(settings.bulk_recipients)
    HOURS.use((look_at_hours_again,))
    DAYS_OFF.use((look_at_hours_again, decide_waits_anew))
    storage.use(settings.storage_url)
    database.use(database.connect(settings.database_url))
    redis = keyvalue.connect(settings.redis_url)
    outages.use(redis)
    outages.watch(database.engine())
    jobs.use(jobs.RedisBell(redis))
    live.use(redis)
    metering.use(redis)
    told.use(redis)
    shelf.use(redis)
    subscribe(SUBSCRIPTIONS)
    registry.use(PREDICATES, REFERENCES, WALKS)
    segments.use(SEGMENT_USERS)
    choices.offer("campaigns", campaigns_to_choose)
    founding.use((lambda founder_id: add_examples(author_id=founder_id),))
    return redis


def _report_errors(settings: Settings) -> None:
    if settings.sentry_dsn:
        import sentry_sdk

        # Neither forms nor variables leave the house: they hold passwords and opened secrets (law 8).
        sentry_sdk.init(
            dsn=settings.sentry_dsn,
            environment=settings.environment,
            send_default_pii=False,
            include_local_variables=False,
            max_request_body_size="never",
        )
