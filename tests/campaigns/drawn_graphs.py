"""Graphs drawn at random: anything at all, and, mended step by step, what people would be let into."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from loumass.funnels.graph import Graph, branches_of, loops, timeless_edges
from loumass.funnels.kinds import KINDS
from loumass.funnels.node import Edge, Node
from loumass.funnels.validation import Problem, problems
from tests.campaigns.drawn import CONFIGS

OVER = Node(UUID(int=99), "over", "end", "Over", {})
KINDS_DRAWN = [*sorted(CONFIGS), "voicemail_drop"]
_MOST_MENDS = 100


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Steps of any kind with any settings; every way leads anywhere, or nowhere."""
    count = draw(st.integers(2, 7))
    nodes = [_node(draw, place) for place in range(count)]
    edges = []
    for node in nodes:
        for branch in branches_of(node) or ():
            target = draw(st.none() | st.sampled_from(nodes) | st.sampled_from(nodes))
            if target is not None:
                edges.append(Edge(node.id, branch.name, target.id))
    return Graph(tuple(nodes), tuple(edges), nodes[0].id)


def _node(draw: st.DrawFn, place: int) -> Node:
    # Sending and waiting is what most steps do.
    kind = draw(
        st.sampled_from(KINDS_DRAWN) | st.sampled_from(["email_send", "sms_send", "wait", "condition"])
    )
    return _step(place, kind, draw(CONFIGS[kind]) if kind in CONFIGS else {})


def _step(place: int, kind: str, config: dict[str, Any]) -> Node:
    content = UUID(int=1) if kind.endswith(("_send", "_drop")) else None
    if kind == "goal" and config["test"] == "rule":
        # What is not so from the beginning: else it ends everybody's walk before there is one.
        config = {
            "test": "rule",
            "rule": {"match": "all", "rules": [config["rule"], {"ask": "replied_here"}]},
        }
    return Node(
        UUID(int=100 + place), "said" if place == 1 else f"s{place}", kind, f"S{place}", config, content
    )


#: By kind, settings that were drawn.
Pool = Mapping[str, Sequence[dict[str, Any]]]


def pool_of(examples: int) -> Pool:
    """Some settings of each kind with nothing wrong about them, the same on every run."""
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in CONFIGS}

    @settings(
        max_examples=examples, derandomize=True, database=None, phases=[Phase.generate], deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much],
    )  # fmt: skip
    @given(st.fixed_dictionaries(CONFIGS))
    def keep(drawn: dict[str, dict[str, Any]]) -> None:
        for kind, config in drawn.items():
            read = KINDS[kind].Config.model_validate(config)
            if not list(KINDS[kind].flaws(read)) and KINDS[kind].steps_named(read) <= {"said"}:
                found[kind].append(config)

    keep()
    return found


@dataclass(frozen=True, slots=True)
class Theme:
    """What a funnel is mostly about, so that what is rare among all steps happens often in some of them.

    `back`: the share of ways that lead anywhere, so also round and round; `often`: what happens to its people beside all else.
    """

    kinds: tuple[str, ...]
    last: tuple[str, ...] = ("end",)
    settings: Pool = field(default_factory=dict)
    back: float = 0.0
    often: tuple[str, ...] = ()


_SHORT = [{"amount": days, "unit": "days", "after": "entered"} for days in (1, 2, 3)]
_CALLS = [{"title": "Call", "a": "Reached", "c": "No answer", "give_up_after": days} for days in (3, 30)]
_ANYTHING = tuple(one for one in KINDS_DRAWN if one not in ("end", "goal"))
THEMES = (
    # An end or a goal on every second way is where people would leave before anything happens to them.
    Theme(
        (*_ANYTHING, *("email_send", "sms_send", "wait", "wait_for", "task", "webhook") * 2), ("end", "goal"), back=0.1
    ),
    # Who had a letter comes to it again only where letters are most of it, and it changes.
    Theme(
        ("email_send", "email_send", "sms_send", "wait", "wait", "stage"), settings={"wait": _SHORT},
        often=("goes_on_and_is_changed",) * 5 + ("rests_a_while",) * 3,
    ),
    Theme(
        ("email_send", "email_send", "sms_send", "wait", "task", "wait_for"), ("goal",),
        settings={"wait": _SHORT, "goal": [{"test": "tag", "tag": "Guest"}]}, often=("news",) * 6,
    ),
    Theme(
        ("email_send", "wait", "wait", "task", "webhook", "condition", "tag"), settings={"wait": _SHORT, "task": _CALLS}, back=0.4,
        often=("goes_on", "two_work", "rests_a_while"),
    ),
)  # fmt: skip


def funnel(chance: Random, pool: Pool, theme: Theme = THEMES[0]) -> Graph:
    """As people draw them: mostly onward, sometimes back, with a bit of everything on the way."""
    pool = {**pool, **theme.settings}
    drawn = [*(chance.choice(theme.kinds) for _ in range(chance.randint(6, 10))), chance.choice(theme.last)]
    nodes = [_step(place, kind, chance.choice(pool.get(kind, [{}]))) for place, kind in enumerate(drawn)]
    edges = []
    for place, node in enumerate(nodes):
        for branch in branches_of(node) or ():
            onward = nodes[place + 1 : place + 4] or [OVER]
            target = chance.choice([*[onward[0]] * 5, *onward])
            if chance.random() < theme.back:
                target = chance.choice(nodes)
            if branch.is_required or chance.random() < 0.5:
                edges.append(Edge(node.id, branch.name, target.id))
    return sound(Graph(tuple(nodes), tuple(edges), nodes[0].id))


def sound(graph: Graph) -> Graph:
    """The graph without whatever keeps it from being started: where nothing was drawn it leads to its end."""
    graph = Graph((*graph.nodes, OVER), graph.edges, graph.start)
    for _ in range(_MOST_MENDS):
        wrong = next((one for one in problems(graph) if one.severity == "error"), None)
        if wrong is None:
            return graph
        graph = _without(graph, wrong)
    raise AssertionError("a graph that cannot be mended")


def _without(graph: Graph, wrong: Problem) -> Graph:
    assert wrong.node_id is not None, wrong
    node = graph.node(wrong.node_id)
    offered = branches_of(node) or ()
    drawn = graph.ways_out(node.id)
    if wrong.code == "missing_branch":
        missing = [one.name for one in offered if one.is_required and one.name not in drawn]
        return replace(graph, edges=(*graph.edges, *(Edge(node.id, one, OVER.id) for one in missing)))
    if wrong.code == "unknown_branch":
        known = {one.name for one in offered}
        kept = [one for one in graph.edges if one.source != node.id or one.branch in known]
        return replace(graph, edges=tuple(kept))
    if wrong.code == "loop":
        return _opened(graph)
    if wrong.code == "unreachable":
        return without(graph, node.id)
    stage = Node(node.id, node.key, "stage", node.name, {})
    return replace(graph, nodes=tuple(stage if one.id == node.id else one for one in graph.nodes))


def _opened(graph: Graph) -> Graph:
    """One way leads to the end instead of round and round without a pause."""
    inside = set(loops(timeless_edges(graph))[0])
    wrong = next(one for one in timeless_edges(graph) if one.source in inside and one.target in inside)
    return replace(graph, edges=tuple(
        Edge(one.source, one.branch, OVER.id) if one == wrong else one for one in graph.edges
    ))  # fmt: skip


def without(graph: Graph, node_id: UUID) -> Graph:
    """The graph without a step and its ways."""
    nodes = tuple(one for one in graph.nodes if one.id != node_id)
    edges = tuple(one for one in graph.edges if node_id not in (one.source, one.target))
    return Graph(nodes, edges, graph.start)
