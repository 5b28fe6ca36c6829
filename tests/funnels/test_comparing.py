"""Two funnels compared: in words, step by step, text by text."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from uuid import UUID, uuid4

import pytest

from loumass.content.composing import Draft
from loumass.funnels.comparing import Comparison, compare
from loumass.funnels.graph import Graph
from loumass.funnels.matching import matched
from loumass.funnels.node import Edge, Node
from loumass.funnels.wording import pieces

SAID = UUID(int=9)


def node(key: str, kind: str = "wait", **also: object) -> Node:
    content = SAID if kind.endswith("_send") else None
    return Node(uuid4(), key, kind, key.title(), dict(also), content)


def in_a_row(*nodes: Node) -> Graph:
    edges = tuple(Edge(one.id, "next", other.id) for one, other in pairwise(nodes))
    return Graph(nodes, edges, nodes[0].id)


HELLO, PAUSE, END = node("hello", "email_send"), node("pause", amount=4), node("end", "end")
WORDS = {SAID: Draft(subject="Hi", text="Hello there")}


def seen(old: Graph, new: Graph, words: Draft | None = None) -> Comparison:
    return compare(old, WORDS, new, {SAID: words or WORDS[SAID]})


@pytest.mark.parametrize(
    ("new", "sentence", "told"),
    [
        (in_a_row(HELLO, PAUSE, END), "Nothing changed", []),
        (in_a_row(HELLO, END), "Pause taken out, Hello changed", [("ways", "Pause", "End")]),
        (in_a_row(PAUSE, HELLO, END), "Pause and Hello changed, people begin at Pause",
         [("ways", "End", "Hello"), ("ways", "Pause", "End")]),
        (in_a_row(HELLO, replace(PAUSE, config={"amount": 3}), END), "Pause changed",
         [("settings", "4 days after it was sent", "3 days after it was sent")]),
        (in_a_row(replace(HELLO, name="Hey", config={"opens": "on"}), PAUSE, END), "Hey changed",
         [("name", "Hello", "Hey"), ("settings", "as the campaign does", "yes")]),
        (in_a_row(HELLO, replace(PAUSE, kind="condition", config={}), END), "Pause added, Pause taken out, Hello changed", None),
    ],
)  # fmt: skip
def test_what_is_different_is_told_in_words(
    new: Graph, sentence: str, told: list[tuple[str, ...]] | None
) -> None:
    found = seen(in_a_row(HELLO, PAUSE, END), new)
    assert found.sentence == sentence
    assert found.is_empty == (sentence == "Nothing changed")
    differences = [(one.what, one.before, one.after) for step in found.steps for one in step.differences]
    assert told is None or sorted(differences) == sorted(told)


def test_words_are_woven_into_one_text() -> None:
    same = in_a_row(HELLO, PAUSE, END)
    [step] = seen(same, same, Draft(subject="Hi", text="Hello out there")).steps
    assert [(one.label, one.woven) for one in step.differences] == [
        ("Text", pieces("Hello there", "Hello out there"))
    ]
    looks = seen(same, same, Draft(subject="Hi", text="Hello there", html="<p>Hello</p>")).steps[0]
    assert [(one.label, one.after) for one in looks.differences] == [
        ("Looks", "different, with the same words")
    ]


@pytest.mark.parametrize(
    ("before", "after", "woven"),
    [
        ("", "", []),
        ("", "new words", [("new", "new words")]),
        ("a b c", "a x c", [("same", "a"), ("gone", " b"), ("new", " x"), ("same", " c")]),
        ("line\none", "line\ntwo", [("same", "line"), ("gone", "\none"), ("new", "\ntwo")]),
        (
            "w " * 60 + "end",
            "w " * 60 + "fin",
            [
                ("cut", " …"),
                ("same", " w" * 12),
                ("gone", " end"),
                ("new", " fin"),
            ],
        ),
    ],
)
def test_pieces(before: str, after: str, woven: list[tuple[str, str]]) -> None:
    found = pieces(before, after)
    assert [(one.how, one.text) for one in found] == woven
    if not any(one.how == "cut" for one in found):
        assert "".join(one.text for one in found if one.how != "new") == before
        assert "".join(one.text for one in found if one.how != "gone") == after


def test_a_draft_is_told_apart_by_keys_and_kinds() -> None:
    live = in_a_row(HELLO, PAUSE, END)
    other = node("pause", "tag")
    came, back = node("nudge", "email_send"), node("call", "sms_send")
    former = node("call", "sms_send")
    mine = {one.key: replace(one, id=uuid4()) for one in (HELLO, END)}
    match = matched(
        live, in_a_row(mine["hello"], other, came, back, mine["end"]), [former, node("call", "sms_send")]
    )
    assert match.kept == {HELLO.id, END.id}
    assert match.removed == {PAUSE.id}
    assert match.returning == {former.id}
    assert match.new == {other.id, came.id}
    assert [one.id for one in match.graph.nodes] == [HELLO.id, other.id, came.id, former.id, END.id]
    assert match.graph.start == HELLO.id
    assert match.graph.ways_out(came.id) == {"next": former.id}
