"""What a tracked link carries cannot be made, changed or spelled otherwise."""

from __future__ import annotations

import pytest

from loumass.content.linking import token_name
from loumass.core.ids import uuid7
from loumass.messages import tracking_tokens
from loumass.messages.tracking_tokens import TrackingToken
from tests.world import World

pytestmark = pytest.mark.usefixtures("world")


def test_a_token_says_what_it_was_made_of(world: World) -> None:
    message = uuid7()
    for link in (0, 1, 2**32 - 1):
        token = tracking_tokens.token(1001, message, link)
        assert len(token) == 43
        assert tracking_tokens.read(token) == TrackingToken(1001, message, link)
    made = tracking_tokens.tokens(1001, message, (0, 7))
    assert made == {token_name(one): tracking_tokens.token(1001, message, one) for one in (0, 7)}


def test_no_other_spelling_of_it_is_taken(world: World) -> None:
    token = tracking_tokens.token(1001, uuid7(), 3)
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    for place in range(43):
        for letter in letters:
            changed = token[:place] + letter + token[place + 1 :]
            assert (tracking_tokens.read(changed) is not None) == (changed == token)
    for odd in (
        token + "=",
        token[:-1],
        token + "A",
        "",
        "é" * 43,
        token.replace("-", "+").replace("_", "/") + "=",
    ):
        assert tracking_tokens.read(odd) is None
