"""How many people a slice takes: what this machine moves in a second, since whoever comes next waits so long."""

from __future__ import annotations

SLICE_SECONDS = 1.0
#: The most bounds the memory, of which two slices take their part at a time; with fewer than the least, the statements of a slice would cost more than its people.
MOST, LEAST = 2_500, 1_000
#: The sooner the first messages are planned, the sooner somebody delivers them beside.
FIRST = LEAST


class Pace:
    """Learns from each full slice how large the next may be. Each process has its own."""

    def __init__(self) -> None:
        self.size = FIRST

    def learn(self, people: int, seconds: float) -> None:
        """`people` took so long. A slice that was not full says nothing; one bad second does not say all."""
        if people >= self.size:
            fits = people * SLICE_SECONDS / max(seconds, 0.001)
            self.size = round(min(max(fits, self.size / 2, LEAST), self.size * 2, MOST))
