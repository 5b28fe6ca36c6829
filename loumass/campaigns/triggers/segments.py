"""Who is in a segment now and was not at the last look comes in. Who left it and comes back, comes in anew.

A segment is asked of everybody, 50,000 people at a time, at most every quarter of an hour and never for more than a twentieth
of the time: no piece of news makes anybody look.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Uuid, delete, exists, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from loumass.campaigns.trigger_models import SegmentSeen, Trigger
from loumass.campaigns.triggers.entering import Named, enter_these
from loumass.campaigns.triggers.kinds.segment_entered import SegmentEnteredConfig
from loumass.contacts.models import Contact
from loumass.contacts.rules.compiling import condition_of
from loumass.contacts.rules.reading import read
from loumass.contacts.segment_models import Segment
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id, get

SLICE = 50_000
LOOK_EVERY = timedelta(minutes=15)
#: After a look that took so long, nobody looks for that many times as long.
REST = 19


def look_at_members(trigger: Trigger, began: datetime, after: UUID) -> UUID | None:
    """Compare a slice of everybody with the last look; returns where to go on, None at the end.

    Raises RuleRefused for a segment that cannot be asked any more.
    """
    config = SegmentEnteredConfig.model_validate(trigger.config)
    segment = get(Segment, UUID(config.segment))
    if segment is None or segment.archived_at is not None:
        return None
    last = db().scalar(
        select(Contact.id)
        .where(Contact.archived_at.is_(None), Contact.id > after)
        .order_by(Contact.id)
        .offset(SLICE - 1)
        .limit(1)
    )
    organization_id = current_organization_id()
    window = [Contact.id > after] + ([Contact.id <= last] if last is not None else [])
    is_member = condition_of(read(segment.rule))
    new = (
        db()
        .scalars(
            upsert(SegmentSeen)
            .from_select(
                ["organization_id", "trigger_id", "contact_id"],
                select(literal(organization_id, Uuid()), literal(trigger.id, Uuid()), Contact.id).where(
                    Contact.organization_id == organization_id,
                    Contact.archived_at.is_(None),
                    is_member,
                    *window,
                ),
            )
            .on_conflict_do_nothing(index_elements=["organization_id", "trigger_id", "contact_id"])
            .returning(SegmentSeen.contact_id)
        )
        .all()
    )
    seen = [SegmentSeen.contact_id > after] + ([SegmentSeen.contact_id <= last] if last is not None else [])
    still = exists(
        select(Contact.id).where(
            Contact.organization_id == organization_id,
            Contact.id == SegmentSeen.contact_id,
            Contact.archived_at.is_(None),
            is_member,
        )
    )
    db().execute(
        delete(SegmentSeen)
        .where(
            SegmentSeen.organization_id == organization_id,
            SegmentSeen.trigger_id == trigger.id,
            *seen,
            ~still,
        )
        .execution_options(synchronize_session=False)
    )
    if trigger.looked_at is not None or config.also == "now":
        enter_these([Named(trigger.id, one, f"{one}/{began.isoformat()}") for one in new])
    return last
