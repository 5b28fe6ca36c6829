"""The pages of lists on their way in: upload, match columns, watch, read the result."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from flask import (
    Blueprint,
    flash,
    g,
    redirect,
    render_template,
    request,
    url_for,
)
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.accounts.service import audit
from loumass.contacts import import_queries as queries
from loumass.contacts.downloads import csv_download
from loumass.contacts.importing import preview, steering, uploads
from loumass.contacts.importing.options import ImportOptions
from loumass.contacts.models import ContactImport
from loumass.contacts.refusals import CODES
from loumass.contacts.tables.delimiters import named_delimiter
from loumass.contacts.tables.shape import DELIMITER_NAMES, ENCODING_NAMES, Shape, TableRefused
from loumass.core import storage
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.tenancy import get_or_404

pages = Blueprint("imports", __name__)
_ENCODINGS = [
    ("utf-8", "UTF-8"),
    ("cp1252", "Windows-1252"),
    ("utf-16-le", "UTF-16"),
    ("utf-16-be", "UTF-16, big end first"),
]


@pages.get("/imports")
@requires("contacts.import")
def index() -> ResponseReturnValue:
    """Every list that was brought, newest first."""
    cursor = request.args.get("after") or request.args.get("before")
    return render_template(
        "imports/index.html", page=queries.imports(cursor), names=queries.names_of_uploaders()
    )


@pages.get("/imports/new")
@requires("contacts.import")
def new() -> ResponseReturnValue:
    """Where a file is chosen."""
    return render_template("imports/new.html")


@pages.post("/imports")
@requires("contacts.import")
def create() -> ResponseReturnValue:
    """Takes a file; its columns are matched on the next page."""
    file = request.files.get("file")
    if file is None or not file.filename:
        return render_template("imports/new.html", problem="Choose a file first."), 422
    try:
        row = uploads.receive(file.stream, file.filename, g.organization.country)
    except TableRefused as refusal:
        return render_template("imports/new.html", problem=refusal.sentence, file_name=file.filename), 422
    db().flush()
    steering.look_ahead(row)
    audit("import.uploaded", "contact_import", row.id, bytes=row.file_size)
    db().commit()
    return redirect(url_for(".show", import_id=row.id), 303)


@pages.get("/imports/<uuid:import_id>")
@requires("contacts.import")
def show(import_id: UUID) -> ResponseReturnValue:
    """Whatever the list needs or shows now: matching, progress, or the result."""
    row = get_or_404(ContactImport, import_id)
    if row.state == "uploaded":
        return _matching(row)
    if row.state == "running":
        return _progress("imports/progress.html", row)
    return _result(row)


@pages.get("/imports/<uuid:import_id>/progress")
@requires("contacts.import")
def progress(import_id: UUID) -> ResponseReturnValue:
    """The part of the page that moves; a finished list sends its reader to the result."""
    row = get_or_404(ContactImport, import_id)
    if row.state != "running":
        return "", 200, {"HX-Redirect": url_for(".show", import_id=import_id)}
    return _progress("imports/_progress.html", row)


@pages.post("/imports/<uuid:import_id>/matching")
@requires("contacts.import")
def match(import_id: UUID) -> ResponseReturnValue:
    """Keeps where columns go and what happens to people we know."""
    row = get_or_404(ContactImport, import_id, lock=True)
    is_by_itself = bool(request.headers.get("HX-Request"))
    if is_by_itself and row.state != "uploaded":
        # The last change was on its way when somebody pressed Start, which took it along.
        return "", 200, {"HX-Redirect": url_for(".show", import_id=import_id)}
    _keep_choices(row)
    db().commit()
    if is_by_itself:
        return _matching(row)
    return redirect(url_for(".show", import_id=import_id), 303)


@pages.post("/imports/<uuid:import_id>/shape")
@requires("contacts.import")
def reshape(import_id: UUID) -> ResponseReturnValue:
    """Reads the same file with another delimiter, encoding, quote, header or sheet."""
    row = get_or_404(ContactImport, import_id, lock=True)
    try:
        steering.reshape(row, _shape_chosen(ImportOptions.of(row).shape))
    except TableRefused as refusal:
        return _matching(row, problem=refusal.sentence), 422
    db().commit()
    return redirect(url_for(".show", import_id=import_id), 303)


@pages.post("/imports/<uuid:import_id>/start")
@requires("contacts.import")
def start(import_id: UUID) -> ResponseReturnValue:
    """Lets the list in."""
    row = get_or_404(ContactImport, import_id, lock=True)
    try:
        if "target" in request.form:
            _keep_choices(row)
        steering.start(row)
    except Refused as refusal:
        return _matching(row, problem=refusal.sentence), 422
    audit("import.started", "contact_import", row.id)
    db().commit()
    return redirect(url_for(".show", import_id=import_id), 303)


@pages.post("/imports/<uuid:import_id>/cancellation")
@requires("contacts.import")
def cancel(import_id: UUID) -> ResponseReturnValue:
    """Stops the list before its next rows."""
    row = get_or_404(ContactImport, import_id, lock=True)
    steering.cancel(row)
    audit("import.cancelled", "contact_import", row.id)
    db().commit()
    return redirect(url_for(".show", import_id=import_id), 303)


@pages.post("/imports/<uuid:import_id>/continuation")
@requires("contacts.import")
def again(import_id: UUID) -> ResponseReturnValue:
    """Goes on with a list that failed."""
    steering.again(get_or_404(ContactImport, import_id, lock=True))
    db().commit()
    return redirect(url_for(".show", import_id=import_id), 303)


@pages.post("/imports/<uuid:import_id>/removal")
@requires("contacts.import")
def discard(import_id: UUID) -> ResponseReturnValue:
    """Throws an uploaded file away before it was let in."""
    row = get_or_404(ContactImport, import_id, lock=True)
    key, name = row.file_key, row.file_name
    steering.discard(row)
    db().commit()
    storage.delete(key)
    flash(f"{name} was thrown away. Nobody was saved from it.", "done")
    return redirect(url_for(".index"), 303)


@pages.get("/imports/<uuid:import_id>/refused.csv")
@requires("contacts.export")
def refused(import_id: UUID) -> ResponseReturnValue:
    """The refused rows as they were, each with its line and reason; formula cells are made harmless."""
    row = get_or_404(ContactImport, import_id)
    labels = ImportOptions.of(row).labels
    audit("import.refused_exported", "contact_import", row.id, rows=row.refused_count)
    db().commit()
    header = [label for label in labels if label not in uploads.REFUSED_COLUMNS]
    name = f"refused rows of {row.file_name.rpartition('.')[0] or row.file_name}.csv"
    return csv_download(
        name, [*header, *uploads.REFUSED_COLUMNS], lambda: queries.refused_cells(import_id, labels)
    )


def _progress(template: str, row: ContactImport) -> str:
    """By rows where their number is known, else by bytes; of a long workbook neither is."""
    done, whole = row.rows_read, row.row_count or 0
    if not whole and ImportOptions.of(row).shape.kind == "delimited":
        done, whole = (row.position or {}).get("offset", 0), row.file_size
    return render_template(template, row=row, done=done, whole=whole)


def _keep_choices(row: ContactImport) -> None:
    steering.choose(
        row,
        request.form.getlist("target"),
        existing=request.form.get("existing", "fill"),
        tags=request.form.get("tags", "").split(","),
        source=request.form.get("source", ""),
        verifies=request.form.get("verifies") == "1",
    )


def _shape_chosen(before: Shape) -> Shape:
    form = request.form
    has_header = form.get("has_header", "1" if before.has_header else "0") == "1"
    if before.kind == "workbook":
        return replace(before, has_header=has_header, sheet=form.get("sheet", before.sheet))
    encoding = form.get("encoding", before.encoding)
    if encoding not in ENCODING_NAMES or form.get("quote", before.quote) not in {'"', "'"}:
        raise Refused("Choose one of the encodings and quote characters that are offered.")
    return replace(
        before,
        has_header=has_header,
        encoding=encoding,
        has_bom=before.has_bom and encoding == before.encoding,
        delimiter=named_delimiter(form.get("delimiter", before.delimiter)),
        quote=form.get("quote", before.quote),
    )


def _matching(row: ContactImport, problem: str = "") -> str:
    options = ImportOptions.of(row)
    titles, rows = preview.preview(options)
    columns = preview.columns(options)
    return render_template(
        "imports/match.html",
        row=row,
        options=options,
        columns=columns,
        choices=[preview.choices(options, column) for column in columns],
        open_count=sum(column.choice.is_open for column in columns),
        problem=problem,
        problems=options.mapping.problems(),
        titles=titles,
        preview=rows,
        shows_problems=request.args.get("rows") == "problems",
        encoding_choices=_ENCODINGS,
        delimiters=DELIMITER_NAMES,
        sheet_choices=[(name, name) for name in options.sheets],
        tags=queries.tag_names(),
    )


def _result(row: ContactImport) -> str:
    code = request.args.get("code") or None
    cursor = request.args.get("after") or request.args.get("before")
    counts = queries.refusals_by_code(row.id)
    return render_template(
        "imports/result.html",
        row=row,
        options=ImportOptions.of(row),
        verification=queries.verification_of(row.id),
        who=queries.names_of_uploaders().get(row.created_by_id),
        page=queries.refusals(row.id, code, cursor),
        codes=[(one, CODES.get(one, "Other"), count) for one, count in counts],
    )
