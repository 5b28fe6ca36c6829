"""Draws static/icons.svg: one sprite with just the icons that pages name.

A page names an icon literally: ``icon("send")``, ``icon="send"``, ``"icon": "send"``. This file finds the names,
takes the drawings from the npm package @tabler/icons (``npm ci`` first) and writes the sprite, which is committed.

    python3 frontend/icons.py           write the sprite
    python3 frontend/icons.py --check   say what differs; exit 1
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SPRITE = ROOT / "loumass" / "static" / "icons.svg"
DRAWINGS = ROOT / "frontend" / "node_modules" / "@tabler" / "icons" / "icons" / "outline"

_NAME = r"""["']([a-z][a-z0-9-]*)["']"""
_TONE = "(?:blue|green|amber|red|violet|teal|gray)"
_USES = (
    re.compile(rf"""\b(?:icon|draw|icon_button|tile)\(\s*(?:name=)?{_NAME}"""),
    re.compile(rf"""\bicon["']?\s*[=:]\s*\(?\s*{_NAME}"""),
    re.compile(rf"""\bicon: str = {_NAME}"""),
    # The rail's entries: label, endpoint, icon.
    re.compile(rf"""\bEntry\(\s*"[^"]*",\s*"[^"]*",\s*{_NAME}"""),
    re.compile(rf"""\b(?:icon["']?\s*[=:]|(?:icon|draw|icon_button|tile)\()[^,)}}]*?\belse\s+{_NAME}"""),
    # The gallery of templates: slug, template, purpose, icon.
    re.compile(rf"""\bExample\("[^"]*", \w+, "[^"]*", {_NAME}"""),
    # Beside its tone: notice("…", "…", "shield", "amber"), badge("…", "amber", "shield").
    re.compile(rf"""{_NAME},\s*["']{_TONE}["']"""),
    re.compile(rf"""["']{_TONE}["'],\s*{_NAME}(?!\s*:)"""),
    re.compile(r"""data-icon=["']([a-z][a-z0-9-]*)["']"""),
)
# A table of icons by what they stand for: _GATE_ICONS = {"window": "clock-hour-9"}.
_TABLE = re.compile(r"_ICONS = \{([^{}]*)\}")
_IN_TABLE = re.compile(rf"""["']\w+["']:\s*{_NAME}""")


class UnknownIcon(Exception):
    """A page names an icon that Tabler does not draw."""


def used(paths: Iterable[Path] | None = None) -> dict[str, Path]:
    """Icon names that templates and code mention, each with one file that does."""
    found: dict[str, Path] = {}
    for path in sources() if paths is None else paths:
        text = path.read_text(encoding="utf-8")
        names = [name for pattern in _USES for name in pattern.findall(text)]
        names += [name for table in _TABLE.findall(text) for name in _IN_TABLE.findall(table)]
        for name in names:
            found.setdefault(name, path)
    return found


def sources() -> list[Path]:
    """Every file that may name an icon: templates, Python, our own scripts and what the islands are built from."""
    package = ROOT / "loumass"
    scripts = (package / "static" / "js").rglob("*.js")
    islands = (ROOT / "frontend" / "islands").rglob("*.js*")
    return sorted([*(package / "templates").rglob("*.html"), *package.rglob("*.py"), *scripts, *islands])


def drawn(sprite: str) -> set[str]:
    """The names of the icons in a sprite."""
    return set(re.findall(r'<symbol id="([^"]+)"', sprite))


def sprite(names: Iterable[str]) -> str:
    """The sprite for the names, in alphabetical order. Raises UnknownIcon."""
    symbols = "\n".join(_symbol(name) for name in sorted(names))
    return f'<svg xmlns="http://www.w3.org/2000/svg">\n{symbols}\n</svg>\n'


def _symbol(name: str) -> str:
    drawing = DRAWINGS / f"{name}.svg"
    if not drawing.is_file():
        raise UnknownIcon(f"There is no Tabler icon “{name}”.")
    shapes = re.findall(r"<(?:path|circle|rect|line|polyline)\b[^>]*/>", drawing.read_text(encoding="utf-8"))
    visible = [re.sub(r"\s+", " ", shape) for shape in shapes if 'stroke="none"' not in shape]
    return (
        f'<symbol id="{name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="1.75" '
        f'stroke-linecap="round" stroke-linejoin="round">{"".join(visible)}</symbol>'
    )


def main(arguments: list[str]) -> int:
    names = used()
    try:
        fresh = sprite(names)
    except UnknownIcon as problem:
        name = re.search("“(.*)”", str(problem))
        where = names[name.group(1)].relative_to(ROOT) if name else "?"
        sys.stderr.write(f"{problem} It is named in {where}. Look it up at tabler.io/icons.\n")
        return 1
    if "--check" not in arguments:
        SPRITE.write_text(fresh, encoding="utf-8")
        sys.stdout.write(f"{SPRITE.relative_to(ROOT)}: {len(names)} icons\n")
        return 0
    if SPRITE.read_text(encoding="utf-8") == fresh:
        return 0
    sys.stderr.write("static/icons.svg is not what the pages need: run `python3 frontend/icons.py`.\n")
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
