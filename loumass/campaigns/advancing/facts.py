"""What a wait or a condition looks at, for everybody who stands there.

Most of it came with the claim. What a question asks for beyond that is read in one statement, and only that:
a question about tags does not look for messages.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import text

from loumass.campaigns.advancing.ground import Ground, Walker, zone_or
from loumass.core.arrays import uuid_array
from loumass.core.database import db
from loumass.funnels.facts import KNOWN_FIELDS, Facts
from loumass.funnels.kinds.condition_tests import TRACKED, ConditionConfig

#: Why an address is barred, as the fact it is: all but a bounce and an erasure are the person's no.
_SAID_NO = ("unsubscribed", "complained", "by_hand", "imported")
_OWN_COLUMNS = {name: f"contact.{name}" for name in KNOWN_FIELDS} | {
    "full_name": "btrim(contact.first_name || ' ' || contact.last_name)"
}

_TAGS = """
    SELECT contact_tag.contact_id AS id, array_agg(tag.name) AS value FROM contact_tag
    JOIN tag ON tag.organization_id = :organization_id AND tag.id = contact_tag.tag_id
    WHERE contact_tag.organization_id = :organization_id AND contact_tag.contact_id = ANY(CAST(:contacts AS uuid[]))
    GROUP BY contact_tag.contact_id
"""
_BARRED = """
    SELECT contact.id, jsonb_object_agg(su.medium, su.reason) AS value FROM contact
    JOIN suppression su ON su.organization_id = :organization_id AND su.until_at IS NULL
        AND (su.medium, su.address_hash) IN (
            ('email', contact.email_hash), ('sms', contact.phone_hash), ('voicemail', contact.phone_hash))
    WHERE contact.organization_id = :organization_id AND contact.id = ANY(CAST(:contacts AS uuid[]))
    GROUP BY contact.id
"""
_FIELD = """
    SELECT id, {column} AS value FROM contact
    WHERE organization_id = :organization_id AND id = ANY(CAST(:contacts AS uuid[]))
"""
_SENT = """
    SELECT step.enrollment_id AS id, max(m.sent_at) AS value FROM step
    JOIN message m ON m.organization_id = :organization_id AND m.step_id = step.id
    WHERE step.organization_id = :organization_id AND step.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
      AND step.node_id = ANY(CAST(:asked_nodes AS uuid[])) AND m.direction = 'out' AND m.state = 'sent'
    GROUP BY step.enrollment_id
"""
# A person's hits only. Who clicked has opened, also where pictures are not shown.
_DID = """
    SELECT m.enrollment_id AS id, min(h.first_human_at) AS value FROM message m
    JOIN hit_count h ON h.organization_id = :organization_id AND h.message_id = m.id
    WHERE m.organization_id = :organization_id AND m.enrollment_id = ANY(CAST(:enrollments AS uuid[]))
      AND m.direction = 'out' AND (:is_any OR m.node_id = ANY(CAST(:asked_nodes AS uuid[])))
      AND h.first_human_at IS NOT NULL AND {which}
    GROUP BY m.enrollment_id
"""
_OPENED, _CLICKED = _DID.format(which="h.link >= 0"), _DID.format(which="h.link > 0")
#: Questions about messages, which are answered by enrollment.
_OF_MESSAGES = {
    "sent_within": _SENT,
    "opened": _OPENED,
    "not_opened": _OPENED,
    "clicked": _CLICKED,
    "not_clicked": _CLICKED,
}


def known_of(ground: Ground, walkers: list[Walker], config: Any) -> Iterator[tuple[Facts, list[UUID]]]:
    """What `config` (a wait's or a condition's) may look at, and the enrollments of whom exactly that is known.

    The facts carry the id of one of them: neither a wait nor a condition looks at it.
    """
    answers = _answers(ground, walkers, config)
    is_by_contact = not isinstance(config, ConditionConfig) or config.test not in _OF_MESSAGES
    alike: dict[Any, list[Walker]] = defaultdict(list)
    for walker in walkers:
        answer = answers.get(walker.contact_id if is_by_contact else walker.id)
        known = (walker.entered_at, walker.timezone, walker.status, walker.replied_at, walker.last_sent_at)
        alike[known, _hashable(answer)].append(walker)
    for group in alike.values():
        yield _facts(ground, group[0], config, answers), [walker.id for walker in group]


def _hashable(answer: Any) -> Any:
    if isinstance(answer, dict):
        return tuple(sorted(answer.items()))
    return tuple(sorted(answer)) if isinstance(answer, list) else answer


def _facts(ground: Ground, walker: Walker, config: Any, answers: Mapping[UUID, Any]) -> Facts:
    return Facts(
        enrollment_id=walker.id,
        entered_at=walker.entered_at or ground.now,
        timezone=zone_or(walker.timezone, ground.home),
        status=walker.status,
        replied_at=walker.replied_at,
        last_sent_at=walker.last_sent_at,
        event_at=ground.campaign.event_at,
        event_timezone=zone_or(ground.campaign.event_timezone, ground.home),
        **_asked_for(walker, config, answers),
    )


def _answers(ground: Ground, walkers: list[Walker], config: Any) -> Mapping[UUID, Any]:
    """What one statement says, by contact (by enrollment for messages)."""
    asked, parameters = _question(ground, config)
    if asked is None:
        return {}
    if asked in _OF_MESSAGES.values():
        parameters["enrollments"] = uuid_array(walker.id for walker in walkers)
    else:
        parameters["contacts"] = uuid_array({walker.contact_id for walker in walkers})
    return {row.id: row.value for row in db().execute(text(asked), ground.bound(**parameters))}


def _question(ground: Ground, config: Any) -> tuple[str | None, dict[str, Any]]:
    test = config.test if isinstance(config, ConditionConfig) else None
    if test == "tag":
        return _TAGS, {}
    if test in ("bounced", "opted_out"):
        return _BARRED, {}
    if test == "field" and config.field in _OWN_COLUMNS:
        return _FIELD.format(column=_OWN_COLUMNS[config.field]), {}
    if test == "field":
        return _FIELD.format(column="fields ->> :asked_field"), {"asked_field": config.field}
    if test in TRACKED or (test == "sent_within" and config.step):
        nodes = {"asked_nodes": uuid_array(ground.steps_called(config.step) if config.step else ())}
        return _OF_MESSAGES[test], nodes if test == "sent_within" else nodes | {"is_any": not config.step}
    return None, {}


def _asked_for(walker: Walker, config: Any, answers: Mapping[UUID, Any]) -> dict[str, Any]:
    test = config.test if isinstance(config, ConditionConfig) else None
    found = answers.get(walker.contact_id)
    if test == "tag":
        return {"tags": frozenset(found or ())}
    if test in ("bounced", "opted_out"):
        reasons = ("bounced",) if test == "bounced" else _SAID_NO
        # Only whether, not since when, is ever asked.
        moment = walker.entered_at
        return {
            f"{test}_at": {medium: moment for medium, reason in (found or {}).items() if reason in reasons}
        }
    if test == "field":
        return {"fields": {config.field: found}}
    if test == "sent_within" and walker.id in answers:
        return {"sent_at": {config.step: answers[walker.id]}}
    if test in TRACKED and walker.id in answers:
        return {f"{test.removeprefix('not_')}_at": {config.step: answers[walker.id]}}
    return {}
