"""What other slices need of accounts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from loumass.accounts.models import AuditEntry
from loumass.core.database import db


def audit(action: str, subject_kind: str | None = None, subject_id: UUID | None = None, **facts: Any) -> None:
    """Note in the current transaction that the signed-in user did `action` (`channel.connected`, ...).

    `facts` hold ids, names of settings and figures; never secrets or personal text.
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
    session.add(
        AuditEntry(
            user_id=user_id,
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            facts=dict(facts),
            ip_hash=session.info.get("ip_hash"),
        )
    )
