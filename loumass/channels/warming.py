"""What a sender may send on a day: the least of its cap and its warm-up. Pure; what forecasts and simulates counts by it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Warmup:
    """So many on the first day, so many more after each day that sent something, up to an end."""

    start: int
    step: int = 0
    ceiling: int | None = None

    @classmethod
    def of(cls, start: int | None, step: int | None, ceiling: int | None) -> Warmup | None:
        """As a channel keeps it; None without one."""
        return None if start is None else cls(start, step or 0, ceiling)

    def after(self, climbed: int) -> int:
        """What it allows once it climbed on so many days."""
        ramp = self.start + self.step * climbed
        return ramp if self.ceiling is None else min(ramp, self.ceiling)


def least(cap: int | None, warmup: Warmup | None, climbed: int) -> int | None:
    """How many messages a day takes; None without any limit."""
    ramp = None if warmup is None else warmup.after(climbed)
    return min((one for one in (cap, ramp) if one is not None), default=None)
