"""Whom a change comes too late for, and who comes by again: pure, over small graphs."""

from __future__ import annotations

from uuid import UUID

import pytest

from loumass.campaigns.changing.choices import Choices, Removal, Timing, read_choices
from loumass.campaigns.changing.places import ahead_of, behind, met_again
from loumass.core.errors import Refused
from loumass.funnels.graph import Graph
from loumass.funnels.node import Edge, Node

A, B, C, D, E = (UUID(int=number) for number in range(1, 6))


def graph(*ways: tuple[UUID, UUID]) -> Graph:
    nodes = tuple(Node(one, str(one.int), "stage", str(one.int)) for one in (A, B, C, D, E))
    return Graph(
        nodes, tuple(Edge(one, f"way{number}", other) for number, (one, other) in enumerate(ways)), A
    )


ROW = graph((A, B), (B, C), (C, D))


def test_ahead_and_behind() -> None:
    assert ahead_of(ROW, B) == {C, D}
    assert ahead_of(graph((A, B), (B, A)), A) == {A, B}, "itself where it can be come to again"
    assert behind(ROW, B, [A, B, C, D, E]) == {C, D}
    assert behind(graph((A, B), (B, C), (C, A)), B, [A, C]) == set(), "in a loop nobody is too late"
    assert behind(graph((A, B), (A, C)), B, [C]) == set(), "another branch never had it ahead"


@pytest.mark.parametrize(
    ("proposed", "moves", "met"),
    [
        (ROW, {C: C}, set()),
        (graph((B, A), (A, C)), {B: B}, {(B, A)}),
        (ROW, {C: A}, {(C, A), (C, B), (C, C)}),
        (ROW, {C: None}, set()),
        (graph((A, B), (B, C), (C, A)), {C: C}, {(C, A), (C, B), (C, C)}),
    ],
)
def test_who_comes_by_again(
    proposed: Graph, moves: dict[UUID, UUID | None], met: set[tuple[UUID, UUID]]
) -> None:
    assert met_again(ROW, proposed, moves, [A, B, C]) == met


def test_a_designed_loop_is_no_repeat() -> None:
    round_and_round = graph((A, B), (B, A))
    assert met_again(round_and_round, round_and_round, {A: A, B: B}, [A, B]) == set()


def test_choices_of_a_form() -> None:
    form = {
        f"removed-{A}": "move",
        f"target-{A}": str(B),
        f"wait-{C}": "spread",
        f"hours-{C}": "5",
        f"queued-{D}": "anew",
        "csrf_token": "x",
    }
    assert read_choices(form) == Choices({A: Removal("move", B)}, {C: Timing("spread", 5)}, {D: "anew"}, {})
    assert read_choices({}).removal(A) == Removal("finish")
    assert not read_choices({}).is_repeated(A)


@pytest.mark.parametrize(
    "form",
    [
        {f"removed-{A}": "vanish"}, {f"removed-{A}": "move"}, {f"removed-{A}": "move", f"target-{A}": "x"}, {f"wait-{A}": "later"},
        {f"wait-{A}": "spread", f"hours-{A}": "-1"}, {f"wait-{A}": "spread", f"hours-{A}": "999"}, {f"queued-{A}": "burn"}, {f"repeat-{A}": "thrice"},
    ],
)  # fmt: skip
def test_what_is_no_choice_is_refused(form: dict[str, str]) -> None:
    with pytest.raises(Refused, match="Nothing was changed"):
        read_choices(form)
