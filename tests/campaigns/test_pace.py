"""A slice of a campaign takes about a second on any machine, so that nobody else waits long."""

from __future__ import annotations

from loumass.campaigns.advancing.pace import FIRST, LEAST, MOST, SLICE_SECONDS, Pace


def size_after(people_a_second: float, slices: int = 12) -> int:
    """How many a slice takes on a machine that moves so many people in a second."""
    pace = Pace()
    for _ in range(slices):
        pace.learn(pace.size, pace.size / people_a_second)
    return pace.size


def test_a_slice_takes_a_second_on_a_slow_machine_and_on_a_fast_one() -> None:
    for speed in (1_500, 2_000, 2_500):
        assert size_after(speed) == round(speed * SLICE_SECONDS)


def test_its_size_has_bounds() -> None:
    assert size_after(10) == LEAST
    assert size_after(10**6) == MOST


def test_one_slow_slice_does_not_say_all_and_a_small_one_nothing() -> None:
    pace = Pace()
    pace.learn(FIRST, 0.1)
    assert pace.size == 2 * FIRST
    pace.learn(2 * FIRST, 60.0)
    assert pace.size == FIRST
    pace.learn(3, 0.5)
    assert pace.size == FIRST
