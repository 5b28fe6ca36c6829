"""Lists that a step's settings must be chosen from, by name. Higher slices add theirs (campaigns do)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from uuid import UUID

from loumass.accounts.members import working_members
from loumass.funnels import asked_rule
from loumass.funnels.graph import Graph, rules_in, settings_of
from loumass.funnels.kinds.settings import Settings, lists_chosen_from

Choices = list[tuple[str, str]]


def _members() -> Choices:
    return [(str(user_id), name) for user_id, name in working_members()]


_LISTS: dict[str, Callable[[], Choices]] = {"members": _members}


def offer(name: str, everything: Callable[[], Choices]) -> None:
    """From now on the list ``name`` is what ``everything`` answers: (value, words) of all on it."""
    _LISTS[name] = everything


def offered(names: Iterable[str]) -> dict[str, Choices]:
    """The lists called so, each read once."""
    return {name: _LISTS[name]() for name in sorted(set(names) & set(_LISTS))}


def chosen_in(graph: Graph) -> frozenset[str]:
    """The lists that the graph's steps choose from."""
    configs: Iterable[Settings | None] = (settings_of(node) for node in graph.nodes)
    return frozenset(name for config in configs if config is not None for name in lists_chosen_from(config))


def named_in(*graphs: Graph) -> dict[str, str]:
    """What everything is called that the graphs' steps choose from lists, by id, or name in rules (`asked_rule.key_of`)."""
    lists = offered(frozenset[str]().union(*(chosen_in(graph) for graph in graphs)))
    rules = [rule for graph in graphs for rules in rules_in(graph).values() for rule in rules]
    return words_of(lists) | asked_rule.named_in(rules)[0]


def gone_in(graph: Graph) -> dict[UUID, list[str]]:
    """Sentences about what the steps' rules name and is gone, by step."""
    asked = [(node_id, rule) for node_id, rules in rules_in(graph).items() for rule in rules]
    found: dict[UUID, list[str]] = {}
    for (node_id, _), gone in zip(asked, asked_rule.named_in([rule for _, rule in asked])[1], strict=True):
        found.setdefault(node_id, []).extend(gone)
    return found


def words_of(lists: Mapping[str, Choices]) -> dict[str, str]:
    """What every value of the lists is called. Values are ids, so no two lists share one."""
    return {value: words for choices in lists.values() for value, words in choices}
