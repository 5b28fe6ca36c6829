"""A positive answer: whoever looks after that person finds it in their list."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.events.models import Event
from loumass.events.service import hears
from loumass.inbox.desk import notifying
from loumass.messages.sorting.kinds import POSITIVE

# Who answers the conversation, else who owns the person, else the campaign. Each is told once of an answer.
_WHOSE = text("""
    SELECT told.message_id, told.conversation_id, told.by_id, coalesce(talk.assignee_id, who.owner_id, run.owner_id) AS user_id
    FROM unnest(CAST(:messages AS uuid[]), CAST(:talks AS uuid[]), CAST(:by AS uuid[])) AS told(message_id, conversation_id, by_id)
    JOIN conversation talk ON talk.organization_id = :organization_id AND talk.id = told.conversation_id
    JOIN sorted_reply said ON said.organization_id = :organization_id AND said.message_id = told.message_id AND said.kind = :positive
    JOIN message ON message.organization_id = :organization_id AND message.id = told.message_id
    LEFT JOIN contact who ON who.organization_id = :organization_id AND who.id = talk.contact_id
    LEFT JOIN campaign run ON run.organization_id = :organization_id AND run.id = coalesce(message.stream_id, talk.stream_id)
    WHERE NOT EXISTS (SELECT 1 FROM notification known WHERE known.organization_id = :organization_id
        AND known.conversation_id = told.conversation_id AND known.message_id = told.message_id AND known.kind = 'positive')
""")


@hears("message_id", "conversation_id", "user_id", "facts")
def on_classified_well(events: Sequence[Event]) -> None:
    """message.classified: of a positive answer its owner is told, unless they said themselves that it is one."""
    good = [event for event in events if event.facts.get("class") == POSITIVE and event.message_id]
    bound = {
        "organization_id": current_organization_id(),
        "positive": POSITIVE,
        "messages": uuid_array(event.message_id for event in good),
        "talks": uuid_array(event.conversation_id for event in good),
        "by": uuid_array(event.user_id for event in good),
    }
    if not good:
        return
    found = db().execute(_WHOSE, bound).all()
    notifying.write_down(
        "positive",
        [
            notifying.About(row.user_id, row.conversation_id, row.by_id, row.message_id)
            for row in found
            if row.user_id is not None
        ],
    )
