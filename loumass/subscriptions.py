"""Who listens to what: event kind -> listeners. The one place where news finds its readers."""

from __future__ import annotations

from collections.abc import Sequence

import loumass.analytics.listeners
import loumass.campaigns.listeners as campaigns
import loumass.campaigns.parking
import loumass.campaigns.people_listeners
import loumass.deliverability.listeners
import loumass.messages.outbox_listeners
import loumass.messages.receiving_listeners
import loumass.outgoing.resending
import loumass.webhooks.listeners
from loumass.events.service import Listener

_counted = loumass.analytics.listeners.on_counted

SUBSCRIPTIONS: dict[str, Sequence[Listener]] = {
    "call.ended": [campaigns.on_call_ended],
    "campaign.resumed": [loumass.outgoing.resending.on_campaign_resumed],
    "channel.connected": [
        loumass.webhooks.listeners.on_channel_connected,
        loumass.deliverability.listeners.on_channel_connected,
    ],
    "channel.removed": [loumass.messages.outbox_listeners.on_channel_removed],
    "channel.resumed": [loumass.messages.outbox_listeners.on_channel_resumed],
    "contact.archived": [loumass.campaigns.people_listeners.on_contact_archived],
    "contact.away": [loumass.campaigns.parking.on_away],
    "contact.complained": [campaigns.on_opted_out],
    "contact.created": [loumass.messages.receiving_listeners.on_contact_created],
    "contact.opt_out_decided": [loumass.campaigns.parking.on_opt_out_decided],
    "contact.opt_out_proposed": [loumass.campaigns.parking.on_opt_out_proposed],
    "contact.resubscribed": [loumass.messages.outbox_listeners.on_resubscribed],
    "contact.unsubscribed": [_counted, campaigns.on_opted_out],
    "domain.released": [loumass.messages.outbox_listeners.on_domain_released],
    "enrollment.started": [_counted],
    "import.finished": [loumass.messages.receiving_listeners.on_import_finished],
    "message.bounced": [_counted, campaigns.on_bounced],
    "message.cancelled": [campaigns.on_outcome],
    "message.clicked": [_counted, campaigns.on_clicked],
    "message.failed": [_counted, campaigns.on_outcome],
    "message.in_doubt": [campaigns.on_outcome],
    "message.opened": [_counted, campaigns.on_opened],
    "message.received": [_counted],
    "message.replied": [_counted, campaigns.on_replied],
    "message.sent": [_counted, campaigns.on_outcome, loumass.webhooks.listeners.on_sent],
    "task.done": [campaigns.on_task_closed],
    "task.skipped": [campaigns.on_task_closed],
    "voices.connected": [loumass.messages.outbox_listeners.on_voices_connected],
}
