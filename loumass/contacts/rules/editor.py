"""A rule as a form: what was typed read back into a rule, acts on it (a question more, one less), and what to draw.

Several editors may stand on one page: every name of a field begins with the editor's own `prefix`. A field is called
`<prefix>-<path>-<what>`, the path being numbers (`0_2`: the third rule of the root); an act is `<prefix>-act`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from werkzeug.datastructures import MultiDict

from loumass.contacts.rules.registry import UnknownPredicate, predicate_of
from loumass.core.settings_form import form_fields

FIRST_QUESTION = "field"
MOST_NODES = 200
_PATH = re.compile(r"0(_[0-9]{1,3})*")
_LISTS = ("choices", "numbers")
#: What a group says in its one menu -> how it is kept.
MATCHES = {
    "all": {"match": "all"},
    "any": {"match": "any"},
    "none": {"match": "any", "not": True},
    "not_all": {"match": "all", "not": True},
}
Raw = dict[str, Any]


def typed(form: MultiDict[str, str], prefix: str) -> Raw:
    """The rule that the form holds, values as typed; one question that says nothing where the form has none."""
    nodes: dict[tuple[int, ...], dict[str, list[str]]] = {}
    for name in form:
        path, _, what = name.removeprefix(f"{prefix}-").partition("-")
        if name.startswith(f"{prefix}-") and what and _PATH.fullmatch(path):
            at = tuple(map(int, path.split("_")))
            nodes.setdefault(at, {})[what] = form.getlist(name)
    if len(nodes) > MOST_NODES or (0,) not in nodes:
        return new_rule()
    return _node((0,), nodes)


def act_in(form: Mapping[str, str], prefix: str) -> str:
    """The act that was asked for (`question:0_1`, `group:0`, `remove:0_2`, `look`), or nothing: the rule is to be kept."""
    return form.get(f"{prefix}-act", "")


def acted(raw: Raw, act: str) -> tuple[Raw, str]:
    """The rule after `act`, and the path where a person goes on. An act that makes no sense changes nothing."""
    what, _, path = act.partition(":")
    steps = [int(one) for one in path.split("_")[1:]] if _PATH.fullmatch(path) else None
    group = _group_at(raw, steps[:-1] if what == "remove" else steps) if steps is not None else None
    if group is None or steps is None:
        return raw, ""
    if what == "remove" and steps and steps[-1] < len(group):
        del group[steps[-1]]
        return raw, "_".join(["0", *map(str, steps[:-1])])
    if what in ("question", "group"):
        group.append(new_question() if what == "question" else new_rule("any"))
        return raw, f"{path}_{len(group) - 1}" + ("_0" if what == "group" else "")
    return raw, ""


def new_rule(match: str = "all") -> Raw:
    """What an empty editor begins with."""
    return {"match": match, "rules": [new_question()]}


def new_question() -> Raw:
    """A question that asks nothing yet."""
    return {"ask": FIRST_QUESTION}


def _node(path: tuple[int, ...], nodes: Mapping[tuple[int, ...], dict[str, list[str]]]) -> Raw:
    values = nodes[path]
    if "ask" in values:
        return _question(values)
    children = sorted(at for at in nodes if len(at) == len(path) + 1 and at[: len(path)] == path)
    match = MATCHES.get(values.get("match", ["all"])[0], MATCHES["all"])
    return {**match, "rules": [_node(child, nodes) for child in children]}


def _question(values: Mapping[str, list[str]]) -> Raw:
    """Only what the predicate has: after another one was chosen, fields of the one before may still be there."""
    raw: Raw = {"ask": values["ask"][0]}
    if values.get("not", [""])[0]:
        raw["not"] = True
    try:
        fields = form_fields(predicate_of(raw["ask"]).Settings, {})
    except UnknownPredicate:
        return raw
    for field in fields:
        given = values.get(field.name)
        if field.widget in _LISTS and (given is not None or f"{field.name}.shown" in values):
            raw[field.name] = given or []
        elif given is not None:
            raw[field.name] = given[0]
    return raw


def _group_at(raw: Raw, steps: Sequence[int] | None) -> list[Raw] | None:
    here: Any = raw
    for step in steps or ():
        rules = here.get("rules")
        if not isinstance(rules, list) or step >= len(rules):
            return None
        here = rules[step]
    found = here.get("rules")
    return found if isinstance(found, list) else None
