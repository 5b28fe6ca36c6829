"""Secrets: for one's own machine made once and kept in a private file that git never sees.

`python -m loumass.starting.keys [name]` (`make keys`) prints fresh ones for an installation.
"""

from __future__ import annotations

import base64
import os
import secrets
import sys
from pathlib import Path

from loumass.embedded import Broken


def development_keys(path: Path) -> dict[str, str]:
    """SECRET_KEY, SEALING_KEYS and HASH_KEY from `path`; made and written (mode 0600) when it is missing.

    Raises Broken when the file cannot be read or a key is missing: what is sealed would be lost with a new one.
    """
    try:
        if not path.exists():
            _write(path, fresh_keys())
        lines = path.read_text().splitlines()
    except OSError as problem:
        raise Broken(f"The keys in {path} cannot be read or made: {problem.strerror}.") from problem
    keys = dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))
    if missing := sorted(fresh_keys().keys() - keys.keys()):
        raise Broken(
            f"{path} lacks {', '.join(missing)}; put it back, or remove the file and the data beside it."
        )
    return keys


def fresh_keys(name: str = "k1") -> dict[str, str]:
    """New secrets; the sealing key is called `name`."""
    return {
        "SECRET_KEY": secrets.token_urlsafe(48),
        "SEALING_KEYS": f"{name}:{_random_key()}",
        "HASH_KEY": _random_key(),
    }


def _random_key() -> str:
    return base64.b64encode(secrets.token_bytes(32)).decode()


def _write(path: Path, keys: dict[str, str]) -> None:
    """Complete or not at all: half a file would look like lost keys."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(
            "# Keys of this development machine. Losing them loses what is sealed in its database.\n"
        )
        stream.writelines(f"{name}={value}\n" for name, value in keys.items())
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.rename(path)


if __name__ == "__main__":
    for variable, value in fresh_keys(*sys.argv[1:2]).items():
        print(f"{variable}={value}")
