"""One slice of an import: read a chunk, decide, put it in, move the cursor; again until the time is up.

Reading and validating happen outside any transaction. The cursor commits with the rows before it, so a
killed worker's successor goes on at the right byte and doubles nothing.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import func, insert, select, text
from sqlalchemy.exc import DataError, DBAPIError

from loumass.accounts.members import sees_only_own
from loumass.accounts.models import Membership, User
from loumass.contacts.importing import staging, upserting
from loumass.contacts.importing.deciding import Decided, Decider
from loumass.contacts.importing.looking_ahead import NOBODY_MEANT, Meant, meant_by, still_holds
from loumass.contacts.importing.matching import Match, find_matches
from loumass.contacts.importing.options import ImportOptions
from loumass.contacts.importing.reading import Piece, pieces_of
from loumass.contacts.importing.uploads import stored_table
from loumass.contacts.models import ContactImport, ImportRefusal
from loumass.contacts.room import room_for_people
from loumass.contacts.tables.shape import Cursor, RefusedRow, TableRefused
from loumass.contacts.validation import RowReader
from loumass.contacts.verifying.asking import begin_for_import
from loumass.core import clock, live, storage
from loumass.core.database import db
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id, get, transaction
from loumass.events.service import publish

CHUNK_ROWS = 5_000
#: The agenda hides a running job for a minute; a slice stays well below.
SLICE_SECONDS = 20.0
#: A workbook cannot be entered in the middle: each slice reads its way there again, so slices are few.
WORKBOOK_SLICE_SECONDS = 200.0
#: Somebody entered one of these people meanwhile (the next try finds them); serialization failure, deadlock, and a
#: lock that was not free in time: all pass by themselves.
_IN_EACH_OTHERS_WAY = ("23505", "40001", "40P01", "55P03")
_TRIES = 5
log = structlog.get_logger("imports")


class _Cancelled(Exception):
    """A person asked to stop."""


class _Moved(Exception):
    """Another worker, a cancellation or the end was there first."""


def run_slice(import_id: UUID) -> bool:
    """Puts chunks in for up to `SLICE_SECONDS`; returns whether more remain."""
    with transaction():
        row = get(ContactImport, import_id)
        if row is None or row.state != "running":
            return False
        options, position = ImportOptions.of(row), _position(row)
        owners = owners_by_name()
    if row.cancel_asked_at is not None:
        _close(import_id, "cancelled")
        return False
    try:
        return _put_in_chunks(row, options, position, owners)
    except TableRefused as refusal:
        _fail(import_id, refusal.sentence)
    except _Cancelled:
        _close(import_id, "cancelled")
    except _Moved:
        log.info("import.moved_on", import_id=str(import_id))
    return False


def _put_in_chunks(
    row: ContactImport, options: ImportOptions, position: Cursor | None, owners: dict[str, UUID]
) -> bool:
    is_text = options.shape.kind == "delimited"
    ends_at = time.monotonic() + (SLICE_SECONDS if is_text else WORKBOOK_SLICE_SECONDS)
    reader = RowReader(options.mapping, options.country, owners=owners)
    before = NOBODY_MEANT
    for piece in pieces_of(stored_table(row, options), reader, owners, position, CHUNK_ROWS, row.id):
        # The piece before may have gone in after the look.
        is_foreseen = not piece.meant.meets(before)
        before = _put_in_somehow(row.id, options, piece if is_foreseen else piece._replace(looked=None))
        if time.monotonic() > ends_at:
            return True
    _close(row.id, "done")
    return False


def _put_in_somehow(import_id: UUID, options: ImportOptions, piece: Piece) -> Meant:
    """Returns whom the rows meant. Tries again where others were in the way, a few times: what never passes must not be tried for ever.

    Raises TableRefused then, and for values that the database does not take.
    """
    for tries_left in reversed(range(_TRIES)):
        try:
            with transaction():
                return _put_in(import_id, options, piece)
        except DBAPIError as error:
            sqlstate = getattr(error.orig, "sqlstate", None)
            is_passing = sqlstate in _IN_EACH_OTHERS_WAY
            if is_passing and tries_left:
                piece = piece._replace(looked=None)
                continue
            if not is_passing and not isinstance(error, DataError):
                raise
            # Without the error itself: it would carry the rows into the log.
            log.error("import.not_taken", import_id=str(import_id), sqlstate=sqlstate)
            raise _NotTaken(piece, is_passing=is_passing) from None
    return NOBODY_MEANT


class _NotTaken(TableRefused):
    """Rows that the database does not take; the sentence says which."""

    def __init__(self, piece: Piece, *, is_passing: bool) -> None:
        first = piece.before.line + 1 if piece.before else 1
        why = (
            "were entered by somebody else at the same time. Try to go on."
            if is_passing
            else "hold a value that cannot be kept. Take it out of the file and upload the rest."
        )
        super().__init__(f"Somewhere in lines {first:,} to {piece.after.line:,}, rows {why}")


def _put_in(import_id: UUID, options: ImportOptions, piece: Piece) -> Meant:
    row = _claim(import_id, piece.before)
    refused, meant = piece.refused, NOBODY_MEANT
    if piece.staged:
        staging.stage(piece.staged)
        matches = _matches(import_id, piece)
        meant = meant_by(piece.rows, matches)
        decided = _decide(options, piece, matches)
        refused = sorted([*refused, *decided.refused])
        staging.settle(decided)
        if sees_only_own(row.created_by_id):
            staging.keep_to(row.created_by_id)
        staged = upserting.Staged(decided.new, len(decided.known), any(one.tags for one in piece.rows))
        counts = upserting.upsert(import_id, options.existing, options.tags, options.source, staged)
        row.created_count += counts.created
        row.updated_count += counts.updated
        row.skipped_count += counts.unchanged
        row.suppressed_count += decided.suppressed
    _keep_refusals(import_id, refused)
    row.refused_count += len(refused)
    row.rows_read += len(piece.rows) + len(piece.refused)
    row.next_line = piece.after.line + 1
    row.position = piece.after._asdict()
    announce(f"import:{import_id}")
    figures = {
        "read": row.rows_read,
        "of": row.row_count,
        "created": row.created_count,
        "refused": row.refused_count,
    }
    live.tell("import.progress", import_id=import_id, facts=figures)
    return meant


def _decide(options: ImportOptions, piece: Piece, matches: Mapping[int, Match]) -> Decided:
    """Returns what becomes of the staged piece's rows, against the people we know now."""
    labels = {choice.target: choice.label for choice in options.mapping.columns}
    return Decider(labels, room_for_people()).decide(piece.rows, matches)


def _matches(import_id: UUID, piece: Piece) -> Mapping[int, Match]:
    if piece.looked is not None and still_holds(import_id, piece.looked):
        return piece.looked.matches
    return find_matches(import_id)


def owners_by_name() -> dict[str, UUID]:
    """Returns the organization's members by e-mail and by name, in lower case."""
    found = db().execute(
        select(User.id, User.email_key, func.lower(User.name))
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id())
    )
    return {name: user_id for user_id, email, full in found for name in (full, email)}


def _claim(import_id: UUID, before: Cursor | None) -> ContactImport:
    """Locks the import and makes sure that nobody else has put this chunk in. One import at a time per organization,
    so that two lists with the same people do not block each other half-way.
    """
    organization_id = current_organization_id()
    # A crash may take the last chunks, together with the cursor that counts them: nothing waits for the disk here.
    db().execute(text("SET LOCAL synchronous_commit = off"))
    # Short statements, again and again: compiling one costs more than running it.
    db().execute(text("SET LOCAL jit = off"))
    db().execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"import {organization_id}"}
    )
    row = get(ContactImport, import_id, lock=True)
    if row is None or row.state != "running" or _position(row) != before:
        raise _Moved
    if row.cancel_asked_at is not None:
        raise _Cancelled
    return row


def _position(row: ContactImport) -> Cursor | None:
    return Cursor(row.position["line"], row.position["offset"]) if row.position else None


def _keep_refusals(import_id: UUID, refused: Sequence[RefusedRow]) -> None:
    rows: list[dict[str, Any]] = [
        {
            "import_id": import_id,
            "line": one.line,
            "code": one.code,
            "column": one.column,
            "value": one.value,
            "reason": one.reason,
            "cells": one.values,
        }
        for one in refused
    ]
    if rows:
        db().execute(insert(ImportRefusal), rows)


def _close(import_id: UUID, state: str) -> None:
    """The end, good or wished for: nothing of the file is kept beyond its people and its refused rows."""
    with transaction():
        row = get(ContactImport, import_id, lock=True)
        if row is None or row.state != "running":
            return
        key = row.file_key
        row.state, row.finished_at = state, clock.now()
        row.row_count = row.rows_read if state == "done" else row.row_count
        if state == "done" and ImportOptions.of(row).verifies:
            begin_for_import(row)
        forget_file(row)
        publish("import.finished", facts={"import_id": str(import_id), "state": state})
        announce(f"import:{import_id}")
    storage.delete(key)


def forget_file(row: ContactImport) -> None:
    """Leaves no value of the file in the row; the caller deletes the file after the commit."""
    row.options = ImportOptions.of(row).without_people().as_json()
    row.file_key = ""


def _fail(import_id: UUID, sentence: str) -> None:
    with transaction():
        row = get(ContactImport, import_id, lock=True)
        if row is None or row.state != "running":
            return
        row.state, row.problem, row.finished_at = "failed", sentence, clock.now()
        publish("import.finished", facts={"import_id": str(import_id), "state": "failed"})
        announce(f"import:{import_id}")
