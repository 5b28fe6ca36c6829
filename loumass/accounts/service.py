"""What other slices need of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from loumass.accounts.models import AuditEntry
from loumass.core.database import db


def audit_change(
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    subject_kind: str | None = None,
    subject_id: UUID | None = None,
) -> bool:
    """Note `action` with what differs between `before` and `after`; returns whether anything does."""
    changed = [name for name in after if before.get(name) != after[name]]
    if changed:
        was, became = ({name: plain(values.get(name)) for name in changed} for values in (before, after))
        audit(action, subject_kind, subject_id, before=was, after=became)
    return bool(changed)


def plain(value: Any) -> Any:
    """`value` as a ledger of JSON keeps it."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def audit(action: str, subject_kind: str | None = None, subject_id: UUID | None = None, **facts: Any) -> None:
    """Note in the current transaction that the signed-in user did `action` (`channel.connected`, ...).

    `facts` hold ids, names of settings and figures; never secrets or personal text. `before` and `after` hold what a
    setting was and became.
    """
    audit_of(db().info.get("user_id"), action, subject_kind, subject_id, facts)


def audit_of(
    user_id: UUID | None,
    action: str,
    subject_kind: str | None,
    subject_id: UUID | None,
    facts: Mapping[str, Any],
) -> None:
    """The same of somebody whose work a job has brought to its end."""
    session = db()
    place = session.info.get("came_from")
    session.add(
        AuditEntry(
            user_id=user_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            facts=dict(facts),
            ip_hash=session.info.get("ip_hash"),
            came_from=place.address if place else "",
            browser=place.browser if place else "",
        )
    )
