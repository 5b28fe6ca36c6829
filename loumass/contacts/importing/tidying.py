"""Files that nobody came back for: personal data is not kept for want of a decision."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from loumass.contacts.importing.running import forget_file
from loumass.contacts.models import ContactImport
from loumass.core import clock, storage
from loumass.core.database import db
from loumass.core.tenancy import transaction

KEPT_FOR = timedelta(days=30)
MOST_AT_ONCE = 100


def forget_old_files() -> bool:
    """Deletes files of lists that were never started, or failed, thirty days ago; returns whether more remain."""
    with transaction():
        rows = (
            db()
            .scalars(
                select(ContactImport)
                .where(
                    ContactImport.state.in_(("uploaded", "failed")),
                    ContactImport.created_at < clock.now() - KEPT_FOR,
                    ContactImport.file_key != "",
                )
                .order_by(ContactImport.created_at, ContactImport.id)
                .limit(MOST_AT_ONCE)
                .with_for_update(skip_locked=True)
            )
            .all()
        )
        keys = [row.file_key for row in rows]
        for row in rows:
            forget_file(row)
            if row.state == "uploaded":
                row.state, row.finished_at = "cancelled", clock.now()
    for key in keys:
        storage.delete(key)
    return len(keys) == MOST_AT_ONCE
