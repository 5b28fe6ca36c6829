"""Messages planned for many at once: their conversations, their frozen words and who they go to.

A step plans at most one message (`uq_message_step`): planning it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.channels.models import Channel
from loumass.content.composing import Draft, names_used
from loumass.content.freezing import frozen_contact
from loumass.content.marking import names_in
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import boolean_array, uuid_array
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.plans import looked_up_in_order
from loumass.core.tenancy import current_organization_id
from loumass.messages.models import PRIORITY_CAMPAIGN
from loumass.messages.planning_conversations import Opened, Recipient, conversations_for
from loumass.messages.rendering import domain_of

DELIVER = "messages.deliver"


@dataclass(frozen=True, slots=True)
class Plan:
    """One content to be sent by one channel. `values` are the frozen merge values that all share.

    With `is_in_thread` every e-mail of an enrollment goes into one conversation and answers the one before.
    """

    channel: Channel
    stream_id: UUID
    node_id: UUID
    content_version_id: UUID
    names: Collection[str]
    values: Mapping[str, str | None]
    is_in_thread: bool = True
    #: Voicemail: the recording, or whether a voice is yet to speak.
    sound_id: UUID | None = None
    is_synthetic: bool = False
    #: What of it is tracked (`tracking.py`).
    tracked: int | None = None


@lru_cache(512)
def names_of(medium: str, draft: Draft) -> frozenset[str]:
    """The merge tags that `draft` needs values for. Raises MergeTagsRefused."""
    return names_used(draft, footer=True) if medium == "email" else names_in(draft.text)


_ADDRESS = {
    "email": ("contact.email", "contact.email_hash"),
    "sms": ("contact.phone", "contact.phone_hash"),
    "voicemail": ("contact.phone", "contact.phone_hash"),
}
# A follow-up answers what was said last in its conversation, by us or by them.
_PLAN = """
    INSERT INTO message (organization_id, id, rfc_message_id, conversation_id, contact_id, channel_id, stream_id, enrollment_id, step_id,
        node_id, direction, medium, state, priority, due_at, to_address, to_hash, from_address, from_name,
        content_version_id, merge_values, sound_id, is_synthetic, tracked, in_reply_to, reference_ids, occurred_at, created_at)
    SELECT :organization_id, asked.id, asked.id || '@' || CAST(:domain AS text), asked.conversation_id, contact.id, :channel_id, :stream_id, asked.enrollment_id, asked.step_id,
        :node_id, 'out', :medium, 'queued', :priority, :now, {address}, {address_hash}, :from_address, :from_name,
        :content_version_id, CAST(:values AS jsonb) || {frozen}, :sound_id, :is_synthetic, CAST(:tracked AS integer), said.rfc_message_id,
        CASE WHEN said.rfc_message_id IS NULL THEN '[]' ELSE said.reference_ids || jsonb_build_array(said.rfc_message_id) END,
        :now, :now
    FROM (
        SELECT uuidv7() AS id, given.*
        FROM unnest(CAST(:steps AS uuid[]), CAST(:enrollments AS uuid[]), CAST(:contacts AS uuid[]),
                    CAST(:conversations AS uuid[]), CAST(:are_new AS boolean[]))
            AS given(step_id, enrollment_id, contact_id, conversation_id, is_new) OFFSET 0
    ) asked
    CROSS JOIN LATERAL (
        SELECT * FROM contact WHERE contact.organization_id = :organization_id AND contact.id = asked.contact_id OFFSET 0) contact
    LEFT JOIN LATERAL (
        SELECT m.rfc_message_id, m.reference_ids FROM message m
        WHERE NOT asked.is_new AND m.organization_id = :organization_id AND m.conversation_id = asked.conversation_id
          AND m.medium = 'email' AND m.rfc_message_id IS NOT NULL AND m.state IN ('sent', 'received')
        ORDER BY m.occurred_at DESC, m.id DESC LIMIT 1
    ) said ON true
    WHERE {address} IS NOT NULL
    ORDER BY asked.step_id
    ON CONFLICT (organization_id, step_id) WHERE step_id IS NOT NULL DO NOTHING
    RETURNING step_id
"""


def plan_messages(plan: Plan, recipients: Sequence[Recipient]) -> frozenset[UUID]:
    """Queue the message for everybody who has an address on the medium; returns the steps that planned one.

    A fixed number of statements, and the delivery of the channel is woken. Who has no address is left out.
    """
    opened = conversations_for(plan.channel, plan.stream_id, recipients, is_in_thread=plan.is_in_thread)
    going = [one for one in recipients if one.step_id in opened]
    if not going:
        return frozenset()
    frozen = frozen_contact(plan.names)
    address, address_hash = _ADDRESS[plan.channel.medium]
    statement = text(_PLAN.format(address=address, address_hash=address_hash, frozen=frozen.sql))
    with looked_up_in_order():
        planned = frozenset(
            db().scalars(statement, {**_parameters(plan, going, opened), **frozen.parameters})
        )
    if planned:
        wake_all([Wake(DELIVER, (str(plan.channel.id),), clock.now())])
    return planned


def _parameters(plan: Plan, going: Sequence[Recipient], opened: Mapping[UUID, Opened]) -> dict[str, Any]:
    threads = [opened[one.step_id] for one in going]
    return {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "steps": uuid_array(one.step_id for one in going),
        "enrollments": uuid_array(one.enrollment_id for one in going),
        "contacts": uuid_array(one.contact_id for one in going),
        "conversations": uuid_array(one.conversation_id for one in threads),
        "are_new": boolean_array(one.is_new for one in threads),
        "channel_id": plan.channel.id,
        "medium": plan.channel.medium,
        "domain": domain_of(plan.channel.address) if plan.channel.medium == "email" else None,
        "stream_id": plan.stream_id,
        "node_id": plan.node_id,
        "priority": PRIORITY_CAMPAIGN,
        "from_address": plan.channel.address,
        "from_name": plan.channel.sender_name,
        "content_version_id": plan.content_version_id,
        "sound_id": plan.sound_id,
        "is_synthetic": plan.is_synthetic,
        "tracked": plan.tracked,
        "values": json.dumps({name: value for name, value in plan.values.items() if name in plan.names}),
    }
