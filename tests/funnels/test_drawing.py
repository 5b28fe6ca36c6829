"""The drawn graph: nothing overlaps, every way is drawn, numbers make ways thick."""

from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loumass.funnels.drawing import Card, Counts, Direction, draw
from loumass.funnels.graph import Graph
from loumass.funnels.kinds.base import Names
from loumass.funnels.layout import layout, spread
from loumass.funnels.outline import outline, path_words
from loumass.funnels.text_width import fitted, width
from tests.funnels.graphs import CONTENT, graph, id_of, node
from tests.funnels.test_validation import GRAPHS

FORK = graph(
    node("invite", "email_send"),
    node("asks", "condition"),
    node("thanks", "set_status"),
    node("nudge", "sms_send"),
    node("end", "end"),
    ways="invite-asks, asks-yes-thanks, asks-no-nudge, thanks-end, nudge-end, nudge-failed-invite",
)


def card(key: str, **marks: object) -> Card:
    drawing = draw(FORK, **marks)  # type: ignore[arg-type]
    return next(found for found in drawing.cards if found.node_id == id_of(key))


def test_layers_follow_the_way_people_walk():
    spots = layout(FORK).spots
    assert [spots[id_of(key)].layer for key in ("invite", "asks", "thanks", "nudge", "end")] == [
        0,
        1,
        2,
        2,
        3,
    ]
    assert spots[id_of("asks")].row == pytest.approx(
        (spots[id_of("thanks")].row + spots[id_of("nudge")].row) / 2
    )


def test_a_way_back_is_known_as_one():
    back = [route for route in layout(FORK).routes if route.leads_back]
    assert [(route.source, route.target) for route in back] == [(id_of("nudge"), id_of("invite"))]


def test_a_way_that_passes_a_layer_gets_a_place_in_it():
    short = graph(node("a", "condition"), node("b", "stage"), node("c", "end"), ways="a-yes-b, a-no-c, b-c")
    passing = next(route for route in layout(short).routes if route.branches == ("no",))
    assert [spot.layer for spot in passing.via] == [1]
    assert passing.via[0].row != layout(short).spots[id_of("b")].row


def test_the_path_beside_ways_that_pass_stays_straight():
    """People read a funnel along one line; ways out of it run beside, each with less room than a card."""
    steps = [node(f"ask{n}", "condition") for n in range(4)]
    ways = ", ".join(f"ask{n}-no-ask{n + 1}, ask{n}-yes-out" for n in range(3))
    long = graph(
        *steps, node("rest", "stage"), node("out", "end"),
        ways=f"{ways}, ask3-no-rest, rest-out, ask3-yes-out",
    )  # fmt: skip
    found = layout(long)
    rows = {found.spots[step.id].row for step in steps}
    assert max(rows) - min(rows) < 0.05
    assert found.rows < 2.6


def test_two_branches_to_one_step_are_one_line():
    both = graph(node("asks", "condition"), node("end", "end"), ways="asks-yes-end, asks-no-end")
    (way,) = draw(both).ways
    assert way.label == "yes, no"


def test_only_steps_with_a_choice_label_their_ways():
    assert {way.label for way in draw(FORK).ways} == {"", "yes", "no", "not sent"}


def test_cards_say_what_they_are_and_link():
    invite = card(
        "invite", names=Names(contents={CONTENT: "A seat for you"}), href=lambda node_id: f"#{node_id}"
    )
    assert (invite.label, invite.words, invite.icon, invite.is_start) == (
        "Invite",
        "“A seat for you”",
        "mail",
        True,
    )
    assert invite.href == f"#{id_of('invite')}"
    assert invite.here is None


def test_counts_stand_on_cards_and_in_their_spoken_name():
    counts = Counts(now={id_of("invite"): 32}, passed={id_of("invite"): 1186})
    invite = card("invite", counts=counts)
    assert (invite.here, invite.on) == (32, 1186)
    assert invite.aria.endswith("32 here now, 1,186 went on")
    assert card("asks", counts=counts).here == 0


def test_a_step_with_a_problem_is_marked_and_says_so():
    nudge = card("nudge", troubled=[id_of("nudge")], selected=id_of("nudge"))
    assert nudge.has_problem
    assert nudge.is_selected
    assert nudge.aria.endswith("has a problem")


def test_the_fuller_way_is_the_thicker():
    taken = {(id_of("invite"), "next"): 900, (id_of("asks"), "yes"): 100}
    down = {(way.label, way.weight) for way in draw(FORK, counts=Counts(taken=taken)).ways}
    assert {("900", 6), ("yes 100", 2), ("no 0", 0)} <= down
    across = draw(FORK, counts=Counts(taken=taken), direction="across").ways
    assert {("", 6), ("yes", 2), ("no", 0)} <= {(way.label, way.weight) for way in across}


def test_long_names_are_cut_to_fit():
    assert fitted("Invitation", 13, 200) == "Invitation"
    cut = fitted("Invitation to the big night of brokers", 13, 100)
    assert cut.endswith("…")
    assert width(cut, 13) <= 100
    assert width("世界", 10) == 20


@settings(max_examples=200, deadline=None)
@given(GRAPHS, st.sampled_from(["down", "across"]))
def test_every_step_is_drawn_inside_and_none_covers_another(wild: Graph, direction: Direction):
    if len({found.id for found in wild.nodes}) != len(wild.nodes):
        return
    drawing = draw(wild, direction=direction)
    assert len(drawing.cards) == len(wild.nodes)
    for one in drawing.cards:
        assert 0 <= one.x <= drawing.width - drawing.card_width
        assert 0 <= one.y <= drawing.height - drawing.card_height
    for one, other in combinations(drawing.cards, 2):
        apart_x = abs(one.x - other.x) >= drawing.card_width
        apart_y = abs(one.y - other.y) >= drawing.card_height
        assert apart_x or apart_y
    assert sum(len(route.branches) for route in layout(wild).routes) == sum(
        len(wild.ways_out(found.id)) for found in wild.nodes
    )


@settings(max_examples=200)
@given(st.lists(st.floats(-50, 50), max_size=12))
def test_spread_keeps_order_and_distance(wanted: list[float]):
    spots = spread(wanted)
    assert all(after - before >= 1 - 1e-9 for before, after in pairwise(spots))
    if all(after - before >= 1 for before, after in pairwise(wanted)):
        assert spots == pytest.approx(wanted)


def test_the_outline_lists_every_step_once_and_points_where_ways_meet():
    assert path_words(FORK).splitlines() == [
        "Invite, Nothing written yet",
        "Asks, Replied?",
        "yes: Thanks, Needs BDR",
        "End, People leave here",
        "no: Nudge, Nothing written yet",
        "sent: on to End",
        "not sent: on to Invite",
    ]
    assert [line.depth for line in outline(FORK)] == [0, 0, 1, 1, 1, 2, 2]


@settings(max_examples=200, deadline=None)
@given(GRAPHS)
def test_the_outline_never_forgets_a_step(wild: Graph):
    lines = [line.node.id for line in outline(wild) if not line.is_pointer]
    assert sorted(lines) == sorted({found.id for found in wild.nodes})
