"""Identifiers for many rows at once."""

from __future__ import annotations

import time
from itertools import islice

from loumass.core.ids import uuid7, uuid7s


def test_each_is_greater_than_the_one_before() -> None:
    made = list(islice(uuid7s(), 1_000))
    assert made == sorted(set(made))


def test_they_are_of_version_seven_and_of_now() -> None:
    before = time.time_ns() // 1_000_000
    made = next(uuid7s())
    assert (made.version, made.variant) == (7, uuid7().variant)
    assert before <= made.int >> 80 <= time.time_ns() // 1_000_000 + 1


def test_two_who_make_them_make_different_ones() -> None:
    assert not set(islice(uuid7s(), 300)) & set(islice(uuid7s(), 300))
