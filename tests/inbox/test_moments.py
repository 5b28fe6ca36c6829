"""Times in words, read in somebody's own time."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from loumass.core.errors import Refused
from loumass.inbox.moments import moment_of
from loumass.inbox.zones import suggestions

DENVER = ZoneInfo("America/Denver")
NOW = datetime(2026, 3, 3, 16, 0, tzinfo=UTC)  # a Tuesday, 9:00 in Denver


@pytest.mark.parametrize(
    ("words", "there"),
    [
        ("tomorrow", "2026-03-04 09:00"),
        ("Tomorrow at 14:30", "2026-03-04 14:30"),
        ("tomorrow 9am", "2026-03-04 09:00"),
        ("today 17:00", "2026-03-03 17:00"),
        ("tonight", "2026-03-03 18:00"),
        ("this afternoon", "2026-03-03 14:00"),
        ("Monday 14:30", "2026-03-09 14:30"),
        ("next friday noon", "2026-03-06 12:00"),
        ("tue 8:00", "2026-03-10 08:00"),
        ("tuesday 10:00", "2026-03-03 10:00"),
        ("8:15", "2026-03-04 08:15"),
        ("12pm", "2026-03-03 12:00"),
        ("in two hours", "2026-03-03 11:00"),
        ("in 30 minutes", "2026-03-03 09:30"),
        ("in 3 days", "2026-03-06 09:00"),
        ("in a week at 8:00", "2026-03-10 08:00"),
        ("9 March", "2026-03-09 09:00"),
        ("3rd apr 16:45", "2026-04-03 16:45"),
        ("2 March", "2027-03-02 09:00"),
        ("2026-03-09T14:30", "2026-03-09 14:30"),
        ("2026-03-09 09:00", "2026-03-09 09:00"),
        # Clocks go on at 2:00 on 8 March: five days of hours are five times 24 of them.
        ("in 120 hours", "2026-03-08 10:00"),
        ("sunday 2:30", "2026-03-08 03:30"),
    ],
)
def test_words_name_a_moment_of_their_time(words: str, there: str) -> None:
    assert f"{moment_of(words, NOW, DENVER).astimezone(DENVER):%Y-%m-%d %H:%M}" == there


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "no time"),
        ("soon", "no time"),
        ("tomorrow 25:00", "no time"),
        ("monday 13pm", "no time"),
        ("31 february", "no time"),
        ("in zero hours", "no time"),
        ("today 8:00", "passed"),
        ("2020-01-01T10:00", "passed"),
        ("in 400 days", "more than a year"),
    ],
)
def test_what_is_no_time_is_refused_with_a_sentence(words: str, said: str) -> None:
    with pytest.raises(Refused, match=said):
        moment_of(words, NOW, DENVER)


def test_every_suggestion_can_be_read() -> None:
    for one in suggestions(NOW, DENVER):
        assert moment_of(one.words, NOW, DENVER) > NOW
