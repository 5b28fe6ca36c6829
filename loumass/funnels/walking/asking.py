"""What the rows say of people who stand at a step: tags, barred addresses, a field, what was sent, opened and clicked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.facts import KNOWN_FIELDS
from loumass.funnels.walking.ground import Ground
from loumass.funnels.walking.knowing import Answers
from loumass.funnels.walking.walker import Walker

#: Why an address is barred, as the fact it is: all but a bounce and an erasure are the person's no.
_REASONS = {"bounced": ("bounced",), "opted_out": ("unsubscribed", "complained", "by_hand", "imported")}
_OWN_COLUMNS = {name: f"contact.{name}" for name in KNOWN_FIELDS} | {
    "full_name": "btrim(contact.first_name || ' ' || contact.last_name)"
}

_TAGS = text("""
    SELECT contact_tag.contact_id AS id, array_agg(tag.name) AS value FROM contact_tag
    JOIN tag ON tag.organization_id = :organization_id AND tag.id = contact_tag.tag_id
    WHERE contact_tag.organization_id = :organization_id AND contact_tag.contact_id = ANY(CAST(:contacts AS uuid[]))
    GROUP BY contact_tag.contact_id
""")
_BARRED = text("""
    SELECT contact.id, jsonb_object_agg(su.medium, su.reason) AS value FROM contact
    JOIN suppression su ON su.organization_id = :organization_id AND su.until_at IS NULL
        AND (su.medium, su.address_hash) IN (
            ('email', contact.email_hash), ('sms', contact.phone_hash), ('voicemail', contact.phone_hash))
    WHERE contact.organization_id = :organization_id AND contact.id = ANY(CAST(:contacts AS uuid[]))
    GROUP BY contact.id
""")
_FIELD = """
    SELECT id, {column} AS value FROM contact
    WHERE organization_id = :organization_id AND id = ANY(CAST(:contacts AS uuid[]))
"""
_SENT = text("""
    SELECT step.enrollment_id AS id, max(m.sent_at) AS value FROM step
    JOIN message m ON m.organization_id = :organization_id AND m.step_id = step.id
    WHERE step.organization_id = :organization_id AND step.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
      AND step.node_id = ANY(CAST(:nodes AS uuid[])) AND m.direction = 'out' AND m.state = 'sent'
    GROUP BY step.enrollment_id
""")
# A person's hits only. Who clicked has opened, also where pictures are not shown.
_DID = """
    SELECT m.enrollment_id AS id, min(h.first_human_at) AS value FROM message m
    JOIN hit_count h ON h.organization_id = :organization_id AND h.message_id = m.id
    WHERE m.organization_id = :organization_id AND m.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
      AND m.direction = 'out' AND (:is_any OR m.node_id = ANY(CAST(:nodes AS uuid[])))
      AND h.first_human_at IS NOT NULL AND h.link >= {least}
    GROUP BY m.enrollment_id
"""
_DONE = {"opened": text(_DID.format(least=0)), "clicked": text(_DID.format(least=1))}


def tags_of(ground: Ground, walkers: Sequence[Walker]) -> Answers:
    """The names of the tags that each has."""
    return Answers(_by_contact(ground, walkers, _TAGS), lambda found: {"tags": frozenset(found or ())})


def barred_of(ground: Ground, walkers: Sequence[Walker], what: Literal["bounced", "opted_out"]) -> Answers:
    """By medium, whether the address is barred for `what`. Since when is never asked: it reads as now."""

    def as_facts(found: dict[str, str] | None) -> dict[str, dict[str, datetime]]:
        media = (medium for medium, reason in (found or {}).items() if reason in _REASONS[what])
        return {f"{what}_at": dict.fromkeys(media, ground.now)}

    return Answers(_by_contact(ground, walkers, _BARRED), as_facts)


def field_of(ground: Ground, walkers: Sequence[Walker], name: str) -> Answers:
    """What the field called `name` says: a column that every contact has, or one of the organization's own."""
    column = _OWN_COLUMNS.get(name)
    asked = text(_FIELD.format(column=column or "fields ->> :asked_field"))
    more = {} if column else {"asked_field": name}
    return Answers(_by_contact(ground, walkers, asked, **more), lambda found: {"fields": {name: found}})


def sent_of(ground: Ground, walkers: Sequence[Walker], step: str) -> Answers:
    """When the latest message of the step known as `step` really left."""
    values = _by_enrollment(ground, walkers, _SENT, nodes=uuid_array(ground.steps_called(step)))
    return Answers(values, lambda at: {"sent_at": {step: at}} if at else {}, is_by_contact=False)


def done_of(
    ground: Ground, walkers: Sequence[Walker], what: Literal["opened", "clicked"], step: str
) -> Answers:
    """When a person first opened or clicked a message of the step known as `step` (empty: of any)."""
    nodes = uuid_array(ground.steps_called(step))
    values = _by_enrollment(ground, walkers, _DONE[what], nodes=nodes, is_any=not step)
    return Answers(values, lambda at: {f"{what}_at": {step: at}} if at else {}, is_by_contact=False)


def _by_contact(ground: Ground, walkers: Sequence[Walker], asked: Any, **more: Any) -> dict[Any, Any]:
    contacts = uuid_array({walker.contact_id for walker in walkers})
    return {row.id: row.value for row in db().execute(asked, ground.bound(contacts=contacts, **more))}


def _by_enrollment(ground: Ground, walkers: Sequence[Walker], asked: Any, **more: Any) -> dict[Any, Any]:
    enrollments = uuid_array(walker.id for walker in walkers)
    return {row.id: row.value for row in db().execute(asked, ground.bound(enrollments=enrollments, **more))}
