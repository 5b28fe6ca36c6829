"""Makes `.venv` fit the lock files. Needs nothing but Python itself: it runs before anything is installed.

Usage: python tools/prepare.py [--dev]
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
VENV = CHECKOUT / ".venv"
PYTHON = VENV / "bin" / "python"
#: Lock file -> where the digest of what was installed from it is kept. The dev lock holds the other one whole.
LOCKS = {"requirements.txt": VENV / ".installed", "requirements-dev.txt": VENV / ".installed-dev"}


def main(arguments: list[str]) -> int:
    """Exit status 0 when `.venv` is ready; otherwise 1 and one sentence on standard error."""
    lock = "requirements-dev.txt" if "--dev" in arguments else "requirements.txt"
    if is_installed(lock):
        return 0
    try:
        with (CHECKOUT / ".preparing").open("w") as turn:
            fcntl.flock(turn, fcntl.LOCK_EX)
            return 0 if is_installed(lock) else install(lock)
    except OSError as problem:
        return refuse(
            f"The folder {problem.filename or CHECKOUT} cannot be written ({problem.strerror}); "
            f"use its owner's account, or a clone of your own."
        )


def is_installed(lock: str) -> bool:
    """Whether `.venv` runs and holds what `lock` names."""
    fitting = {name for name, stamp in LOCKS.items() if stamp.exists() and stamp.read_text() == digest(name)}
    return (lock in fitting or "requirements-dev.txt" in fitting) and version_of(PYTHON) is not None


def install(lock: str) -> int:
    """Makes `.venv` where needed and installs `lock` into it, every file checked against its hash."""
    if version_of(PYTHON) is None and (status := make_venv()) != 0:
        return status
    say(f"Installing what {lock} names into .venv (half a minute to a few minutes)...")
    wanted = digest(lock)
    for stamp in LOCKS.values():
        stamp.unlink(missing_ok=True)
    options = ["--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes", "--no-compile"]
    done = subprocess.run(
        [str(PYTHON), "-m", "pip", "install", *options, "-r", str(CHECKOUT / lock)], check=False
    )
    if done.returncode != 0:
        return refuse(
            "The packages could not be installed; pip's words are above. Nothing else was changed. "
            "Check the network (and the proxy), then start again."
        )
    compile_packages()
    LOCKS[lock].write_text(wanted)
    return 0


def compile_packages() -> None:
    """With all processors: pip takes one, for half of its time. What cannot be compiled is nobody's module."""
    folder = next((VENV / "lib").glob("python*/site-packages"))
    subprocess.run([str(PYTHON), "-m", "compileall", "-qq", "-j", "0", str(folder)], check=False)


def make_venv() -> int:
    """Makes `.venv` anew with this Python."""
    if importlib.util.find_spec("ensurepip") is None:
        minor = f"{sys.version_info.major}.{sys.version_info.minor}"
        return refuse(
            f"This Python {minor} cannot make virtual environments; install that part first: "
            f"sudo apt install python3-venv (or python{minor}-venv)."
        )
    say(f"Making .venv with Python {'.'.join(map(str, sys.version_info[:3]))}...")
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    if made.returncode != 0:
        words = (made.stdout + made.stderr).strip().splitlines() or ["no reason was given"]
        return refuse(f"The virtual environment {VENV} could not be made: {words[-1]}")
    return 0


def version_of(python: Path) -> str | None:
    """The version of `python`, None where it is missing, broken or too old (its system was upgraded, say)."""
    program = "import sys, pip; assert sys.version_info >= (3, 11); print(sys.version)"
    try:
        found = subprocess.run([str(python), "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return None
    return found.stdout.strip() if found.returncode == 0 else None


def digest(lock: str) -> str:
    """What `lock` asks for, as one word; the dev lock holds the other one whole."""
    parts = LOCKS if lock == "requirements-dev.txt" else [lock]
    return hashlib.sha256(b"".join((CHECKOUT / part).read_bytes() for part in parts)).hexdigest()


def say(sentence: str) -> None:
    """Tells the person what happens."""
    print(sentence, flush=True)


def refuse(sentence: str) -> int:
    """Tells what is wrong and what to do; the exit status."""
    print(sentence, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    os.umask(0o022)
    sys.exit(main(sys.argv[1:]))
