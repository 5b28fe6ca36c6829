"""Sealing everything with the current key, so that an older one can be retired."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.orm import Mapper

from loumass.accounts.models import Organization
from loumass.core.database import Base, db
from loumass.core.secrets import associated_data, keys, seal, unseal
from loumass.core.tenancy import OrganizationScoped, acting_for, globally

BATCH = 200
#: What a value of the installation itself, in a global table, is bound to.
NOWHERE = UUID(int=0)


def reseal() -> int:
    """Re-seals every value that an older key sealed; returns how many. Safe to cut and to run again.

    Every column called `sealed_...` is taken. Raises Unsealable when a key is missing.
    """
    tenant, installation = _sealed_columns()
    with globally() as session:
        organization_ids = session.scalars(select(Organization.id).order_by(Organization.id)).all()
        done = sum(_reseal(mapper, column, NOWHERE) for mapper, column in installation)
    for organization_id in organization_ids:
        with acting_for(organization_id):
            done += sum(_reseal(mapper, column, organization_id) for mapper, column in tenant)
    return done


def _sealed_columns() -> tuple[list[tuple[Mapper[Any], str]], list[tuple[Mapper[Any], str]]]:
    """(in tenant tables, in global tables)."""
    found: tuple[list[tuple[Mapper[Any], str]], list[tuple[Mapper[Any], str]]] = ([], [])
    for mapper in Base.registry.mappers:
        is_global = not issubclass(mapper.class_, OrganizationScoped)
        names = [attribute.key for attribute in mapper.column_attrs]
        found[is_global].extend((mapper, name) for name in names if name.startswith("sealed_"))
    return found


def _reseal(mapper: Mapper[Any], column: str, organization_id: UUID) -> int:
    """One column of one organization, batch by batch."""
    model: Any = mapper.class_
    done = 0
    sealed, table = getattr(model, column), model.__table__
    key_id = keys().sealing[0][0].encode()
    current = bytes([len(key_id)]) + key_id
    older = select(model.id, sealed).where(
        func.length(sealed) > 0, func.substring(sealed, 1, len(current)) != current
    )
    change = update(table).where(table.c.id == bindparam("row_id")).values({column: bindparam("resealed")})
    if "organization_id" in table.c:
        change = change.where(table.c.organization_id == organization_id)
    while rows := db().execute(older.order_by(model.id).limit(BATCH)).all():
        renewed = []
        for row_id, value in rows:
            aad = associated_data(f"{table.name}.{column}", organization_id, row_id)
            renewed.append({"row_id": row_id, "resealed": seal(unseal(value, aad), aad)})
        db().execute(change, renewed)
        db().commit()
        done += len(rows)
    return done
