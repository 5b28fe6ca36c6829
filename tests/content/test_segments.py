"""Segments of a text message, against hand-counted cases of 3GPP TS 23.038."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loumass.content.segments import segments


@pytest.mark.parametrize(
    ("text", "encoding", "count", "units"),
    [
        ("", "GSM-7", 0, 0),
        ("a" * 160, "GSM-7", 1, 160),
        ("a" * 161, "GSM-7", 2, 161),
        ("a" * 306, "GSM-7", 2, 306),
        ("a" * 307, "GSM-7", 3, 307),
        ("€" * 80, "GSM-7", 1, 160),
        ("€" * 80 + "a", "GSM-7", 2, 161),
        ("a" * 70 + "ł", "UCS-2", 2, 71),
        ("ł" * 70, "UCS-2", 1, 70),
        ("ł" * 71, "UCS-2", 2, 71),
        ("ł" * 134, "UCS-2", 2, 134),
        ("ł" * 135, "UCS-2", 3, 135),
        ("😀" * 35, "UCS-2", 1, 70),
        ("😀" * 36, "UCS-2", 2, 72),
        ("Grüße aus Köln, ñ Ñ é ¿", "GSM-7", 1, 23),
        ("`", "UCS-2", 1, 1),
        ("ç", "UCS-2", 1, 1),
    ],
)
def test_a_text_takes_as_many_segments_as_the_network_counts(
    text: str, encoding: str, count: int, units: int
):
    found = segments(text)
    assert (found.encoding, found.count, found.units) == (encoding, count, units)


def test_an_escaped_character_is_not_split_over_two_segments():
    # 152 + a pair does not fit into 153, so the pair opens the second segment and pushes the end over.
    assert segments("a" * 152 + "€" + "a" * 152).count == 3
    assert segments("a" * 151 + "€" + "a" * 153).count == 2


def test_an_emoji_is_not_split_over_two_segments():
    assert segments("ł" * 66 + "😀" + "ł" * 66).count == 3
    assert segments("ł" * 65 + "😀" + "ł" * 67).count == 2


def test_the_characters_that_make_it_expensive_are_named_once():
    assert segments("a “quoted” ł “word”").expensive == ("“", "”", "ł")
    assert segments("plain").expensive == ()


def test_what_is_left_fills_the_last_segment_exactly():
    found = segments("a" * 200)
    assert found.left == 106
    assert segments("a" * (200 + found.left)).count == found.count
    assert segments("a" * (201 + found.left)).count == found.count + 1


@given(st.text(max_size=400))
def test_no_segment_is_overfull_and_none_is_wasted(text: str):
    found = segments(text)
    size = {"GSM-7": 153, "UCS-2": 67}[found.encoding]
    assert found.left >= 0
    if found.count > 1:
        assert found.units <= found.count * size
        assert found.units > (found.count - 1) * (size - 1)
