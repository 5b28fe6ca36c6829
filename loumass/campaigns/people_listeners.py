"""People who are gone leave their campaigns."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from loumass.campaigns.ending import end
from loumass.campaigns.models import Enrollment
from loumass.campaigns.waking import announce, wake_engine
from loumass.core.database import db
from loumass.events.models import Event


def on_contact_archived(events: Sequence[Event]) -> None:
    """contact.archived: whoever was deleted or erased leaves every campaign, and nothing queued for them goes out."""
    reasons = {event.contact_id: "erased" if event.facts.get("erased") else "deleted" for event in events}
    rows = db().execute(
        select(Enrollment.id, Enrollment.contact_id)
        .where(Enrollment.contact_id.in_([one for one in reasons if one]), Enrollment.state != "ended")
        .order_by(Enrollment.id)
    )
    gone = end({row.id: reasons[row.contact_id] for row in rows})
    wake_engine(row.campaign_id for row in gone)
    announce(row.campaign_id for row in gone)
