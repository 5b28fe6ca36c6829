"""Everything of an organization in one archive: each table as JSON lines, the readable ones as CSV too, and every file.

Written by a job in slices: rows are read by key and put into parts in the storage; the last slice packs them. What only this
installation can use (sealed credentials, keyed hashes, the agenda) stays out.
"""

from __future__ import annotations

import json
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import IO, Any, cast
from uuid import UUID

from markupsafe import escape
from sqlalchemy import Column, Row, Table, select, tuple_

from loumass.accounts import mail
from loumass.accounts.models import Membership, Organization, OrganizationExport, User
from loumass.accounts.service import audit
from loumass.core import clock, links, storage, words
from loumass.core.database import Base, db
from loumass.core.errors import Conflict
from loumass.core.exports import csv_lines
from loumass.core.storage import FileGone
from loumass.core.tenancy import current_organization_id, get, transaction

#: How long the archive is there.
KEPT = timedelta(days=7)
#: Rows of a slice, and of one statement.
SLICE, CHUNK = 20_000, 500
#: As large as storage takes.
_LARGEST = 1 << 50
_END = "-"
#: What can be made anew from the rest, or is of no use elsewhere.
_LEFT_OUT = frozenset({"agenda", "notice", "attempt", "organization_export", "hit_mark", "unsaved_words"})
_SECRET = ("sealed_", "token", "lease_")
_READABLE = frozenset(
    {"contact", "campaign", "message", "conversation", "task", "suppression", "consent", "audit_entry"}
)
_READ_ME = """Everything of {name}, as it was on {day} (UTC).

tables/   every table, one row a line as JSON
csv/      the tables that people read, as CSV (a cell that a spreadsheet would run begins with an apostrophe)
files/    attachments, recordings and pictures; "file_key" in the tables names them
organization.json   its settings and members

Passwords, credentials of channels and keys are not in it: they work in this installation only.
"""


def begin(user_id: UUID) -> OrganizationExport:
    """A new one, not written yet. Raises Conflict while another is being written."""
    running = select(OrganizationExport.id).where(OrganizationExport.state == "running")
    if db().scalar(running) is not None:
        raise Conflict("An export is being written already. It comes by mail when it is ready.")
    export = OrganizationExport(asked_by_id=user_id)
    db().add(export)
    db().flush()
    audit("organization.export_asked", "organization_export", export.id)
    return export


def latest() -> Sequence[OrganizationExport]:
    """The newest ones first."""
    newest = select(OrganizationExport).order_by(
        OrganizationExport.created_at.desc(), OrganizationExport.id.desc()
    )
    return db().scalars(newest.limit(10)).all()


def write_slice(export_id: UUID) -> bool:
    """Writes the next slice, or packs the archive; returns whether more follows."""
    with ExitStack() as files:
        with transaction():
            export = get(OrganizationExport, export_id)
            if export is None or export.state != "running":
                return False
            began_at = (export.table_name, list(export.after))
            slice_ = _slice(*began_at, files)
        if slice_ is None:
            _pack(export_id)
            return False
        parts = [_kept(name, stream) for name, stream in slice_.streams if stream.tell()]
    with transaction():
        export = get(OrganizationExport, export_id, lock=True)
        is_ours = export is not None and (export.table_name, list(export.after)) == began_at
        if export is not None and is_ours:
            export.table_name, export.after = slice_.table_name, slice_.after
            export.row_count += slice_.rows
            export.parts = [*export.parts, *parts]
    if not is_ours:
        _forget(key for _, key in parts)
    return True


def forget_old() -> None:
    """Archives that ended, and what is left of those that failed."""
    with transaction():
        over = select(OrganizationExport).where(
            OrganizationExport.state.in_(("done", "failed")), OrganizationExport.ends_at <= clock.now()
        )
        found = {one.id: _keys_of(one) for one in db().scalars(over.limit(100))}
    for keys in found.values():
        _forget(keys)
    with transaction():
        for export_id in found:
            export = get(OrganizationExport, export_id, lock=True)
            if export is not None:
                export.state, export.file_key, export.parts = "gone", "", []


def _keys_of(export: OrganizationExport) -> list[str]:
    return [key for key in (export.file_key, *(key for _, key in export.parts)) if key]


def _forget(keys: Iterable[str]) -> None:
    for key in keys:
        storage.delete(key)


def _tables() -> list[Table]:
    return [
        table
        for table in Base.metadata.sorted_tables
        if "organization_id" in table.c and table.name not in _LEFT_OUT and table.name not in ("membership", "invitation")
        and "organization_id" in table.primary_key.c
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Slice:
    """What was read: files of the archive, and where to go on."""

    streams: list[tuple[str, IO[bytes]]]
    rows: int
    table_name: str
    after: list[Any]


def _slice(table_name: str, after: list[Any], files: ExitStack) -> _Slice | None:
    """Up to SLICE rows from the key `after` of a table on; None when all tables are written (their name is "-" then)."""
    tables = {table.name: table for table in _tables()}
    names = [*tables, _END]
    streams, rows, at = list[tuple[str, IO[bytes]]](), 0, names.index(table_name) if table_name else 0
    if names[at] == _END:
        return None
    while names[at] != _END and rows < SLICE:
        found, written, after = _read(tables[names[at]], after, SLICE - rows, files)
        streams, rows = [*streams, *found], rows + written
        if rows < SLICE:
            at, after = at + 1, []
    return _Slice(streams, rows, names[at], after)


def _read(
    table: Table, after: list[Any], most: int, files: ExitStack
) -> tuple[list[tuple[str, IO[bytes]]], int, list[Any]]:
    """Up to `most` rows of `table` after a key, in files that `files` closes; how many, and the key of the last."""
    columns = [
        column
        for column in table.c
        if not column.name.startswith(_SECRET) and not column.name.endswith("_hash")
    ]
    streams = [(f"tables/{table.name}.jsonl", _scratch(files))]
    if table.name in _READABLE:
        streams.append((f"csv/{table.name}.csv", _scratch(files)))
        if not after:
            streams[1][1].write("".join(csv_lines([column.name for column in columns], ())).encode())
    written = 0
    for values, key in _rows(table, columns, after, most):
        plain = [_plain(value) for value in values]
        named = zip((column.name for column in columns), plain, strict=True)
        streams[0][1].write(json.dumps(dict(named)).encode() + b"\n")
        if len(streams) > 1:
            streams[1][1].write(list(csv_lines((), [[_cell(value) for value in plain]]))[1].encode())
        after, written = key, written + 1
    return streams, written, after


def _scratch(files: ExitStack) -> IO[bytes]:
    """In memory while it is small: most tables are."""
    return cast("IO[bytes]", files.enter_context(tempfile.SpooledTemporaryFile(max_size=256 * 1024)))


def _rows(
    table: Table, columns: Sequence[Column[Any]], after: Sequence[Any], most: int
) -> Iterator[tuple[Sequence[Any], list[Any]]]:
    """(values, key) of up to `most` rows after a key, in its order."""
    keys = [column for column in table.primary_key if column.name != "organization_id"]
    ours = table.c.organization_id == current_organization_id()
    last = [_typed(column, value) for column, value in zip(keys, after, strict=False)]
    if after and not keys:
        return
    while most > 0:
        size = min(CHUNK, most)
        statement = select(*columns, *(key.label(f"key_{at}") for at, key in enumerate(keys))).where(ours)
        if last:
            statement = statement.where(tuple_(*keys) > tuple_(*last))
        rows = db().execute(statement.order_by(*keys).limit(size)).all()
        for row in rows:
            values = cast("Row[Any]", row)
            last = list(values[len(columns) :])
            # A table without a key of its own has one row, and is read once.
            yield values[: len(columns)], [_plain(value) for value in last] or [_END]
        # A table without a key of its own has one row.
        most -= len(rows)
        if len(rows) < size or not keys:
            return


def _pack(export_id: UUID) -> None:
    """One archive of all parts and files. It is kept only once it is whole."""
    with transaction():
        export = get(OrganizationExport, export_id)
        organization = db().get_one(Organization, current_organization_id())
        if export is None:
            return
        parts, told = list(export.parts), _told(organization)
        own = {key for one in latest() for key in _keys_of(one)}
    with tempfile.TemporaryFile() as packed:
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            day = clock.now().date().isoformat()
            archive.writestr("README.txt", _READ_ME.format(name=organization.name, day=day))
            archive.writestr("organization.json", json.dumps(told, indent=2))
            for name in dict.fromkeys(name for name, _ in parts):
                with archive.open(name, "w", force_zip64=True) as entry:
                    for key in (key for each, key in parts if each == name):
                        _copy(key, entry)
            for key in (key for key in storage.keys_of_organization() if key not in own):
                _pack_file(archive, key)
        size = packed.tell()
        packed.seek(0)
        kept = storage.store(packed, limit=_LARGEST)
    with transaction():
        export = get(OrganizationExport, export_id, lock=True)
        if export is None:
            return
        export.file_key, export.size, export.state, export.parts = kept.key, size, "done", []
        export.finished_at, export.ends_at = clock.now(), clock.now() + KEPT
        _tell(export, organization)
    mail.ring(organization.id)
    _forget(key for _, key in parts)


def _tell(export: OrganizationExport, organization: Organization) -> None:
    """A mail to whoever asked: where it is, and until when."""
    asker = db().get_one(User, export.asked_by_id)
    link = links.absolute(f"/organization/exports/{export.id}/archive.zip")
    until = words.moment(export.ends_at, organization.timezone)
    subject = f"The export of {organization.name} is ready"
    said = [
        f"Hello {asker.name},",
        f"everything of {organization.name} is in one archive. It is there until {until}, for admins who are signed in.",
        link,
        "It holds everything about your people. Keep it where nobody else reads it.",
    ]
    html = "".join(f"<p>{escape(one)}</p>" for one in said)
    mail.keep(asker.email, " ".join(subject.split()), "\n\n".join(said) + "\n", html)


def _pack_file(archive: zipfile.ZipFile, key: str) -> None:
    """A file as it is: most are packed already. One that somebody deleted meanwhile is left out."""
    info = zipfile.ZipInfo(f"files/{key.rpartition('/')[2]}", clock.now().timetuple()[:6])
    try:
        with archive.open(info, "w", force_zip64=True) as entry:
            _copy(key, entry)
    except FileGone:
        return


def _copy(key: str, into: IO[bytes]) -> None:
    for chunk in storage.chunks(key):
        into.write(chunk)


def _kept(name: str, stream: IO[bytes]) -> list[str]:
    stream.seek(0)
    return [name, storage.store(stream, limit=_LARGEST).key]


def _told(organization: Organization) -> dict[str, Any]:
    columns = (column for column in Organization.__table__.c if not column.name.startswith("deletion"))
    members = db().execute(
        select(User.id, User.name, User.email, Membership.role, Membership.created_at)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == organization.id)
        .order_by(User.name, User.id)
    )
    settings = {column.name: _plain(getattr(organization, column.name)) for column in columns}
    return settings | {
        "members": [{name: _plain(value) for name, value in row._mapping.items()} for row in members]
    }


def _plain(value: Any) -> Any:
    """`value` as JSON keeps it."""
    if isinstance(value, (UUID, Decimal)):
        return str(value)
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, (bytes, memoryview)):
        return bytes(value).hex()
    return [_plain(one) for one in value] if isinstance(value, (list, tuple, set, frozenset)) else value


def _cell(plain: Any) -> Any:
    return json.dumps(plain) if isinstance(plain, (dict, list)) else plain


def _typed(column: Column[Any], value: Any) -> Any:
    """A key as it was before `_plain`."""
    kind = column.type.python_type
    if not isinstance(value, str) or kind is str:
        return value
    if kind is UUID:
        return UUID(value)
    return bytes.fromhex(value) if kind is bytes else kind.fromisoformat(value)
