"""What every vendor may use of the world in this process: given once, at its start."""

from __future__ import annotations

from loumass.providers.base import ProviderContext

_context: ProviderContext | None = None


def use_context(context: ProviderContext) -> ProviderContext | None:
    """Take `context` for this process; returns the one before (tests put it back)."""
    global _context  # noqa: PLW0603  one process, one view of the world
    before = _context
    _context = context
    return before


def context() -> ProviderContext:
    """What providers may use of the world in this process. Raises RuntimeError before `use_context`."""
    if _context is None:
        raise RuntimeError("providers.world.use_context(context) was not called")
    return _context
