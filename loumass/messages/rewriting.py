"""What is queued says something else: the new words of its step, or what became of the event it tells of."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import text

from loumass.content.freezing import frozen_contact
from loumass.core.database import db
from loumass.core.tenancy import current_organization_id
from loumass.messages.planning import Plan

# Only what has not been taken out of the queue; locked in id order, as whoever cancels does.
_WAITING = """
    waiting AS MATERIALIZED (
        SELECT m.id FROM message m
        WHERE m.organization_id = :organization_id AND m.stream_id = :stream_id AND m.is_open AND m.state = 'queued'
          AND m.step_id IS NOT NULL AND {which}
        ORDER BY m.id {most} FOR UPDATE
    )
"""
# What a voice spoke of it is not what it says any more.
_UNSAID = "segments = NULL, waiting_for = CASE WHEN message.waiting_for = 'unspoken' THEN NULL ELSE message.waiting_for END"
_CHANNELS = text("""
    SELECT DISTINCT channel_id FROM message
    WHERE organization_id = :organization_id AND stream_id = :stream_id AND is_open AND state = 'queued'
      AND node_id = :node_id AND channel_id IS NOT NULL
""")
_REWRITE = """
    WITH {waiting}
    UPDATE message SET content_version_id = :content_version_id, merge_values = CAST(:values AS jsonb) || {frozen},
        sound_id = :sound_id, is_synthetic = :is_synthetic, tracked = CAST(:tracked AS integer), {unsaid}
    FROM waiting, contact
    WHERE message.organization_id = :organization_id AND message.id = waiting.id
      AND contact.organization_id = :organization_id AND contact.id = message.contact_id
    RETURNING message.id
"""
_TELLS_OTHERWISE = """EXISTS (
    SELECT 1 FROM jsonb_each(CAST(:values AS jsonb)) said
    WHERE jsonb_exists(m.merge_values, said.key) AND m.merge_values -> said.key IS DISTINCT FROM said.value)"""
_FRESHEN = text(f"""
    WITH {_WAITING.format(which=_TELLS_OTHERWISE, most="")}
    UPDATE message SET sound_id = CASE WHEN message.is_synthetic THEN NULL ELSE message.sound_id END, {_UNSAID},
        merge_values = message.merge_values || (
            SELECT jsonb_object_agg(said.key, said.value) FROM jsonb_each(CAST(:values AS jsonb)) said
            WHERE jsonb_exists(message.merge_values, said.key))
    FROM waiting WHERE message.organization_id = :organization_id AND message.id = waiting.id
    RETURNING message.id
""")


def channels_waiting(stream_id: UUID, node_id: UUID) -> list[UUID]:
    """The channels that messages of the step wait for."""
    bound = {"organization_id": current_organization_id(), "stream_id": stream_id, "node_id": node_id}
    return list(db().scalars(_CHANNELS, bound))


def rewrite_planned(plan: Plan, most: int) -> int:
    """At most so many that wait for the plan's channel and step with other words say what the plan says; returns how many.
    They keep their place."""
    frozen = frozen_contact(plan.names)
    which = (
        "m.channel_id = :channel_id AND m.node_id = :node_id AND m.content_version_id <> :content_version_id"
    )
    waiting = _WAITING.format(which=which, most="LIMIT :most")
    statement = _REWRITE.format(waiting=waiting, frozen=frozen.sql, unsaid=_UNSAID)
    values = {name: value for name, value in plan.values.items() if name in plan.names}
    rows = db().execute(
        text(statement),
        {
            "organization_id": current_organization_id(),
            "stream_id": plan.stream_id,
            "channel_id": plan.channel.id,
            "node_id": plan.node_id,
            "content_version_id": plan.content_version_id,
            "values": json.dumps(values),
            "sound_id": plan.sound_id,
            "is_synthetic": plan.is_synthetic,
            "tracked": plan.tracked,
            "most": most,
            **frozen.parameters,
        },
    )
    return len(rows.all())


def freshen_planned(stream_id: UUID, values: Mapping[str, str | None]) -> int:
    """What the stream has queued tells these values where it tells others of the same names; returns how many."""
    bound = {"organization_id": current_organization_id(), "stream_id": stream_id}
    return len(db().execute(_FRESHEN, bound | {"values": json.dumps(dict(values))}).all())
