"""Lists on their way in: a file is uploaded, its columns are matched, and it is let in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import IO, Annotated, Any, Literal
from uuid import UUID

from flask import Response, g
from pydantic import Field

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts import import_queries as queries
from loumass.contacts.api.blueprint import api
from loumass.contacts.api.models import TagName
from loumass.contacts.downloads import csv_download
from loumass.contacts.importing import steering, uploads
from loumass.contacts.importing.options import Existing, ImportOptions
from loumass.contacts.models import ContactImport
from loumass.contacts.tables.shape import Encoding
from loumass.core import storage
from loumass.core.api import TABLES, ApiModel, endpoint
from loumass.core.api.afterwards import afterwards
from loumass.core.api.models import Done, Flag, Line, PageOut, PageQuery, RowModel, paged
from loumass.core.database import db
from loumass.core.tenancy import get_or_404

Target = Annotated[str, Field(max_length=80, pattern=r"^[a-z0-9_:]+$")]


class UploadQuery(ApiModel):
    """What the file is called; with `starts` it is let in at once, its columns matched by their names."""

    file_name: Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")] = "list.csv"
    starts: Flag = "false"
    existing: Existing = "fill"
    tags: Annotated[list[TagName], Field(default_factory=list, max_length=20)]
    verifies: Flag = "false"


class ColumnOut(ApiModel):
    """A column, and where it goes (`ignore`: nowhere)."""

    label: str
    target: str


class ImportOut(ApiModel):
    """A list: what became of it so far, and where its columns go."""

    id: UUID
    file_name: str
    file_size: int
    state: str
    columns: list[ColumnOut]
    lacking: list[str]
    rows_read: int
    created_count: int
    updated_count: int
    skipped_count: int
    refused_count: int
    suppressed_count: int
    problem: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @classmethod
    def of(cls, row: ContactImport) -> ImportOut:
        options = ImportOptions.of(row)
        columns = [ColumnOut(label=one.label, target=_target(one)) for one in options.mapping.columns]
        plain = {name: getattr(row, name) for name in cls.model_fields if name not in ("columns", "lacking")}
        return cls(**plain, columns=columns, lacking=[str(one) for one in options.mapping.problems()])


class MatchBody(ApiModel):
    """Where each column goes, in their order: a field, `field:<key>` for one of your own, or `ignore`."""

    targets: Annotated[list[Target], Field(min_length=1, max_length=500)]
    existing: Existing = "fill"
    tags: Annotated[list[TagName], Field(default_factory=list, max_length=20)]
    source: Line = ""
    verifies: bool = False


class ShapeBody(ApiModel):
    """How the file is read; what is left out stays as it was found out. `delimiter`: one of `,` `;` tab `|`; `sheet`: of a workbook."""

    has_header: bool | None = None
    encoding: Encoding | None = None
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    quote: Literal['"', "'"] | None = None
    sheet: Annotated[str, Field(max_length=200, pattern=r"^[^\x00]*$")] | None = None


class RefusalQuery(PageQuery):
    """Refused rows of one kind."""

    code: Annotated[str, Field(max_length=40, pattern=r"^[a-z_]*$")] | None = None


class RefusalOut(RowModel):
    """A row that did not go in, and why."""

    line: int
    code: str
    column: str
    value: str
    reason: str
    cells: list[Any]


@endpoint(api, "GET", "/imports", asks=PageQuery, answers=PageOut[ImportOut])
@requires("contacts.import")
def list_imports(query: PageQuery) -> PageOut[ImportOut]:
    """Every list that was brought, the latest first."""
    return paged(queries.imports(query.cursor, size=query.limit), ImportOut.of)


@endpoint(
    api,
    "POST",
    "/imports",
    asks=UploadQuery,
    answers=ImportOut,
    status=201,
    uploads=TABLES,
    also=["/leads/import"],
)
@requires("contacts.import")
def upload(query: UploadQuery, file: IO[bytes]) -> ImportOut:
    """Bring a list (CSV, TSV or XLSX as the body)."""
    row = uploads.receive(file, query.file_name, g.organization.country)
    db().flush()
    audit("import.uploaded", "contact_import", row.id, bytes=row.file_size)
    if query.starts == "true":
        verifies = query.verifies == "true"
        chosen = ImportOptions.of(row).chosen(
            existing=query.existing, tags=query.tags, source="", verifies=verifies
        )
        row.options = chosen.as_json()
        _start(row)
    else:
        steering.look_ahead(row)
    return ImportOut.of(row)


@endpoint(api, "GET", "/imports/<uuid:import_id>", answers=ImportOut)
@requires("contacts.import")
def read_import(import_id: UUID) -> ImportOut:
    """One list: how far it is, or what became of it."""
    return ImportOut.of(get_or_404(ContactImport, import_id))


@endpoint(api, "PUT", "/imports/<uuid:import_id>/matching", takes=MatchBody, answers=ImportOut)
@requires("contacts.import")
def match(import_id: UUID, body: MatchBody) -> ImportOut:
    """Say where its columns go, and what happens to people we know."""
    row = get_or_404(ContactImport, import_id, lock=True)
    steering.choose(
        row, body.targets, existing=body.existing, tags=body.tags, source=body.source, verifies=body.verifies
    )
    return ImportOut.of(row)


@endpoint(api, "PUT", "/imports/<uuid:import_id>/shape", takes=ShapeBody, answers=ImportOut)
@requires("contacts.import")
def reshape_import(import_id: UUID, body: ShapeBody) -> ImportOut:
    """Read the same file in another way; its columns are matched anew."""
    row = get_or_404(ContactImport, import_id, lock=True)
    before = ImportOptions.of(row).shape
    said = body.model_dump(exclude_none=True)
    if "encoding" in said:
        said["has_bom"] = before.has_bom and said["encoding"] == before.encoding
    steering.reshape(row, replace(before, **said))
    return ImportOut.of(row)


@endpoint(api, "POST", "/imports/<uuid:import_id>/start", answers=ImportOut)
@requires("contacts.import")
def start_import(import_id: UUID) -> ImportOut:
    """Let it in."""
    row = get_or_404(ContactImport, import_id, lock=True)
    _start(row)
    return ImportOut.of(row)


@endpoint(api, "POST", "/imports/<uuid:import_id>/cancel", answers=ImportOut)
@requires("contacts.import")
def cancel_import(import_id: UUID) -> ImportOut:
    """Stop it before its next rows; what went in stays in."""
    row = get_or_404(ContactImport, import_id, lock=True)
    steering.cancel(row)
    audit("import.cancelled", "contact_import", row.id)
    return ImportOut.of(row)


@endpoint(api, "POST", "/imports/<uuid:import_id>/again", answers=ImportOut)
@requires("contacts.import")
def go_on_importing(import_id: UUID) -> ImportOut:
    """Go on with one that failed, where it stopped."""
    row = get_or_404(ContactImport, import_id, lock=True)
    steering.again(row)
    return ImportOut.of(row)


@endpoint(api, "DELETE", "/imports/<uuid:import_id>", answers=Done)
@requires("contacts.import")
def discard_import(import_id: UUID) -> Done:
    """Throw a file away that was not let in."""
    row = get_or_404(ContactImport, import_id, lock=True)
    key, name = row.file_key, row.file_name
    steering.discard(row)
    afterwards(lambda: storage.delete(key))
    return Done(done=f"{name} was thrown away. Nobody was saved from it.", count=1)


@endpoint(api, "GET", "/imports/<uuid:import_id>/refusals", asks=RefusalQuery, answers=PageOut[RefusalOut])
@requires("contacts.import")
def list_refusals(import_id: UUID, query: RefusalQuery) -> PageOut[RefusalOut]:
    """Rows that did not go in, each with its reason."""
    get_or_404(ContactImport, import_id)
    return paged(queries.refusals(import_id, query.code, query.cursor, size=query.limit), RefusalOut.of)


@endpoint(api, "GET", "/imports/<uuid:import_id>/refused.csv", gives="text/csv")
@requires("contacts.export")
def export_refusals(import_id: UUID) -> Response:
    """The refused rows as a file, to be mended and brought again."""
    row = get_or_404(ContactImport, import_id)
    labels = ImportOptions.of(row).labels
    audit("import.refused_exported", "contact_import", row.id, rows=row.refused_count)
    db().commit()
    header = [label for label in labels if label not in uploads.REFUSED_COLUMNS]
    return csv_download(
        "refused.csv", [*header, *uploads.REFUSED_COLUMNS], lambda: queries.refused_cells(import_id, labels)
    )


def _start(row: ContactImport) -> None:
    steering.start(row)
    audit("import.started", "contact_import", row.id)


def _target(column: Any) -> str:
    return f"field:{column.key}" if column.target == "field" else column.target
