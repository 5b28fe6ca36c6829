"""An organization that is to be deleted: announced, undone within 14 days, then gone with everything of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from sqlalchemy import MetaData, select, text
from sqlalchemy.exc import IntegrityError

from loumass.accounts.models import Membership, Organization, User
from loumass.accounts.service import audit
from loumass.core import clock, storage
from loumass.core.database import Base, db
from loumass.core.errors import Conflict
from loumass.core.tenancy import current_organization_id, transaction

GRACE = timedelta(days=14)
#: So many rows of a table, and so many files, go at a time.
ROWS, FILES = 20_000, 500
_REMOVE = text("SELECT remove_rows(:table, :most, :now)")
_LOOSEN = text("SELECT loosen_rows(:table, :column, :now)")
_FORGET = text("SELECT forget_organization(:now)")
#: Global tables with rows of an organization; nobody comes in any more once its memberships have gone.
_GLOBAL = ("membership", "invitation", "hook_address", "tracking_host")
#: SQLSTATE of a key that something still points at.
_POINTED_AT = "23503"


class StillPointedAt(RuntimeError):
    """Rows that cannot go, since others that stay point at them."""


def ask(organization: Organization, user_id: UUID) -> None:
    """Everything goes in 14 days, unless somebody undoes it. Raises Conflict when that was asked already."""
    if organization.deleted_from is not None:
        raise Conflict(f"{organization.name} is to be deleted already. Nothing was changed.")
    organization.deletion_asked_at, organization.deletion_asked_by_id = clock.now(), user_id
    last_day = organization.deleted_from = clock.now() + GRACE
    audit("organization.deletion_asked", day=last_day.date().isoformat())


def undo(organization: Organization) -> None:
    """It stays. Raises Conflict when nothing is to be undone, or its last day has come."""
    if organization.deleted_from is None:
        raise Conflict(f"{organization.name} is not to be deleted. Nothing was changed.")
    if organization.deleted_from <= clock.now():
        raise Conflict(f"{organization.name} is being deleted. That cannot be undone any more.")
    organization.deleted_from = organization.deletion_asked_at = organization.deletion_asked_by_id = None
    audit("organization.deletion_undone")


def admins() -> Sequence[User]:
    """Those of the current organization."""
    found = select(User).join(Membership, Membership.user_id == User.id)
    mine = (Membership.organization_id == current_organization_id(), Membership.role == "admin")
    return db().scalars(found.where(*mine).order_by(User.id)).all()


def remove_slice() -> bool:
    """Takes one slice of the current organization away; returns whether more is left. Nothing happens before its day."""
    with transaction() as session:
        organization = session.get(Organization, current_organization_id())
        if (
            organization is None
            or organization.deleted_from is None
            or organization.deleted_from > clock.now()
        ):
            return False
        session.expunge_all()
    if _rows_go():
        return True
    if storage.delete_some(FILES):
        return True
    with transaction() as session:
        session.execute(_FORGET, {"now": clock.now()})
    return False


def tables_in_order(metadata: MetaData | None = None) -> list[str]:
    """Every table with rows of an organization, those that point at others first."""
    known = metadata if metadata is not None else Base.metadata
    tenant = [table for table in reversed(known.sorted_tables) if "organization_id" in table.c]
    return [*_GLOBAL, *(table.name for table in tenant if table.name not in _GLOBAL)]


def _rows_go() -> bool:
    """Whether any row went. Raises StillPointedAt where nothing can."""
    for table, column in _circles():
        with transaction() as session:
            session.execute(_LOOSEN, {"table": table, "column": column, "now": clock.now()})
    gone, held = 0, ""
    for table in tables_in_order():
        try:
            gone += _table_goes(table)
        except StillPointedAt:
            # Somebody else's job wrote meanwhile: the next slice finds it.
            held = table
        if gone >= ROWS:
            return True
    if held and not gone:
        raise StillPointedAt(held)
    return gone > 0


def _table_goes(table: str) -> int:
    """How many rows of it went."""
    try:
        with transaction() as session:
            return session.scalar(_REMOVE, {"table": table, "most": ROWS, "now": clock.now()}) or 0
    except IntegrityError as problem:
        if getattr(problem.orig, "sqlstate", None) == _POINTED_AT:
            raise StillPointedAt(table) from problem
        raise


def _circles() -> list[tuple[str, str]]:
    """(table, column) of the keys that may be empty and lead in a circle, or to the table itself."""
    found = set[tuple[str, str]]()
    for table in Base.metadata.tables.values():
        for key in table.foreign_key_constraints:
            loose = [column for column in key.columns if column.name != "organization_id" and column.nullable]
            if loose and (key.use_alter or key.referred_table is table) and "organization_id" in table.c:
                found.update((table.name, column.name) for column in loose)
    return sorted(found)
