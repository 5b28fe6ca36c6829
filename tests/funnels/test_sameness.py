"""Two graphs say the same, or one of them is something to publish."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loumass.content.composing import Draft
from loumass.content.sounding import Voice
from loumass.core.ids import uuid7
from loumass.funnels.graph import Edge, Graph
from loumass.funnels.node import Node
from loumass.funnels.sameness import Words, say_the_same

RACHEL = Voice("rachel", "Rachel", "eleven_multilingual_v2", 50, 75)
CALL = Draft(text="Hi, Maya here.", voice=RACHEL)


def told(words: Draft = CALL, **mail: str) -> tuple[Graph, Words]:
    """A call and a mail; every time under other ids."""
    call = Node(uuid7(), "call", "voicemail_drop", "Call", {}, uuid7())
    letter = Node(uuid7(), "letter", "email_send", "Letter", mail, uuid7())
    assert call.content_id
    return Graph((call, letter), (Edge(call.id, "next", letter.id),), call.id), {call.content_id: words}


def test_ids_and_settings_that_are_not_there_yet_make_no_difference() -> None:
    assert say_the_same(*told(), *told())
    assert say_the_same(*told(), *told(opens="campaign", clicks="campaign"))


@pytest.mark.parametrize(
    "other",
    [
        told(opens="off"),
        told(replace(CALL, text="Hi")),
        told(replace(CALL, voice=replace(RACHEL, steadiness=60))),
        told(replace(CALL, voice=None)),
    ],
)
def test_settings_words_and_voices_do(other: tuple[Graph, Words]) -> None:
    assert not say_the_same(*told(), *other)


def test_where_it_begins_and_leads_does() -> None:
    graph, words = told()
    assert not say_the_same(graph, words, replace(graph, edges=()), words)
    assert not say_the_same(graph, words, replace(graph, start=graph.nodes[1].id), words)
