"""Whether the database stands where this code needs it: at its newest migration or beyond.

Code never runs on an older schema: pages say that the house is being brought up to date, workers and the clock wait,
and all go on by themselves once `migrate` has run. A newer schema is fine, since migrations only add (docs/operations.md).
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, text
from sqlalchemy.exc import ProgrammingError

from loumass.core.database import engine

VERSIONS = Path(__file__).resolve().parents[2] / "migrations" / "versions"
#: SQLSTATE of a table that is not there, and of one that nobody let us read: both stand before `migrate`.
_NOT_YET = ("42P01", "42501")
_known: Engine | None = None


def newest() -> str:
    """The revision that this code brings: the number that its last migration's file begins with."""
    return max(path.stem.partition("_")[0] for path in VERSIONS.glob("[0-9]*.py"))


def standing() -> str | None:
    """The revision that the database stands at; None before the first. Raises DBAPIError when it is away."""
    try:
        with engine().connect() as connection:
            return connection.scalar(text("SELECT version_num FROM alembic_version"))
    except ProgrammingError as problem:
        if getattr(problem.orig, "sqlstate", None) in _NOT_YET:
            return None
        raise


def lacks() -> str | None:
    """What the database lacks, as one sentence; None when this code may run on it. Raises DBAPIError."""
    global _known  # noqa: PLW0603  one process, one pool; a schema never goes back
    if _known is engine():
        return None
    found = standing()
    if found is not None and int(found) >= int(newest()):
        _known = engine()
        return None
    return f"The database stands at {found or 'nothing'} and this release needs {newest()}: run `flask --app wsgi migrate`."
