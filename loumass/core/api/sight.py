"""What an answer of before tells of, and whether whoever asks again may still see it."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import text

from loumass.core.arrays import uuid_array
from loumass.core.database import Base, db
from loumass.core.tenancy import current_organization_id, shows_only_own

_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_VIEWS = text("SELECT viewname FROM pg_views WHERE schemaname = 'own' ORDER BY viewname")


def is_out_of_sight(told: str) -> bool:
    """Whether `told` names a row that is not the asker's own, where they see only their own (migrations/own.py)."""
    ids = {UUID(one) for one in _ID.findall(told.lower())}
    if not ids or not shows_only_own():
        return False
    each = " UNION ALL ".join(map(_hidden, _tables()))
    bound = {"organization_id": current_organization_id(), "ids": uuid_array(ids)}
    return db().execute(text(f"{each} LIMIT 1"), bound).first() is not None


def _tables() -> Collection[str]:
    """Those of which people own rows that have an id."""
    return [name for name in db().scalars(_VIEWS) if "id" in Base.metadata.tables[name].c]


def _hidden(table: str) -> str:
    return (
        f"SELECT 1 FROM public.{table} AS kept WHERE kept.organization_id = :organization_id "
        "AND kept.id = ANY(CAST(:ids AS uuid[])) AND NOT EXISTS ("
        f"SELECT 1 FROM own.{table} AS mine WHERE mine.organization_id = :organization_id AND mine.id = kept.id)"
    )
