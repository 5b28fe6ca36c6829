"""Shared verbs of the import tests: upload, match, start, and look at what came of it."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.importing import steering, uploads
from loumass.contacts.importing.options import Forecast, ImportOptions
from loumass.contacts.models import Contact, ContactImport, ContactTag, ImportRefusal, Tag
from loumass.core.tenancy import get
from tests.world import Tenant, World


@dataclass
class Result:
    """An import and its refused rows."""

    row: ContactImport
    forecast: Forecast | None
    refused: list[tuple[int, str]] = field(default_factory=list)

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """Created, updated, unchanged, refused."""
        return self.row.created_count, self.row.updated_count, self.row.skipped_count, self.row.refused_count


def upload(
    tenant: Tenant,
    content: str | bytes,
    *,
    existing: str = "fill",
    tags: Sequence[str] = (),
    source: str = "",
) -> UUID:
    """Returns the id of an uploaded list with these choices and the guessed matching."""
    with tenant.acting() as session:
        raw = content.encode() if isinstance(content, str) else content
        row = uploads.receive(io.BytesIO(raw), "leads.csv", "US")
        session.flush()
        mapping = ImportOptions.of(row).mapping
        targets = [f"field:{c.key}" if c.target == "field" else c.target for c in mapping.columns]
        steering.choose(row, targets, existing=existing, tags=list(tags), source=source)
        steering.look_ahead(row)
        session.commit()
        return row.id


def start(tenant: Tenant, import_id: UUID) -> None:
    """Lets an uploaded list in."""
    with tenant.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        steering.start(row)
        session.commit()


def bring_in(world: World, tenant: Tenant, content: str | bytes, **choices: object) -> Result:
    """Uploads a list, lets it in, and returns what came of it."""
    import_id = upload(tenant, content, **choices)  # pyright: ignore[reportArgumentType]
    world.work()  # a big list is looked at by a worker
    forecast = result_of(tenant, import_id).forecast
    start(tenant, import_id)
    world.work()
    result = result_of(tenant, import_id)
    result.forecast = forecast
    return result


def result_of(tenant: Tenant, import_id: UUID) -> Result:
    """Returns the import as it stands."""
    with tenant.acting() as session:
        row = get(ContactImport, import_id)
        assert row
        refused = session.execute(
            select(ImportRefusal.line, ImportRefusal.reason)
            .where(ImportRefusal.import_id == import_id)
            .order_by(ImportRefusal.line)
        )
        return Result(row, ImportOptions.of(row).forecast, list(refused.all()))


def people(tenant: Tenant) -> list[tuple[str, str | None, str | None]]:
    """Returns (name, e-mail, phone) of everybody, by id."""
    with tenant.acting() as session:
        found = session.scalars(select(Contact).where(Contact.archived_at.is_(None)).order_by(Contact.id))
        return [(one.name, one.email, one.phone) for one in found]


def tags_of(tenant: Tenant, email: str) -> list[str]:
    """Returns the tags of the person with this e-mail."""
    with tenant.acting() as session:
        found = session.scalars(
            select(Tag.name)
            .join(
                ContactTag,
                (ContactTag.tag_id == Tag.id) & (ContactTag.organization_id == Tag.organization_id),
            )
            .join(
                Contact,
                (Contact.id == ContactTag.contact_id) & (Contact.organization_id == Tag.organization_id),
            )
            .where(Contact.email_key == email)
            .order_by(Tag.name)
        )
        return list(found)
