"""Keys that are declared and not enforced (docs/tenancy.md): whether every row of theirs leads somewhere."""

from __future__ import annotations

from sqlalchemy import Connection, ForeignKeyConstraint, text

from loumass.models import metadata


def keys_that_lead_nowhere(connection: Connection) -> list[str]:
    """`table.column:rows` for each declared key with rows whose parent does not exist in their organization.

    `connection` is somebody's who sees all organizations.
    """
    keys = [
        key
        for table in metadata.tables.values()
        for key in table.foreign_key_constraints
        if not key.info.get("is_enforced", True)
    ]
    counts = {_name(key): connection.scalar(text(_lost(key))) for key in keys}
    return [f"{name}:{count}" for name, count in sorted(counts.items()) if count]


def _name(key: ForeignKeyConstraint) -> str:
    return f"{key.table.name}.{_column(key)}"


def _column(key: ForeignKeyConstraint) -> str:
    return next(name for name in key.column_keys if name != "organization_id")


def _lost(key: ForeignKeyConstraint) -> str:
    return (
        f"SELECT count(*) FROM {key.table.name} AS child WHERE child.{_column(key)} IS NOT NULL AND NOT EXISTS ("
        f"SELECT FROM {key.referred_table.name} AS parent WHERE parent.organization_id = child.organization_id"
        f" AND parent.id = child.{_column(key)})"
    )
