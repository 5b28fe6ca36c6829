"""The laws that can be read in the source itself."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "loumass").rglob("*.py"))
BANNED_NAMES = re.compile(r"(^|_)(utils?|helpers?|manager|misc|common)(_|\.|$)")
MOST_LINES = 400


def _relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _calls(path: Path) -> Iterator[tuple[int, str]]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def _offenders(is_offence, allowed: tuple[str, ...]) -> list[str]:
    found = []
    for path in SOURCES:
        name = _relative(path)
        if any(re.fullmatch(pattern, name) for pattern in allowed):
            continue
        found += [f"{name}:{line} {what}" for line, what in _calls(path) if is_offence(what)]
    return found


def test_only_edges_commit() -> None:
    edges = (
        r"loumass/\w+/(\w*pages|\w*api|jobs)(/\w+)?\.py", r"loumass/(cli|seeding|resealing|ticker|schedule|backups/restoring)\.py",
        r"loumass/core/(tenancy|beside|jobs|migrating)\.py",
        # That a token was used is noted before anything else happens, also where that only reads.
        r"loumass/accounts/(bearing|plan_setting)\.py",
        r"loumass/accounts/\w*(mail|sign_up|pages)\w*\.py",
        # A job's own rooms: claiming, sending and recording must be separate transactions (law 2).
        r"loumass/messages/(delivering|delivering_ledger|settling|speaking|hits_keeping)\.py", r"loumass/webhooks/(watching|asking)\.py",
        # Tokens that renewed themselves are kept before they are used, in the middle of a vendor's answers.
        r"loumass/channels/connecting\.py", r"loumass/contacts/(importing/\w+|verifying/running)\.py",
        r"loumass/(speech/speaking|vendors/accounts)\.py", r"loumass/messages/(sorting/asking|finding/words)\.py",
        # No transaction is open while storage works, wherever a file comes from.
        r"loumass/(media/service|messages/attachments)\.py", r"loumass/accounts/(exporting|deleting)\.py",
        # That a session was seen is kept whatever becomes of the request.
        r"loumass/accounts/guards\.py",
    )  # fmt: skip
    offences = _offenders(
        lambda what: what.endswith((".commit", ".rollback")) or what == "transaction", edges
    )
    assert offences == []


def test_only_config_reads_the_environment() -> None:
    readers = [
        _relative(path)
        for path in SOURCES
        if re.search(r"os\.(environ|getenv)", path.read_text()) and _relative(path) != "loumass/config.py"
    ]
    assert [name for name in readers if not name.startswith(("loumass/embedded", "loumass/starting"))] == []


def test_time_comes_from_the_clock() -> None:
    offences = _offenders(
        lambda what: (
            what
            in ("datetime.now", "datetime.utcnow", "date.today", "datetime.today", "datetime.datetime.now")
        ),
        (r"loumass/core/clock\.py", r"loumass/embedded/.*", r"loumass/starting.*"),
    )
    assert offences == []


def test_only_pages_and_their_guards_read_the_request() -> None:
    readers = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if (
                isinstance(node, ast.ImportFrom)
                and node.module == "flask"
                and any(alias.name == "request" for alias in node.names)
            ):
                readers.append(_relative(path))
    allowed = re.compile(
        r"loumass/(\w+/(\w*pages|\w*api|guards|bearing|entering|hooks|health|forms|limits)(/\w+)?|core/parts|app|navigation|problem_pages|viewing)\.py"
    )
    assert [name for name in readers if not allowed.fullmatch(name)] == []


def test_nothing_is_called_utils_or_manager() -> None:
    assert [_relative(path) for path in SOURCES if BANNED_NAMES.search(path.stem)] == []


def test_no_file_is_too_long() -> None:
    assert [_relative(path) for path in SOURCES if len(path.read_text().splitlines()) > MOST_LINES] == []


def test_the_project_names_nothing_of_where_it_was_made() -> None:
    words = re.compile(r"/work/|/tmp/loumass/|registry\.npmjs|pypi\.org|files\.pythonhosted", re.IGNORECASE)
    texts = [
        p
        for pattern in ("*.py", "*.md", "*.json", "*.txt", "*.toml", "*.yaml", "Makefile", "*.html")
        for p in ROOT.rglob(pattern)
    ]
    own = [
        p
        for p in texts
        if not {".venv", "node_modules", ".local", ".git", "test-output"} & set(p.parts)
        and p != Path(__file__)
    ]
    assert [_relative(p) for p in own if words.search(p.read_text(errors="replace"))] == []
