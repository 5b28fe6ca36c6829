"""Everything that is wrong with a graph, each with its step, its sentence and its remedy."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from loumass.funnels.graph import Graph, branches_of, loops, settings_of, timeless_edges
from loumass.funnels.kinds import KINDS, kind_of
from loumass.funnels.kinds.settings import complaints, lists_chosen_from
from loumass.funnels.node import Node
from loumass.funnels.words import MEDIA, called, listed


@dataclass(frozen=True, slots=True)
class Problem:
    """``severity`` error keeps a graph from being published or started; a hint only tells.

    ``node_id`` is None where the whole graph is meant. ``code`` is stable, for tests and links.
    """

    code: str
    node_id: UUID | None
    sentence: str
    remedy: str
    severity: Literal["error", "hint"] = "error"


@dataclass(frozen=True, slots=True)
class UnknownTag:
    """A merge tag that means nothing, and the one that was probably meant."""

    tag: str
    suggestion: str | None = None


def _nothing_lacks(content_id: UUID) -> str | None:
    return None


def _no_unknown_tags(content_id: UUID) -> Sequence[UnknownTag]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What validation must be told about the world outside of the graph.

    ``content_lacks`` answers what a content lacks ("has no subject"), or None. ``dead_media`` names the media
    that nothing can be sent on, each with the reason in a sentence. ``has_event`` is None for a template.
    ``fields`` are the contact's fields that exist, or None where nobody knows. ``choices`` are the values of the lists that
    settings must be chosen from; a list that is not among them is not asked. ``gone_in_rules`` says of what the rules of each step name and is gone, in sentences.
    """

    content_lacks: Callable[[UUID], str | None] = _nothing_lacks
    unknown_tags: Callable[[UUID], Sequence[UnknownTag]] = _no_unknown_tags
    dead_media: Mapping[str, str] = field(default_factory=dict)
    has_event: bool | None = None
    fields: Collection[str] | None = None
    choices: Mapping[str, Collection[str]] = field(default_factory=dict)
    gone_in_rules: Mapping[UUID, Sequence[str]] = field(default_factory=dict)


def problems(graph: Graph, surroundings: Surroundings | None = None) -> list[Problem]:
    """Every problem of ``graph``, errors first, in the order of its steps. Never raises, whatever the graph."""
    around = surroundings or Surroundings()
    found = [*_start(graph), *_edges(graph), *_keys(graph)]
    for node in graph.nodes:
        found += [
            *_settings(graph, node),
            *_branches(graph, node),
            *_content(node, around),
            *_world(node, around),
        ]
    found += [*_unreachable(graph), *_timeless_loops(graph), *_endless(graph), *_silence(graph)]
    order = {node.id: place for place, node in enumerate(graph.nodes)}
    return sorted(found, key=lambda p: (p.severity == "hint", order.get(p.node_id, -1) if p.node_id else -1))


def is_ready(found: Sequence[Problem]) -> bool:
    """Whether nothing but hints was found."""
    return all(problem.severity == "hint" for problem in found)


def _start(graph: Graph) -> Iterator[Problem]:
    if not graph.nodes:
        yield Problem("empty", None, "The funnel has no steps.", "Add the first step.")
    elif graph.start is None or graph.start not in graph:
        yield Problem(
            "no_start", None, "The funnel has no first step.", "Choose the step where people begin."
        )


def _edges(graph: Graph) -> Iterator[Problem]:
    for edge in graph.edges:
        if edge.source not in graph:
            sentence = f"A way called {edge.branch} begins at a step that is gone."
            yield Problem("edge_from_nowhere", None, sentence, "Remove the way.")
        elif edge.target not in graph:
            name = called(graph.node(edge.source).name)
            sentence = f"{name} leads by {edge.branch} to a step that is gone."
            yield Problem("edge_to_nowhere", edge.source, sentence, "Connect it to another step.")


def _keys(graph: Graph) -> Iterator[Problem]:
    for attribute, code in (("key", "same_key"), ("id", "same_id")):
        counts = Counter(getattr(node, attribute) for node in graph.nodes)
        for node in graph.nodes:
            value = getattr(node, attribute)
            if counts[value] > 1:
                counts[value] = 0
                sentence = f"Two steps are known as {value}."
                yield Problem(code, node.id, sentence, "Give one of them another key.")


def _settings(graph: Graph, node: Node) -> Iterator[Problem]:
    if node.kind not in KINDS:
        sentence = f"{called(node.name)} is a step of the kind {node.kind}, which does not exist here."
        yield Problem("unknown_kind", node.id, sentence, "Replace it with another kind of step.")
        return
    kind = kind_of(node.kind)
    try:
        config = kind.read(node)
    except ValidationError as refusal:
        for sentence in complaints(kind.Config, refusal).values():
            yield Problem(
                "settings", node.id, f"{called(node.name)}: {sentence}", "Open the step and mend the setting."
            )
        return
    for flaw in kind.flaws(config):
        yield Problem(flaw.code, node.id, f"{called(node.name)} {flaw.sentence}", flaw.remedy)
    for key in sorted(kind.steps_named(config) - {other.key for other in graph.nodes}):
        sentence = f"{called(node.name)} asks about the step {key}, which is gone."
        yield Problem("step_gone", node.id, sentence, "Choose another step.")


def _branches(graph: Graph, node: Node) -> Iterator[Problem]:
    offered = branches_of(node)
    if offered is None:
        return
    drawn = Counter(edge.branch for edge in graph.edges if edge.source == node.id)
    required = [branch for branch in offered if branch.is_required]
    for branch in required:
        if not drawn[branch.name]:
            way = "leads nowhere" if len(required) == 1 else f"has no way out for {branch.label}"
            remedy = "Connect it to the next step, or to an End."
            yield Problem("missing_branch", node.id, f"{called(node.name)} {way}.", remedy)
    names = {branch.name for branch in offered}
    for name, count in drawn.items():
        if name not in names:
            sentence = f"{called(node.name)} has a way called {name}, which it does not offer."
            yield Problem(
                "unknown_branch", node.id, sentence, "Remove that way, or choose the branch it is for."
            )
        elif count > 1:
            sentence = f"{called(node.name)} leads by {name} to {count} steps at once."
            yield Problem("double_branch", node.id, sentence, "Keep one of them.")


def _content(node: Node, around: Surroundings) -> Iterator[Problem]:
    if node.kind not in KINDS or kind_of(node.kind).medium is None:
        return
    if node.content_id is None:
        yield Problem(
            "missing_content", node.id, f"{called(node.name)} has nothing to say.", "Write its message."
        )
        return
    lack = around.content_lacks(node.content_id)
    if lack:
        yield Problem("missing_content", node.id, f"{called(node.name)} {lack}.", "Complete its message.")
    for unknown in around.unknown_tags(node.content_id):
        remedy = (
            f"Did you mean {unknown.suggestion}?" if unknown.suggestion else "Choose a tag from the list."
        )
        yield Problem(
            "unknown_tag", node.id, f"{called(node.name)} uses {unknown.tag}, which means nothing.", remedy
        )


def _world(node: Node, around: Surroundings) -> Iterator[Problem]:
    medium = kind_of(node.kind).medium if node.kind in KINDS else None
    if medium is not None and medium in around.dead_media:
        sentence = (
            f"{called(node.name)} cannot send its {MEDIA.get(medium, medium)}: {around.dead_media[medium]}"
        )
        yield Problem("dead_medium", node.id, sentence, "Connect a channel for it, or choose another step.")
    config = settings_of(node)
    if around.fields is not None and config is not None:
        for name in sorted(kind_of(node.kind).fields_named(config) - set(around.fields)):
            close = get_close_matches(name.lower(), around.fields, 1, 0.7)
            remedy = f"Did you mean {close[0]}?" if close else "Choose a field from the list."
            sentence = f"{called(node.name)} asks for the field {name}, which nobody has yet."
            yield Problem("unknown_field", node.id, sentence, remedy, "hint")
    if config is not None:
        yield from _gone(node, config, around)
        for sentence in around.gone_in_rules.get(node.id, ()):
            told = f"{called(node.name)} asks for something that is gone."
            yield Problem("rule_lacks", node.id, told, sentence)
    if around.has_event is False and config is not None and kind_of(node.kind).needs_event(config):
        sentence = f"{called(node.name)} waits around the event, but the campaign has no event date."
        yield Problem("no_event", node.id, sentence, "Give the campaign its event date.")


def _gone(node: Node, config: Any, around: Surroundings) -> Iterator[Problem]:
    for name, chosen in lists_chosen_from(config).items():
        known = around.choices.get(name)
        gone = [label for label, value in chosen if known is not None and value not in known]
        for label in dict.fromkeys(gone):
            sentence = f"{called(node.name)}: what was chosen for “{label}” is not there any more."
            yield Problem("choice_gone", node.id, sentence, "Choose again.")


def _unreachable(graph: Graph) -> Iterator[Problem]:
    """One problem for each part that nobody can come to, at the step where it begins."""
    if graph.start is None or graph.start not in graph:
        return
    reached = graph.reachable_from(graph.start)
    reached |= {node.id for node in graph.nodes if node.kind in KINDS and kind_of(node.kind).is_everywhere}
    left = {node.id: node for node in graph.nodes if node.id not in reached}
    while left:
        led_to = {target for one in left for target in graph.ways_out(one).values() if target != one}
        first = next((node for node in left.values() if node.id not in led_to), next(iter(left.values())))
        behind = {one for one in graph.reachable_from(first.id) if one in left}
        nor = {1: "", 2: ", nor to the step behind it"}.get(
            len(behind), f", nor to the {len(behind) - 1} steps behind it"
        )
        sentence = f"Nobody can come to {called(first.name)}{nor}."
        yield Problem("unreachable", first.id, sentence, "Lead a way to it, or remove it.")
        left = {one: node for one, node in left.items() if one not in behind}


def _timeless_loops(graph: Graph) -> Iterator[Problem]:
    for loop in loops(timeless_edges(graph)):
        names = listed([called(graph.node(node_id).name) for node_id in loop])
        yield Problem(
            "loop",
            loop[0],
            f"People would go round without a pause: {names}.",
            "Put a wait into the loop that counts from when the person comes to it.",
        )


def _endless(graph: Graph) -> Iterator[Problem]:
    for loop in loops(graph.edges):
        inside = set(loop)
        leaves = any(
            not set(graph.ways_out(node_id).values()) <= inside for node_id in loop if node_id in graph
        )
        if not leaves and inside <= {node.id for node in graph.nodes}:
            sentence = f"Nobody ever leaves the loop of {listed([called(graph.node(node_id).name) for node_id in loop])}."
            yield Problem("endless", loop[0], sentence, "Lead a way out of it, unless that is meant.", "hint")


def _silence(graph: Graph) -> Iterator[Problem]:
    if graph.nodes and not any(node.kind in KINDS and kind_of(node.kind).medium for node in graph.nodes):
        sentence = "The funnel sends nothing."
        yield Problem("no_send", None, sentence, "Add an e-mail or a text, unless that is meant.", "hint")
