"""Calls planned for many at once; what they say is frozen then. A step plans at most one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Row, text

from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.core.ids import uuid7
from loumass.core.jobs import wake_all
from loumass.core.tenancy import current_organization_id
from loumass.outgoing.addresses import host_of
from loumass.outgoing.filling import Fill

DELIVER = "outgoing.deliver"
#: So often, and no longer than so long after it was planned.
TRIES, PATIENCE = 8, timedelta(hours=24)
COLUMNS = (
    "external_id", "email", "phone", "first_name", "last_name", "company", "title", "city", "state", "country",
    "timezone", "source",
)  # fmt: skip

_PEOPLE = text(f"""
    SELECT id, fields, {", ".join(COLUMNS)} FROM contact
    WHERE organization_id = :organization_id AND id = ANY(CAST(:contacts AS uuid[]))
""")
_PLAN = text("""
    INSERT INTO webhook_call (organization_id, id, host, url, key_name, body, fills, is_awaited, contact_id, stream_id,
        enrollment_id, step_id, node_id, tries_left, due_at, give_up_at, created_at)
    SELECT :organization_id, one.id, :host, :url, :key_name, one.body, CAST(:fills AS jsonb), :is_awaited, one.contact_id,
        :stream_id, one.enrollment_id, one.step_id, :node_id, :tries, CAST(:now AS timestamptz), :give_up_at,
        CAST(:now AS timestamptz)
    FROM unnest(CAST(:ids AS uuid[]), CAST(:bodies AS text[]), CAST(:contacts AS uuid[]), CAST(:enrollments AS uuid[]),
            CAST(:steps AS uuid[])) AS one(id, body, contact_id, enrollment_id, step_id)
    ON CONFLICT (organization_id, step_id) DO NOTHING
    RETURNING step_id
""")
_STATES = text("""
    SELECT step_id, state FROM webhook_call
    WHERE organization_id = :organization_id AND step_id = ANY(CAST(:steps AS uuid[]))
""")


@dataclass(frozen=True, slots=True)
class Errand:
    """What a step has called: where to, what about (`type`, and `around` for all alike), and which fields of the contact."""

    url: str
    type: str
    stream_id: UUID
    node_id: UUID
    around: Mapping[str, Any]
    columns: Sequence[str]
    custom: Sequence[str]
    key_name: str = ""
    is_awaited: bool = True
    fills: Sequence[Fill] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a call is about."""

    step_id: UUID
    enrollment_id: UUID
    contact_id: UUID
    status: str
    stage: str
    happened_at: datetime


def plan_calls(errand: Errand, subjects: Sequence[Subject]) -> None:
    """Plan the call for everybody who has none at this step, in three statements. Raises Refused for a bad address."""
    if not subjects:
        return
    host, now, organization_id = host_of(errand.url), clock.now(), current_organization_id()
    bound = {"organization_id": organization_id, "contacts": uuid_array({one.contact_id for one in subjects})}
    people = {row.id: row for row in db().execute(_PEOPLE, bound)}
    ids = [uuid7() for _ in subjects]
    bodies = [
        body_of(errand, call_id, one, contact_of(errand, people[one.contact_id]))
        for call_id, one in zip(ids, subjects, strict=True)
    ]
    db().execute(
        _PLAN,
        {
            "organization_id": organization_id,
            "now": now,
            "give_up_at": now + PATIENCE,
            "tries": TRIES,
            "host": host,
            "url": errand.url,
            "key_name": errand.key_name,
            "fills": json.dumps([one.as_json() for one in errand.fills]),
            "is_awaited": errand.is_awaited,
            "stream_id": errand.stream_id,
            "node_id": errand.node_id,
            "ids": uuid_array(ids),
            "bodies": bodies,
            "contacts": uuid_array(one.contact_id for one in subjects),
            "enrollments": uuid_array(one.enrollment_id for one in subjects),
            "steps": uuid_array(one.step_id for one in subjects),
        },
    )
    wake_all([Wake(DELIVER, (host,), now)])


def calls_at(step_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Step -> state of its call."""
    if not step_ids:
        return {}
    bound = {"organization_id": current_organization_id(), "steps": uuid_array(step_ids)}
    return {row.step_id: row.state for row in db().execute(_STATES, bound)}


def body_of(errand: Errand, call_id: UUID, subject: Subject, contact: Mapping[str, Any]) -> str:
    """The envelope (docs/webhooks.md), as it is signed and sent."""
    return json.dumps(
        {
            "id": str(call_id),
            "type": errand.type,
            "happened_at": subject.happened_at.isoformat(),
            **errand.around,
            "enrollment": {
                "id": str(subject.enrollment_id),
                "status": subject.status,
                "stage": subject.stage,
            },
            "contact": contact,
        },
        ensure_ascii=False,
        separators=(",", ":"),
    )


def contact_of(errand: Errand, row: Row[Any]) -> dict[str, Any]:
    """The chosen fields of a person."""
    return {
        "id": str(row.id),
        **{name: getattr(row, name) for name in COLUMNS if name in errand.columns},
        **({"fields": {key: row.fields.get(key) for key in errand.custom}} if errand.custom else {}),
    }
