"""Bytes that nothing uses any more are taken away: the row first, then the file. Whatever points at media by a key uses it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import cache

import structlog
from sqlalchemy import TextClause, text

from loumass.core import clock, storage
from loumass.core.database import Base, db
from loumass.core.tenancy import current_organization_id
from loumass.media.models import Media

#: Whoever brings bytes points at them within minutes; a draft's file that was taken out may be attached again.
UNUSED_FOR = timedelta(days=1)
BATCH = 500
log = structlog.get_logger("media")


def forget_unused() -> list[str]:
    """Forget some of what nothing uses and nobody has brought for a day: BATCH at most. Their files, to be deleted after
    the commit."""
    values = {"organization_id": current_organization_id(), "before": clock.now() - UNUSED_FOR, "most": BATCH}
    return [row.file_key for row in db().execute(_forgetting(), values)]


def delete_files(keys: Iterable[str]) -> None:
    """Files whose rows are gone. What storage does not let go is logged."""
    for key in keys:
        try:
            storage.delete(key)
        except storage.StorageUnavailable as problem:
            log.warning("media.left_behind", key=key, problem=problem.sentence)


@cache
def _forgetting() -> TextClause:
    """Whoever points at media has brought them first: a row that was brought meanwhile is judged again by its `kept_at`, and
    keys refuse the rest."""
    unused = " ".join(
        f"AND NOT EXISTS (SELECT 1 FROM {table} AS user_{place} WHERE user_{place}.organization_id = :organization_id"
        f" AND user_{place}.{column} = media.id)"
        for place, (table, column) in enumerate(users())
    )
    return text(f"""
        DELETE FROM media WHERE organization_id = :organization_id AND id IN (
            SELECT id FROM media WHERE organization_id = :organization_id AND kept_at < :before {unused}
            ORDER BY id LIMIT :most FOR UPDATE SKIP LOCKED)
        RETURNING file_key
    """)


def users() -> list[tuple[str, str]]:
    """Each table and column that points at media, declared keys included."""
    found = []
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            if key.referred_table is Media.__table__:
                (column,) = set(key.column_keys) - {"organization_id"}
                found.append((table.name, column))
    return sorted(found)
