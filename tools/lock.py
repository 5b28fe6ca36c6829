"""Compiles pyproject.toml into the lock files, pinned and hashed for every supported platform and Python.

Usage: python tools/lock.py [--check | --upgrade]
Without arguments pins stay where they still fit. `--check` needs no network: the first line of each lock
says what it was compiled from.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
LOCKS = {
    "requirements.txt": ["pyproject.toml"],
    # The dev lock holds everything of the other one at the same versions.
    "requirements-dev.txt": ["pyproject.toml", "--group", "dev", "--constraint", "requirements.txt"],
}
OPTIONS = ["--universal", "--generate-hashes", "--no-header", "--quiet"]
PIN = re.compile(r"^([a-z0-9._-]+)==(\S+)", re.MULTILINE | re.IGNORECASE)


def compile_all(arguments: list[str]) -> int:
    """Writes both locks; the first failing exit status, else 0."""
    project = read_project()
    oldest = project["project"]["requires-python"].removeprefix(">=")
    for lock, sources in LOCKS.items():
        path = CHECKOUT / lock
        told = [*sources, "--output-file", lock, "--python-version", oldest, *OPTIONS, *arguments]
        done = subprocess.run(
            ["uv", "pip", "compile", *told], cwd=CHECKOUT, check=False, stdout=subprocess.DEVNULL
        )
        if done.returncode != 0:
            print(f"{lock} was not compiled; uv's words are above.", file=sys.stderr)
            return done.returncode
        path.write_text(f"{stamp(lock, project)}\n{path.read_text()}")
        print(f"{lock}: {len(PIN.findall(path.read_text()))} packages")
    return 0


def problems() -> list[str]:
    """What is wrong with the locks, one sentence each."""
    project = read_project()
    texts = {lock: (CHECKOUT / lock).read_text() for lock in LOCKS}
    found = [
        f"{lock} was not compiled from this pyproject.toml: run `make lock`."
        for lock, text in texts.items()
        if text.partition("\n")[0] != stamp(lock, project)
    ]
    base, dev = (set(PIN.findall(text)) for text in texts.values())
    found += [f"requirements-dev.txt lacks {name}=={version}." for name, version in sorted(base - dev)]
    for lock, text in texts.items():
        for block in re.split(r"\n(?=\S)", text):
            if PIN.match(block) and "--hash=sha256:" not in block:
                found.append(f"{lock}: {block.split()[0]} has no hash.")
    return found


def stamp(lock: str, project: dict) -> str:
    """The first line of `lock`: a digest of everything it depends on in pyproject.toml."""
    wanted = [project["project"]["requires-python"], *sorted(project["project"]["dependencies"])]
    if "dev" in lock:
        wanted += sorted(project["dependency-groups"]["dev"])
    digest = hashlib.sha256(json.dumps(wanted).encode()).hexdigest()
    return f"# Compiled by `make lock` from dependencies sha256:{digest}"


def read_project() -> dict:
    """pyproject.toml."""
    return tomllib.loads((CHECKOUT / "pyproject.toml").read_text())


if __name__ == "__main__":
    if "--check" in sys.argv:
        wrong = problems()
        print("\n".join(wrong) or "The locks fit pyproject.toml.")
        sys.exit(1 if wrong else 0)
    sys.exit(compile_all(sys.argv[1:]))
