"""What the template of the rule editor is given: groups and questions, each with its names, choices and complaints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from loumass.contacts.rules.editor import MATCHES, new_question
from loumass.contacts.rules.predicate import Scope
from loumass.contacts.rules.reading import Complaint
from loumass.contacts.rules.registry import UnknownPredicate, predicate_of, predicates_in, references
from loumass.core.settings_form import FormField, form_fields

MATCH_WORDS = {"all": "all of these", "any": "any of these", "none": "none of these"}
NOT_ALL = {"not_all": "not all of these"}
Offers = Mapping[str, Sequence[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class DrawnQuestion:
    """`name` begins the names of its fields; `is_known` is false for a question of another installation or a later day."""

    path: str
    name: str
    ask: str
    label: str
    is_known: bool
    yes_no: tuple[str, str] | None
    is_not: bool
    fields: tuple[FormField, ...]
    errors: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class DrawnGroup:
    """`match` is what its menu says; `depth` counts from 0, the root."""

    path: str
    name: str
    match: str
    matches: Mapping[str, str]
    rules: tuple[DrawnQuestion | DrawnGroup, ...]
    errors: Mapping[str, str]
    depth: int


@dataclass(frozen=True, slots=True)
class Drawn:
    """One editor. `url` answers an act with the editor drawn anew; `kinds` are the questions to choose from by group."""

    prefix: str
    url: str
    root: DrawnGroup
    kinds: Mapping[str, Sequence[tuple[str, str]]]
    suggestions: Offers
    focus: str = ""
    errors: tuple[tuple[str, str], ...] = field(default=())


def drawn(
    raw: Mapping[str, Any],
    *,
    prefix: str,
    url: str,
    scope: Scope = "contact",
    complaints: Sequence[Complaint] = (),
    offers: Offers | None = None,
    focus: str = "",
) -> Drawn:
    """The editor of `raw` (as kept, or as typed). `offers` are lists that only the page knows, such as `step`."""
    kinds: dict[str, list[tuple[str, str]]] = {}
    for one in predicates_in(scope):
        kinds.setdefault(one.group, []).append((one.name, one.label))
    root = raw if "ask" not in raw else {"match": "all", "rules": [raw]}
    pen = _Pen(prefix, complaints, dict(offers or {}))
    group = pen.group(root, "0", 0)
    return Drawn(prefix, url, group, kinds, pen.suggestions(), focus, pen.linked())


class _Pen:
    def __init__(self, prefix: str, complaints: Sequence[Complaint], offers: dict[str, Any]) -> None:
        self._prefix, self._offers, self._complaints = prefix, offers, complaints
        self._errors: dict[str, dict[str, str]] = {}
        for one in complaints:
            self._errors.setdefault(one.path.replace(".", "_"), {}).setdefault(one.setting, one.sentence)
        self._suggested: set[str] = set()

    def group(self, raw: Mapping[str, Any], path: str, depth: int) -> DrawnGroup:
        rules = raw.get("rules", [])
        found = [
            self.question(one, f"{path}_{at}") if "ask" in one else self.group(one, f"{path}_{at}", depth + 1)
            for at, one in enumerate(rules)
        ]
        kept = {"match": raw.get("match", "all")} | ({"not": True} if raw.get("not") else {})
        match = next((name for name, one in MATCHES.items() if one == kept), "all")
        words = MATCH_WORDS | (NOT_ALL if match == "not_all" else {})
        errors = self._errors.get(path, {})
        return DrawnGroup(path, self._name(path), match, words, tuple(found), errors, depth)

    def question(self, raw: Mapping[str, Any], path: str) -> DrawnQuestion:
        ask, errors = str(raw.get("ask") or new_question()["ask"]), self._errors.get(path, {})
        try:
            predicate = predicate_of(ask)
        except UnknownPredicate:
            return DrawnQuestion(
                path, self._name(path), ask, ask, False, None, bool(raw.get("not")), (), errors
            )
        fields = tuple(self._offered(one) for one in form_fields(predicate.Settings, raw))
        self._suggested |= {one.suggests for one in fields if one.suggests}
        yes_no = predicate.yes_no or (("is so", "is not so") if raw.get("not") else None)
        return DrawnQuestion(
            path, self._name(path), ask, predicate.label, True, yes_no, bool(raw.get("not")), fields, errors
        )

    def suggestions(self) -> Offers:
        """What may be offered while typing."""
        lists = {"tags": "tag"}
        return {name: self._list(lists[name]) for name in sorted(self._suggested & lists.keys())}

    def linked(self) -> tuple[tuple[str, str], ...]:
        """Every complaint with the id of the field it is about."""
        return tuple(
            (f"{self._name(one.path.replace('.', '_'))}-{one.setting or 'ask'}", one.sentence)
            for one in self._complaints
        )

    def _offered(self, one: FormField) -> FormField:
        """A field whose choices only the organization knows. What is chosen stays a choice, whether it is still here or not."""
        if not one.chooses:
            return one
        choices, chosen = list(self._list(one.chooses)), str(one.value or "")
        if chosen not in dict(choices):
            choices.insert(0, (chosen, "One that is gone" if chosen else "Choose…"))
        return replace(one, choices=tuple(choices))

    def _list(self, kind: str) -> Sequence[tuple[str, str]]:
        if kind not in self._offers:
            self._offers[kind] = references()[kind].offer() if kind in references() else []
        return self._offers[kind]

    def _name(self, path: str) -> str:
        return f"{self._prefix}-{path}"
