"""What answers are taken for, over answers as people write them."""

from __future__ import annotations

import pytest

from loumass.messages.sorting.judging import judged
from loumass.messages.sorting.kinds import KINDS
from tests.messages.sorting.replies import REPLIES

ALL = [(words, kind) for kind, answers in REPLIES.items() for words in answers]


@pytest.mark.parametrize(("words", "kind"), ALL)
def test_an_answer_is_what_a_colleague_would_take_it_for(words: str, kind: str) -> None:
    is_automatic = kind == "out_of_office"
    found = judged(words, is_automatic=is_automatic)
    assert found.kind == kind, found
    assert bool(found.phrase) == bool(kind)
    assert found.phrase in " ".join(words.split())


def test_the_table_is_long_and_has_every_kind() -> None:
    assert len(ALL) == len(dict(ALL)) >= 160
    assert set(REPLIES) == {*KINDS, ""}
