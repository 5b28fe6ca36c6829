"""Calls sent again: by hand, and when a paused campaign goes on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from loumass.accounts.service import audit
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id, get_or_404
from loumass.events.models import Event
from loumass.events.service import hears
from loumass.outgoing.models import ENDED, WebhookCall
from loumass.outgoing.planning import DELIVER, PATIENCE, TRIES

_GO_ON = text("""
    UPDATE webhook_call SET due_at = CAST(:now AS timestamptz), give_up_at = :give_up_at, waiting_for = NULL
    WHERE organization_id = :organization_id AND stream_id = ANY(CAST(:streams AS uuid[]))
      AND waiting_for IS NOT NULL AND state = 'queued'
    RETURNING host
""")


def resend(call_id: UUID) -> WebhookCall:
    """Call once more, with the same Webhook-Id and body and as many tries as at first. The enrollment is not moved again.

    Raises NotFound; Conflict while it is on its way, and when what it said was forgotten.
    """
    call = get_or_404(WebhookCall, call_id, lock=True)
    if call.state not in ENDED:
        raise Conflict("This call is on its way already. Nothing was changed.")
    if not call.body:
        raise Conflict("What it said was forgotten: that is kept for 30 days. Nothing was sent.")
    now = clock.now()
    call.state, call.due_at, call.tries_left = "queued", now, TRIES
    call.ended_at, call.give_up_at, call.problem = None, now + PATIENCE, ""
    wake_all([Wake(DELIVER, (call.host,), now)])
    audit("webhook.resent", "webhook_call", call.id)
    return call


@hears("campaign_id")
def on_campaign_resumed(events: Sequence[Event]) -> None:
    """campaign.resumed: what its pause held back goes now, with a day of patience from here."""
    now = clock.now()
    streams = sorted({event.campaign_id for event in events if event.campaign_id})
    bound = {"organization_id": current_organization_id(), "streams": streams, "now": now}
    hosts = set(db().scalars(_GO_ON, {**bound, "give_up_at": now + PATIENCE}))
    wake_all([Wake(DELIVER, (host,), now) for host in sorted(hosts)])
