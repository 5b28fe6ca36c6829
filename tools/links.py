"""Finds dead links in the project's Markdown, files and headings that do not exist, and pages to which nothing in the README leads.

Addresses on the web are not fetched: a check that needs the network fails for reasons of others.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
SKIPPED = {".venv", ".local", "node_modules", ".git", ".pytest_cache", "test-output"}
LINK = re.compile(
    r"(?<!!)\[[^\]]*\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|!\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)"
)
FENCE = re.compile(r"^(```|~~~).*?^\1\s*$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"`[^`\n]*`")
HEADING = re.compile(r"^#{1,6}\s+(.+?)\s*#*$", re.MULTILINE)


def dead_links(folder: Path) -> Iterator[str]:
    """One sentence for each dead link in the Markdown files under `folder`."""
    for page in sorted(folder.rglob("*.md")):
        if SKIPPED.intersection(page.relative_to(folder).parts):
            continue
        text = FENCE.sub("", page.read_text())
        for match in LINK.finditer(CODE.sub("", text)):
            target = match.group(1) or match.group(2)
            if reason := why_dead(page, target):
                yield f"{page.relative_to(folder)}: {target}: {reason}"


def why_dead(page: Path, target: str) -> str | None:
    """What is wrong with `target` as linked from `page`; None when it is alive or on the web."""
    if re.match(r"[a-z][a-z0-9+.-]*:", target):
        return None
    path, _, fragment = target.partition("#")
    file = (page.parent / path) if path else page
    if not file.exists():
        return "there is no such file"
    if fragment and file.suffix == ".md" and fragment not in headings(file.read_text()):
        return "there is no such heading"
    return None


def lost_pages(folder: Path) -> Iterator[str]:
    """One sentence for each page of `docs` that the README of `folder` does not name."""
    named = {match.group(1) for match in LINK.finditer((folder / "README.md").read_text())}
    for page in sorted((folder / "docs").glob("*.md")):
        if f"docs/{page.name}" not in named:
            yield f"README.md: docs/{page.name} is not linked"


def headings(text: str) -> set[str]:
    """The fragments of a page's headings, made as GitHub makes them."""
    found: set[str] = set()
    for title in HEADING.findall(FENCE.sub("", text)):
        words = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower()).replace(" ", "-")
        candidate, number = words, 0
        while candidate in found:
            number += 1
            candidate = f"{words}-{number}"
        found.add(candidate)
    return found


if __name__ == "__main__":
    wrong = [*dead_links(CHECKOUT), *lost_pages(CHECKOUT)]
    print("\n".join(wrong) or "All links lead somewhere.")
    sys.exit(1 if wrong else 0)
