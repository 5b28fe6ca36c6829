"""What every worker loads is compiled once, before they start: all at the same time, each would do all of it."""

from __future__ import annotations

import compileall
from pathlib import Path

import pytest
from _pytest.assertion import rewrite

ROOT = Path(__file__).resolve().parents[1]


def compile_all(config: pytest.Config) -> None:
    """Modules as Python keeps them, and tests as pytest does, with their asserts rewritten (half of collecting them)."""
    for folder in ("loumass", "tests"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    for path in (ROOT / "tests").rglob("test_*.py"):
        _rewrite(config, path)


def _rewrite(config: pytest.Config, path: Path) -> None:
    """As `rewrite.AssertionRewritingHook.exec_module` does, without running it."""
    folder = rewrite.get_cache_dir(path)
    kept = folder / f"{path.stem}{rewrite.PYC_TAIL}"
    if rewrite._read_pyc(path, kept) is None and rewrite.try_makedirs(folder):
        digest, code = rewrite._rewrite_test(path, config)
        rewrite._write_pyc(config.stash[rewrite.assertstate_key], code, digest, kept)
