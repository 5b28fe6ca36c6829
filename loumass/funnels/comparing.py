"""Two graphs compared step by step, in words: what was added, taken out, and is said or set differently. Pure.

A step is the same step in both where its key and its kind are: clones keep keys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from pydantic import ValidationError

from loumass.content import html as author_html
from loumass.content.composing import Draft
from loumass.content.sounding import length
from loumass.core.words import plural
from loumass.funnels.graph import Graph, branches_of, describe, settings_of
from loumass.funnels.kinds import KINDS, UnknownKind, kind_of
from loumass.funnels.kinds.base import Names
from loumass.funnels.kinds.settings import FormField, form_fields
from loumass.funnels.node import Node
from loumass.funnels.wording import Piece, pieces
from loumass.funnels.words import called, listed, sentence

Words = Mapping[UUID, Draft]
NOWHERE = "nowhere"
_MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing about a step: its `name`, a setting, its words or where a way leads, before and after. `woven` are both
    texts in one, for words."""

    what: Literal["name", "settings", "words", "ways"]
    label: str
    before: str
    after: str
    woven: tuple[Piece, ...] = ()


@dataclass(frozen=True, slots=True)
class StepChange:
    """A step that is not what it was. `before` is None for one that was added, `after` for one that was taken out."""

    before: Node | None
    after: Node | None
    differences: tuple[Difference, ...] = ()

    @property
    def node(self) -> Node:
        """The step as it is now, or as it was last."""
        found = self.after or self.before
        assert found is not None  # noqa: S101  one of the two is there
        return found

    @property
    def verdict(self) -> Literal["added", "removed", "changed"]:
        """What became of it."""
        if self.before is None:
            return "added"
        return "removed" if self.after is None else "changed"

    def has(self, what: str) -> bool:
        """Whether it differs in `what`."""
        return any(one.what == what for one in self.differences)


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is different between two graphs: their steps, in the order of the newer one, and where people begin."""

    steps: tuple[StepChange, ...]
    start: tuple[str, str] | None = None

    @property
    def is_empty(self) -> bool:
        """Whether both say the same."""
        return not self.steps and self.start is None

    def of(self, verdict: str) -> list[StepChange]:
        """The steps of which that became."""
        return [step for step in self.steps if step.verdict == verdict]

    @property
    def sentence(self) -> str:
        """``Nudge added, Call taken out, Wait changed``."""
        parts = [f"{_named(self.of('added'))} added"] if self.of("added") else []
        parts += [f"{_named(self.of('removed'))} taken out"] if self.of("removed") else []
        parts += [f"{_named(self.of('changed'))} changed"] if self.of("changed") else []
        parts += [f"people begin at {called(self.start[1])}"] if self.start else []
        return sentence(", ".join(parts)) or "Nothing changed"


def _named(steps: list[StepChange]) -> str:
    if len(steps) > _MOST_NAMED:
        return plural(len(steps), "step")
    return listed([called(step.node.name) for step in steps])


def same_step(one: Node, other: Node) -> bool:
    """Whether both are one step, before and after."""
    return (one.key, one.kind) == (other.key, other.kind)


def compare(
    old: Graph, old_words: Words, new: Graph, new_words: Words, chosen: Mapping[str, str] | None = None
) -> Comparison:
    """What is different in `new`. `chosen` is what people, campaigns and the like are called, by id."""
    before = {(node.key, node.kind): node for node in old.nodes}
    after = {(node.key, node.kind): node for node in new.nodes}
    sides = _Sides(old, old_words, new, new_words, chosen or {})
    steps = [
        StepChange(before.get(key), node, tuple(sides.differences(before[key], node)) if key in before else ())
        for key, node in after.items()
    ]  # fmt: skip
    steps = [step for step in steps if step.before is None or step.differences]
    steps += [StepChange(node, None) for key, node in before.items() if key not in after]
    return Comparison(tuple(steps), sides.start())


@dataclass(frozen=True, slots=True)
class _Sides:
    old: Graph
    old_words: Words
    new: Graph
    new_words: Words
    chosen: Mapping[str, str]

    def start(self) -> tuple[str, str] | None:
        before = self.old.node(self.old.start) if self.old.start in self.old and self.old.start else None
        after = self.new.node(self.new.start) if self.new.start in self.new and self.new.start else None
        if before is None or after is None or same_step(before, after):
            return None
        return before.name, after.name

    def differences(self, before: Node, after: Node) -> Iterator[Difference]:
        if before.name != after.name:
            yield Difference("name", "Name", before.name, after.name)
        yield from self._settings(before, after)
        yield from words_differ(self._said(before, self.old_words), self._said(after, self.new_words))
        yield from self._ways(before, after)

    def _said(self, node: Node, words: Words) -> Draft:
        return (words.get(node.content_id) if node.content_id else None) or Draft()

    def _names(self, graph: Graph) -> Names:
        return Names(steps=graph.names().steps, chosen=self.chosen)

    def _settings(self, before: Node, after: Node) -> Iterator[Difference]:
        old, new = _whole(before), _whole(after)
        if old == new:
            return
        is_sending = before.kind in KINDS and bool(KINDS[before.kind].medium)
        told = [describe(before, self._names(self.old)), describe(after, self._names(self.new))]
        if told[0] != told[1] and not is_sending:
            yield Difference("settings", "Settings", sentence(told[0]), sentence(told[1]))
            return
        yield from _by_field(before, old, new)

    def _ways(self, before: Node, after: Node) -> Iterator[Difference]:
        old, new = _targets(self.old, before), _targets(self.new, after)
        labels = {one.name: one.label for one in (*(branches_of(before) or ()), *(branches_of(after) or ()))}
        for branch in dict.fromkeys((*old, *new)):
            was, now = old.get(branch), new.get(branch)
            if (was and now and same_step(was, now)) or was is now:
                continue
            label = sentence(labels.get(branch, branch))
            yield Difference(
                "ways", label, was.name if was else NOWHERE, now.name if now else NOWHERE
            )  # fmt: skip


def _targets(graph: Graph, node: Node) -> dict[str, Node]:
    return {branch: graph.node(target) for branch, target in graph.ways_out(node.id).items()}


def _whole(node: Node) -> Mapping[str, Any]:
    """All settings: one that was not there yet when the step was saved counts as its default."""
    config = settings_of(node)
    return node.config if config is None else config.model_dump(mode="json")


def _by_field(node: Node, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Difference]:
    try:
        fields = form_fields(kind_of(node.kind).Config, new)
    except (UnknownKind, ValidationError):
        fields = []
    for field in fields:
        if old.get(field.name) != new.get(field.name):
            before, after = (_value(field, side.get(field.name)) for side in (old, new))
            yield Difference("settings", field.label, before, after)


def _value(field: FormField, value: Any) -> str:
    labels = dict(field.choices)
    shown = value if isinstance(value, list | tuple) else [value]
    words = [labels.get(str(one), "" if one is None else str(one)) for one in shown]
    return ", ".join(words) or "empty"


def words_differ(before: Draft, after: Draft) -> Iterator[Difference]:
    """What two contents say differently: subject, preview line, text, how it looks, and what is heard."""
    if before == after:
        return
    pairs = [
        ("Subject", before.subject, after.subject),
        ("Preview line", before.preheader, after.preheader),
        ("Text", _text(before), _text(after)),
        ("Sound", _sound(before), _sound(after)),
    ]
    found = [
        Difference("words", label, old, new, pieces(old, new)) for label, old, new in pairs if old != new
    ]
    yield from found or [Difference("words", "Looks", "as before", "different, with the same words")]


def _text(draft: Draft) -> str:
    if draft.text.strip() or not draft.html.strip():
        return draft.text
    return author_html.to_text(author_html.clean(draft.html))


def _sound(draft: Draft) -> str:
    if draft.recording:
        return f"{draft.recording.name}, {length(draft.recording.seconds)}"
    return f"spoken by {draft.voice.name}" if draft.voice else ""
