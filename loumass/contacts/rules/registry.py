"""The predicates and references that this installation has: given by `loumass/rules.py` when a process begins."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import Select

from loumass.contacts.rules.predicate import Predicate, Reference, Scope

#: The select of walks that questions of scope `enrollment` look at, joined with their people; and the walk's id in it.
Walks = Callable[[], tuple[Select[Any], Any]]

_predicates: dict[str, Predicate[Any]] = {}
_references: dict[str, Reference] = {}
_walks: list[Walks] = []


class UnknownPredicate(LookupError):
    """A rule asks what this installation does not know."""


def use(predicates: Iterable[Predicate[Any]], references: Iterable[Reference], walks: Walks) -> None:
    """Take these for this process. Raises ValueError for two of one name."""
    given = list(predicates)
    named = {one.name: one for one in given}
    if len(named) != len(given):
        raise ValueError("two predicates have one name")
    _predicates.clear()
    _predicates.update(named)
    _references.clear()
    _references.update({one.kind: one for one in references})
    _walks[:] = [walks]


def predicate_of(name: str) -> Predicate[Any]:
    """The predicate called `name`. Raises UnknownPredicate."""
    try:
        return _predicates[name]
    except KeyError:
        raise UnknownPredicate(f"There is no question called {name}.") from None


def predicates_in(scope: Scope) -> list[Predicate[Any]]:
    """Those that can be asked: of anybody, or with `enrollment` of a walk as well."""
    return [one for one in _predicates.values() if scope == "enrollment" or one.scope == "contact"]


def references() -> Mapping[str, Reference]:
    """Kind -> reference."""
    return _references


def walks() -> tuple[Select[Any], Any]:
    """See `Walks`. Raises LookupError where nobody gave any."""
    if not _walks:
        raise LookupError("contacts.rules.registry.use(...) was not called")
    return _walks[0]()
