"""What a new organization finds in its rooms: slices above give their part here, at start-up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

#: Puts something into the organization that is being founded; gets the founder's id.
Furnish = Callable[[UUID], object]
_steps: tuple[Furnish, ...] = ()


def use(steps: Sequence[Furnish]) -> None:
    """Take `steps` for this process."""
    global _steps  # noqa: PLW0603  one installation, one way to begin
    _steps = tuple(steps)


def furnish(founder_id: UUID) -> None:
    """Run every step in the current transaction, as the new organization."""
    for step in _steps:
        step(founder_id)
