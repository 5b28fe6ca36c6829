"""Who listens to what: event kind -> listeners. The one place where news finds its readers."""

from __future__ import annotations

from collections.abc import Sequence

import loumass.analytics.listeners as figures
import loumass.campaigns.forwarding
import loumass.campaigns.goal_news as goals
import loumass.campaigns.leaving
import loumass.campaigns.listeners as campaigns
import loumass.campaigns.parking
import loumass.campaigns.people_listeners
import loumass.campaigns.reply_statuses
import loumass.campaigns.triggers.listeners as triggers
import loumass.deliverability.listeners
import loumass.inbox.desk.good_news
import loumass.inbox.desk.teams
import loumass.messages.outbox_listeners
import loumass.messages.receiving_listeners
import loumass.outgoing.listeners
import loumass.outgoing.resending
import loumass.webhooks.listeners
from loumass.events.service import Listener
from loumass.outgoing.endpoints import EVENTS
from loumass.outgoing.telling import tells

_counted = figures.on_counted

_INSIDE: dict[str, Sequence[Listener]] = {
    "call.ended": [campaigns.on_call_ended],
    "campaign.resumed": [loumass.outgoing.resending.on_campaign_resumed],
    "channel.connected": [
        loumass.webhooks.listeners.on_channel_connected,
        loumass.deliverability.listeners.on_channel_connected,
    ],
    "channel.removed": [loumass.messages.outbox_listeners.on_channel_removed],
    "channel.resumed": [loumass.messages.outbox_listeners.on_channel_resumed],
    "contact.archived": [
        loumass.campaigns.people_listeners.on_contact_archived,
        loumass.outgoing.listeners.on_contact_archived,
    ],
    "contact.changed": [triggers.on_contact_changed, goals.on_goal_changed],
    "contact.away": [loumass.campaigns.parking.on_away],
    "contact.complained": [_counted, campaigns.on_opted_out],
    "contact.created": [loumass.messages.receiving_listeners.on_contact_created],
    "contact.merged": [_counted, figures.on_merged],
    "contact.opt_out_decided": [loumass.campaigns.parking.on_opt_out_decided],
    "contact.opt_out_proposed": [loumass.campaigns.parking.on_opt_out_proposed],
    "contact.resubscribed": [loumass.messages.outbox_listeners.on_resubscribed],
    "contact.tagged": [triggers.on_tagged, goals.on_goal_tagged],
    "contact.unsubscribed": [_counted, campaigns.on_opted_out, goals.on_goal_elsewhere],
    "domain.released": [loumass.messages.outbox_listeners.on_domain_released],
    "enrollment.ended": [_counted, triggers.on_left, goals.on_goal_elsewhere],
    "enrollment.forwarded": [loumass.campaigns.forwarding.on_forwarded],
    "enrollment.reached_goal": [_counted, figures.on_goal_reached],
    "enrollment.started": [_counted],
    "enrollment.status_changed": [
        loumass.campaigns.leaving.on_status_changed,
        triggers.on_status_reached,
        goals.on_goal_elsewhere,
    ],
    "import.finished": [loumass.messages.receiving_listeners.on_import_finished],
    "message.auto_replied": [_counted],
    "message.bounced": [_counted, campaigns.on_bounced],
    "message.cancelled": [campaigns.on_outcome],
    "message.classified": [
        _counted,
        loumass.campaigns.reply_statuses.on_classified,
        loumass.inbox.desk.good_news.on_classified_well,
    ],
    "message.clicked": [_counted, campaigns.on_clicked, triggers.on_link_clicked, goals.on_goal_elsewhere],
    "message.failed": [_counted, campaigns.on_outcome],
    "message.fetched": [_counted],
    "message.in_doubt": [campaigns.on_outcome],
    "message.opened": [_counted, campaigns.on_opened, triggers.on_message_opened, goals.on_goal_elsewhere],
    "message.received": [
        _counted,
        triggers.on_written,
        goals.on_goal_elsewhere,
        loumass.inbox.desk.teams.on_received,
    ],
    "message.replied": [_counted, campaigns.on_replied, loumass.campaigns.leaving.on_colleague_replied],
    "message.sent": [_counted, campaigns.on_outcome, loumass.webhooks.listeners.on_sent],
    "task.done": [_counted, campaigns.on_task_closed],
    "task.skipped": [_counted, campaigns.on_task_closed],
    "voices.connected": [loumass.messages.outbox_listeners.on_voices_connected],
}

#: Addresses of other systems hear of what they may be told, after everybody inside.
SUBSCRIPTIONS: dict[str, Sequence[Listener]] = {
    kind: [*_INSIDE.get(kind, ()), *([tells(kind)] if kind in EVENTS else ())] for kind in {*_INSIDE, *EVENTS}
}
