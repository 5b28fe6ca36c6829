"""Long lists for PostgreSQL as the literals of its arrays: ten times quicker than value by value through the driver."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID


def uuid_array(values: Iterable[UUID | None]) -> str:
    """What `CAST(:ids AS uuid[])` takes; None becomes NULL."""
    return "{" + ",".join([one.hex if one is not None else "NULL" for one in values]) + "}"


def integer_array(values: Iterable[int]) -> str:
    """What `CAST(:numbers AS integer[])` takes."""
    return "{" + ",".join(map(str, values)) + "}"


def boolean_array(values: Iterable[bool]) -> str:
    """What `CAST(:flags AS boolean[])` takes."""
    return "{" + ",".join(["t" if one else "f" for one in values]) + "}"


def joined_arrays(literals: Iterable[str]) -> str:
    """One literal of all the elements. What PostgreSQL wrote as text goes back as it came, and nothing is parsed."""
    return "{" + ",".join([one[1:-1] for one in literals if one != "{}"]) + "}"
