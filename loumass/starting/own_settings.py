"""`.env` beside the Makefile: what this development machine wants otherwise. Git never sees it."""

from __future__ import annotations

from pathlib import Path

from loumass.config import VARIABLES
from loumass.embedded import Broken

#: Read by libraries, not by `config.py`; docs/operations.md lists them with the others.
OTHERS = ("WEB_CONCURRENCY", "AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT")


def own_settings(path: Path) -> dict[str, str]:
    """What `path` says, one NAME=value a line; nothing when there is no such file.

    Raises Broken with the line that cannot be understood or names nothing that Loumass reads: a typing
    error that is passed over in silence is looked for in the wrong place.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as problem:
        raise Broken(f"{path} cannot be read: {problem}.") from problem
    return dict(_setting(path, number, line) for number, line in enumerate(lines, 1) if _says_something(line))


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.lstrip().startswith("#")


def _setting(path: Path, number: int, line: str) -> tuple[str, str]:
    name, equals, value = line.partition("=")
    name, value = name.strip().removeprefix("export ").strip(), value.strip()
    if not equals:
        raise Broken(f"Line {number} of {path} is not NAME=value: {line.strip()}")
    if name not in VARIABLES and name not in OTHERS:
        raise Broken(
            f"Line {number} of {path} sets {name}, which Loumass does not know; docs/operations.md lists what it knows."
        )
    if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"":
        value = value[1:-1]
    return name, value
