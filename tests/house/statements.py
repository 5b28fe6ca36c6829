"""The cursor hook: refuses a statement on tenant tables that does not bind `organization_id` itself.

Row-level security would hide other tenants' rows all the same; naming the organization keeps the
indexes in use and the schema distributable (design: three nets, each enough by itself). Every level
counts for itself: a sub-select that names it does not excuse the statement around it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Set
from functools import lru_cache
from typing import Any

from sqlalchemy import Engine

from loumass.models import GLOBAL_TABLES, metadata

TENANT = frozenset(set(metadata.tables) - GLOBAL_TABLES)
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_INNERMOST = re.compile(r"\(([^()]*)\)")
_QUERY = re.compile(r"\s*(?:WITH|SELECT|INSERT|UPDATE|DELETE|VALUES)\b", re.IGNORECASE)
_BRANCHES = re.compile(r"\b(?:UNION|INTERSECT|EXCEPT)\b(?:\s+ALL\b)?", re.IGNORECASE)
_AFTER_ALIAS = (
    r"SET|WHERE|ON|JOIN|LEFT|RIGHT|FULL|INNER|CROSS|NATURAL|ORDER|GROUP|HAVING|LIMIT|OFFSET|FETCH|FOR|RETURNING|USING|"
    r"WINDOW|TABLESAMPLE|VALUES|DEFAULT|SELECT"
)
_REFERENCE = re.compile(
    rf"(?P<word>\b(?:FROM|JOIN|UPDATE|USING)|,)\s+(?:ONLY\s+)?(?:LATERAL\s+)?(?P<table>[a-z_]\w*)\b(?!\s*[.(§])"
    rf"(?:\s+(?:AS\s+)?(?!(?:{_AFTER_ALIAS})\b)(?P<alias>[a-z_]\w*))?",
    re.IGNORECASE,
)
_FROM = re.compile(
    r"\b(?:FROM|USING|UPDATE)\b.*?(?=\b(?:WHERE|GROUP|ORDER|HAVING|LIMIT|RETURNING|SET|WINDOW|FOR)\b|$)",
    re.IGNORECASE | re.DOTALL,
)
_SIDE = r"([\w.:%]+(?:\(\w*\)s?)?)"
_EQUALS = re.compile(rf"{_SIDE}\s*(?:=|\bIN\b)\s*\(?\s*{_SIDE}", re.IGNORECASE)
_COLUMN = re.compile(r"(?:(\w+)\.)?organization_id", re.IGNORECASE)
#: What does not work, or not alike, once the schema is distributed.
_UNFIT = {
    "MERGE": re.compile(r"^\s*MERGE\b", re.IGNORECASE),
    "set_config": re.compile(r"\bset_config\s*\(", re.IGNORECASE),
    "a time of the server in DO UPDATE": re.compile(
        r"\bDO\s+UPDATE\b.*?\b(?:now\s*\(|current_timestamp|clock_timestamp)", re.IGNORECASE | re.DOTALL
    ),
}
_INSERT_SELECT = re.compile(
    rf"\bINSERT\s+INTO\s+(?:{'|'.join(sorted(TENANT, key=len, reverse=True))})\b\s*(?:§\d+§|\([^()]*\))?\s*(?:WITH\b|SELECT\b)",
    re.IGNORECASE,
)


class Unbound(AssertionError):
    """A statement that relies on policies alone, or that the plan's rules of SQL refuse."""


@lru_cache(50_000)
def refuse_unbound(statement: str) -> None:
    """Raise Unbound when a level of `statement` uses a tenant table without its `organization_id = ...`."""
    plain = _QUOTED.sub("''", statement)
    for what, unfit in _UNFIT.items():
        if unfit.search(plain):
            raise Unbound(f"{what} is not for us: {statement}")
    for level in _levels(plain):
        if _INSERT_SELECT.search(level) and not re.search(
            r"\b(?:RETURNING|ON\s+CONFLICT)\b", level, re.IGNORECASE
        ):
            raise Unbound(f"INSERT ... SELECT needs RETURNING or ON CONFLICT: {statement}")
        used = dict(_references(level))
        for alias in used.keys() - _bound(level, used.keys()):
            raise Unbound(f"{used[alias]} is used without organization_id in: {statement}")


def _levels(plain: str) -> Iterator[str]:
    """Each SELECT (UPDATE, ...) of a statement by itself; what lies deeper is left out of it."""
    queries: list[str] = []
    kept: list[str] = []

    def fold(found: re.Match[str]) -> str:
        if _QUERY.match(found[1]):
            queries.append(found[1])
            return " §query§ "
        kept.append(f"({found[1]})")
        return f"§{len(kept) - 1}§"

    while _INNERMOST.search(plain):
        plain = _INNERMOST.sub(fold, plain)
    for query in [*queries, plain]:
        for branch in _BRANCHES.split(query):
            yield _unfolded(branch, kept)


def _unfolded(level: str, kept: list[str]) -> str:
    while found := re.search(r"§(\d+)§", level):
        level = level[: found.start()] + kept[int(found[1])] + level[found.end() :]
    return level


def _references(level: str) -> Iterator[tuple[str, str]]:
    """(alias, table) of every tenant table that a level reads or changes."""
    for clause in _FROM.finditer(level):
        for found in _REFERENCE.finditer(clause[0]):
            if found["table"].lower() in TENANT:
                yield found["alias"] or found["table"], found["table"]


def _bound(level: str, aliases: Set[str]) -> set[str]:
    """Those of `aliases` whose organization equals a value, or that of a level outside, perhaps through another."""
    bound, equal = set(), []
    for pair in _EQUALS.findall(level):
        columns = [found[1] or _only(aliases) for side in pair if (found := _COLUMN.fullmatch(side))]
        inside = [alias for alias in columns if alias in aliases]
        if len(inside) == 2:
            equal.append(set(inside))
        else:
            bound.update(inside)
    for _ in equal:
        for pair in equal:
            bound |= pair if pair & bound else set()
    return bound


def _only(aliases: Set[str]) -> str:
    """Whose column it is when the name stands alone."""
    return next(iter(aliases)) if len(aliases) == 1 else ""


def watch(engine: Engine) -> None:
    """From here on `engine` carries out nothing that is unbound. Its dialect is asked, not its events: those cost each
    statement more than judging it."""
    for way in ("do_execute", "do_executemany", "do_execute_no_params"):
        setattr(engine.dialect, way, _judged(getattr(engine.dialect, way)))


def _judged(carry_out: Callable[..., None]) -> Callable[..., None]:
    def judged(cursor: Any, statement: str, *also: Any) -> None:
        refuse_unbound(statement)
        carry_out(cursor, statement, *also)

    return judged
