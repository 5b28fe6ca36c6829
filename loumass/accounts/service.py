"""What other slices need of accounts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from loumass.accounts.models import AuditEntry
from loumass.core.database import db


def audit(
    action: str,
    subject_kind: str | None = None,
    subject_id: UUID | None = None,
    *,
    by: UUID | None = None,
    **facts: Any,
) -> None:
    """Note in the current transaction that the signed-in user did `action` (`channel.connected`, ...), or `by`, whose work a
    job has done.

    `facts` hold ids, names of settings and figures; never secrets or personal text.
    """
    session = db()
    session.add(
        AuditEntry(
            user_id=by or session.info.get("user_id"),
            action=action,
            subject_kind=subject_kind,
            subject_id=subject_id,
            facts=facts,
            ip_hash=session.info.get("ip_hash"),
        )
    )
