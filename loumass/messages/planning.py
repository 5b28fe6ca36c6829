"""Messages planned for many at once: their conversations, their frozen words and who they go to.

A step plans at most one message (`uq_message_step`): planning it again changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
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
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all
from loumass.messages.models import PRIORITY_CAMPAIGN

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


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who gets it, in which step of which enrollment."""

    step_id: UUID
    enrollment_id: UUID
    contact_id: UUID


@lru_cache(512)
def names_of(medium: str, draft: Draft) -> frozenset[str]:
    """The merge tags that `draft` needs values for. Raises MergeTagsRefused."""
    return names_used(draft, footer=True) if medium == "email" else names_in(draft.text)


_RECIPIENTS = """
    recipient AS MATERIALIZED (
        SELECT asked.step_id, asked.enrollment_id, contact.id AS contact_id, {counterpart} AS counterpart,
               {thread_key} AS thread_key
        FROM unnest(CAST(:steps AS uuid[]), CAST(:enrollments AS uuid[]), CAST(:contacts AS uuid[]))
            AS asked(step_id, enrollment_id, contact_id)
        JOIN contact ON contact.organization_id = :organization_id AND contact.id = asked.contact_id
        WHERE {counterpart} IS NOT NULL
    )
"""
_COUNTERPART = {"email": "contact.email_key", "sms": "contact.phone"}
_ADDRESS = {"email": ("contact.email", "contact.email_hash"), "sms": ("contact.phone", "contact.phone_hash")}
_OWN_NUMBER, _SHARED_NUMBER = "contact.phone", "contact.phone || '#' || contact.id"


def _is_new(key: str) -> str:
    """SQL, once per key, each looked up by it: `OFFSET 0` keeps the planner from comparing everybody with everybody, which
    seems cheap where the table grew since it was last looked at."""
    return f"""NOT EXISTS (
        SELECT 1 FROM conversation c WHERE c.organization_id = :organization_id AND c.channel_id = :channel_id
          AND c.thread_key = {key} AND (c.contact_id = r.contact_id OR c.contact_id IS NULL) OFFSET 0)"""


_OPEN = f"""
    WITH {{recipients}}
    INSERT INTO conversation (organization_id, contact_id, channel_id, medium, counterpart, thread_key, stream_id, created_at)
    SELECT :organization_id, r.contact_id, :channel_id, :medium, r.counterpart, r.thread_key, :stream_id, :now
    FROM recipient r
    WHERE {_is_new("r.thread_key")} AND {_is_new("r.counterpart")}
    ORDER BY r.thread_key
    ON CONFLICT (organization_id, channel_id, thread_key) DO NOTHING
"""
# A follow-up answers what was said last in its conversation, by us or by them.
_PLAN = """
    WITH {recipients}
    INSERT INTO message (organization_id, conversation_id, contact_id, channel_id, stream_id, enrollment_id, step_id,
        node_id, direction, medium, state, priority, due_at, to_address, to_hash, from_address, from_name,
        content_version_id, merge_values, in_reply_to, reference_ids, occurred_at, created_at)
    SELECT :organization_id, thread.id, r.contact_id, :channel_id, :stream_id, r.enrollment_id, r.step_id,
        :node_id, 'out', :medium, 'queued', :priority, :now, {address}, {address_hash}, :from_address, :from_name,
        :content_version_id, CAST(:values AS jsonb) || {frozen}, said.rfc_message_id,
        CASE WHEN said.rfc_message_id IS NULL THEN '[]' ELSE said.reference_ids || jsonb_build_array(said.rfc_message_id) END,
        :now, :now
    FROM recipient r
    JOIN contact ON contact.organization_id = :organization_id AND contact.id = r.contact_id
    LEFT JOIN LATERAL (
        SELECT c.id, c.medium, c.contact_id FROM conversation c WHERE c.organization_id = :organization_id
            AND c.channel_id = :channel_id AND c.thread_key = r.thread_key OFFSET 0) own ON true
    LEFT JOIN LATERAL (
        SELECT c.id FROM conversation c WHERE c.organization_id = :organization_id
            AND c.channel_id = :channel_id AND c.thread_key = r.counterpart || '#' || r.contact_id OFFSET 0) shared ON true
    CROSS JOIN LATERAL (
        SELECT CASE WHEN own.medium = 'email' OR own.contact_id = r.contact_id OR own.contact_id IS NULL THEN own.id
            ELSE shared.id END AS id
    ) thread
    LEFT JOIN LATERAL (
        SELECT m.rfc_message_id, m.reference_ids FROM message m
        WHERE m.organization_id = :organization_id AND m.conversation_id = thread.id AND m.medium = 'email'
          AND m.rfc_message_id IS NOT NULL AND m.state IN ('sent', 'received')
        ORDER BY m.occurred_at DESC, m.id DESC LIMIT 1
    ) said ON true
    WHERE thread.id IS NOT NULL
    ORDER BY r.step_id
    ON CONFLICT (organization_id, step_id) WHERE step_id IS NOT NULL DO NOTHING
    RETURNING step_id
"""


def plan_messages(plan: Plan, recipients: Sequence[Recipient]) -> frozenset[UUID]:
    """Queue the message for everybody who has an address on the medium; returns the steps that planned one.

    At most three statements, and the delivery of the channel is woken. Who has no address is left out.
    """
    if not recipients:
        return frozenset()
    frozen = frozen_contact(plan.names)
    shared = _parameters(plan, recipients)
    for thread_key in _thread_keys(plan):
        db().execute(text(_OPEN.format(recipients=_recipients(plan, thread_key))), _without_frozen(shared))
    address, address_hash = _ADDRESS[plan.channel.medium]
    statement = _PLAN.format(
        recipients=_recipients(plan, _thread_keys(plan)[0]),
        address=address,
        address_hash=address_hash,
        frozen=frozen.sql,
    )
    planned = frozenset(db().scalars(text(statement), {**shared, **frozen.parameters}))
    if planned:
        wake_all([Wake(DELIVER, (str(plan.channel.id),), clock.now())])
    return planned


def _thread_keys(plan: Plan) -> tuple[str, ...]:
    """A number has one conversation per channel; where two people share it, the second gets one of their own."""
    if plan.channel.medium != "email":
        return _OWN_NUMBER, _SHARED_NUMBER
    return ("'enrollment:' || asked.enrollment_id" if plan.is_in_thread else "'step:' || asked.step_id",)


def _recipients(plan: Plan, thread_key: str) -> str:
    return _RECIPIENTS.format(counterpart=_COUNTERPART[plan.channel.medium], thread_key=thread_key)


def _parameters(plan: Plan, recipients: Sequence[Recipient]) -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "steps": uuid_array(one.step_id for one in recipients),
        "enrollments": uuid_array(one.enrollment_id for one in recipients),
        "contacts": uuid_array(one.contact_id for one in recipients),
        "channel_id": plan.channel.id,
        "medium": plan.channel.medium,
        "stream_id": plan.stream_id,
        "node_id": plan.node_id,
        "priority": PRIORITY_CAMPAIGN,
        "from_address": plan.channel.address,
        "from_name": plan.channel.sender_name,
        "content_version_id": plan.content_version_id,
        "values": json.dumps({name: value for name, value in plan.values.items() if name in plan.names}),
    }


_ONLY_PLANNING = ("node_id", "priority", "from_address", "from_name", "content_version_id", "values")


def _without_frozen(shared: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in shared.items() if name not in _ONLY_PLANNING}


_CANCEL = text("""
    WITH ending AS MATERIALIZED (
        SELECT m.id FROM message m
        WHERE m.organization_id = :organization_id AND m.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
          AND m.step_id IS NOT NULL AND m.state = 'queued'
        ORDER BY m.id FOR UPDATE
    )
    UPDATE message SET state = 'cancelled', reason_code = 'left', reason = :reason, ended_at = :now, due_at = NULL,
        waiting_for = NULL, lease_token = NULL, lease_until = NULL
    FROM ending
    WHERE message.organization_id = :organization_id AND message.id = ending.id
    RETURNING message.id, message.contact_id, message.stream_id, message.enrollment_id, message.conversation_id,
        message.channel_id, message.node_id
""")


def cancel_planned(
    enrollment_ids: Sequence[UUID], reason: str = "They left the campaign before it was sent."
) -> int:
    """Cancel what campaigns planned for the enrollments and what has not begun to leave; returns how many."""
    if not enrollment_ids:
        return 0
    rows = db().execute(
        _CANCEL,
        {
            "organization_id": current_organization_id(),
            "enrollments": list(enrollment_ids),
            "reason": reason,
            "now": clock.now(),
        },
    ).all()  # fmt: skip
    ids = ("contact_id", "enrollment_id", "conversation_id", "channel_id", "node_id")
    publish_all(
        "message.cancelled",
        [
            {"message_id": row.id, "campaign_id": row.stream_id, "facts": {"reason": "left"}}
            | {name: getattr(row, name) for name in ids}
            for row in rows
        ],
    )
    return len(rows)


_OPEN_STREAM = text("""
    UPDATE message SET due_at = turn.due_at, waiting_for = NULL
    FROM (
        SELECT id, CAST(:now AS timestamptz)
            + CAST(:spread AS interval) * (row_number() OVER (ORDER BY created_at, id) - 1)
            / greatest(count(*) OVER (), 1) AS due_at
        FROM message
        WHERE organization_id = :organization_id AND stream_id = :stream_id AND state = 'queued'
          AND (waiting_for = 'campaign_paused' OR due_at IS NULL OR due_at <= :now)
    ) turn
    WHERE message.organization_id = :organization_id AND message.id = turn.id AND message.state = 'queued'
    RETURNING message.channel_id
""")


def release_stream(stream_id: UUID, spread: timedelta = timedelta()) -> None:
    """What waited for the stream's pause is due again: at once, or evenly over `spread`; channels are woken.

    What was planned for a later time keeps it.
    """
    moment: datetime = clock.now()
    channels = db().scalars(
        _OPEN_STREAM,
        {
            "organization_id": current_organization_id(),
            "stream_id": stream_id,
            "now": moment,
            "spread": spread,
        },
    )
    wake_all([Wake(DELIVER, (str(one),), moment) for one in sorted(set(channels))])
