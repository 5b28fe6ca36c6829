"""What a person does with an uploaded list: choose, start, cancel, throw away."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import text

from loumass.contacts import jobs
from loumass.contacts.importing import uploads
from loumass.contacts.importing.forecasting import forecast_now
from loumass.contacts.importing.options import ImportOptions
from loumass.contacts.mapping import apply_choices
from loumass.contacts.models import ContactImport
from loumass.contacts.tables.shape import Shape
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id

#: Small enough to be looked at while the page waits.
AT_ONCE_BYTES = 1_000_000


def choose(
    row: ContactImport,
    targets: Sequence[str],
    *,
    existing: str,
    tags: list[str],
    source: str,
    verifies: bool = False,
) -> None:
    """Keeps a person's choices and forecasts anew where they changed. Raises Refused, and Conflict once started."""
    _must_be(row, "uploaded")
    before = ImportOptions.of(row)
    mapping = apply_choices(before.mapping, targets)
    chosen = replace(before, mapping=mapping).chosen(
        existing=existing, tags=tags, source=source, verifies=verifies
    )
    if replace(before, forecast=None) != chosen:
        row.options = chosen.as_json()
        look_ahead(row)


def reshape(row: ContactImport, shape: Shape) -> None:
    """Reads the same file in another shape. Raises TableRefused, and Conflict once started."""
    _must_be(row, "uploaded")
    row.options = uploads.reshape(row, shape).as_json()
    look_ahead(row)


def discard(row: ContactImport) -> None:
    """Forgets an uploaded list; the caller deletes its file after the commit. Raises Conflict once started."""
    _must_be(row, "uploaded")
    db().delete(row)


def look_ahead(row: ContactImport) -> None:
    """Forecasts at once for a small list, else asks a worker to."""
    if row.file_size <= AT_ONCE_BYTES:
        forecast_now(row)
        return
    db().flush()
    jobs.forecast.later(str(row.id))


def start(row: ContactImport) -> None:
    """Lets the workers put the list in. Raises Refused where the columns are not ready, Conflict once started."""
    _must_be(row, "uploaded")
    options = ImportOptions.of(row)
    problems = options.mapping.problems()
    if problems:
        raise Refused(" ".join(problems))
    _know_fields(options)
    row.state, row.started_at = "running", clock.now()
    row.row_count = options.forecast.rows if options.forecast and options.forecast.is_complete else None
    db().flush()
    jobs.put_in.later(str(row.id))
    announce(f"import:{row.id}")


def cancel(row: ContactImport) -> None:
    """Stops the list before its next chunk; what went in stays in. Raises Conflict where it does not run."""
    _must_be(row, "running")
    row.cancel_asked_at = clock.now()
    jobs.put_in.later(str(row.id))


def again(row: ContactImport) -> None:
    """Goes on with a list that failed, where it stopped. Raises Conflict for any other."""
    _must_be(row, "failed")
    if not row.file_key:
        raise Refused("The file was deleted meanwhile. Upload it again: who went in already is not doubled.")
    row.state, row.problem, row.finished_at = "running", None, None
    jobs.put_in.later(str(row.id))


def _must_be(row: ContactImport, state: str) -> None:
    if row.state != state:
        raise Conflict("This list has moved on meanwhile. Look at its page again.")


def _know_fields(options: ImportOptions) -> None:
    """Columns that become custom fields are offered to everybody from now on."""
    labels = {key: options.mapping.columns[at].label for key, at in options.mapping.fields.items()}
    if labels:
        rows = json.dumps([{"key": key, "called": label} for key, label in labels.items()])
        bound = {"organization_id": current_organization_id(), "rows": rows, "now": clock.now()}
        db().execute(_KNOW_FIELDS, bound)


_KNOW_FIELDS = text("""
    INSERT INTO contact_field (organization_id, key, label, created_at)
    SELECT :organization_id, field.key, field.called, CAST(:now AS timestamptz)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS field(key text, called text)
    ON CONFLICT (organization_id, key) DO NOTHING
""")
