"""A rule read from JSON or from what was typed, with a sentence for everything that is wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic import ValidationError

from loumass.contacts.rules.model import Group, Question, Rule, questions
from loumass.contacts.rules.predicate import Names, Scope
from loumass.contacts.rules.registry import UnknownPredicate, predicate_of, references
from loumass.core.errors import Refused
from loumass.core.settings_form import complaints, settings_in_effect

MOST_QUESTIONS, DEEPEST = 50, 5
EVERYBODY = Group()


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong where: `path` leads there (`0.2`: the third rule of the first group's group), `setting` is its field,
    empty for the whole."""

    path: str
    setting: str
    sentence: str


class RuleRefused(Refused):
    """The rule cannot be read, or names what is not here."""

    def __init__(self, found: Sequence[Complaint]) -> None:
        super().__init__(" ".join(dict.fromkeys(one.sentence for one in found)))
        self.complaints = tuple(found)


def read(raw: Any, scope: Scope = "contact") -> Group:
    """The rule that `raw` (JSON as kept, or texts as typed) says. A question alone is a group of one.

    Raises RuleRefused with every complaint. Whether what it names is here is asked by `names_in`.
    """
    found: list[Complaint] = []
    rule = _Reader(scope, found).rule(raw, "0", 1)
    if not found and rule is not None and sum(1 for _ in questions(rule)) > MOST_QUESTIONS:
        found.append(Complaint("0", "", f"A rule has at most {MOST_QUESTIONS} questions."))
    if found or rule is None:
        raise RuleRefused(found)
    return rule if isinstance(rule, Group) else Group("all", (rule,))


def names_in(rule: Rule) -> Names:
    """What the rule names, found: one statement for each kind of thing. Raises RuleRefused for what must be here and is
    not, such as another organization's segment."""
    names, missing = look_for(rule)
    if missing:
        raise RuleRefused(missing)
    return names


def look_for(rule: Rule) -> tuple[Names, list[Complaint]]:
    """What of all that the rule names is here, and complaints about what is not and must be."""
    wanted: dict[str, set[str]] = {}
    for question in questions(rule):
        for kind, value in question.predicate.refers(question.settings):
            wanted.setdefault(kind, set()).add(value)
    found = {
        (kind, value): thing
        for kind, values in wanted.items()
        for value, thing in references()[kind].find(values).items()
    }
    missing = [
        Complaint(path, _setting_of(question, value), references()[kind].missing)
        for path, question in paths(rule)
        for kind, value in question.predicate.refers(question.settings)
        if references()[kind].missing and (kind, value) not in found
    ]
    return Names(found), missing


def paths(rule: Rule, path: str = "0") -> list[tuple[str, Question]]:
    """Every question with the way to it."""
    if isinstance(rule, Question):
        return [(path, rule)]
    return [found for at, inner in enumerate(rule.rules) for found in paths(inner, f"{path}.{at}")]


def ids_among(values: Any) -> dict[UUID, str]:
    """Those of the texts that are ids, with the text."""
    found = {}
    for value in values:
        try:
            found[UUID(value)] = value
        except ValueError:
            continue
    return found


def _setting_of(question: Question, value: str) -> str:
    settings = question.settings
    return next((name for name in type(settings).model_fields if getattr(settings, name) == value), "")


class _Reader:
    def __init__(self, scope: Scope, found: list[Complaint]) -> None:
        self._scope, self._found = scope, found

    def rule(self, raw: Any, path: str, depth: int) -> Rule | None:
        if not isinstance(raw, Mapping):
            return self._refuse(path, "", "This is no rule: it must be a question or a group.")
        if "ask" in raw:
            return self._question(raw, path)
        if depth > DEEPEST:
            return self._refuse(path, "", f"Groups stand at most {DEEPEST} deep in each other.")
        return self._group(raw, path, depth)

    def _group(self, raw: Mapping[str, Any], path: str, depth: int) -> Group | None:
        match, rules = raw.get("match", "all"), raw.get("rules", [])
        unknown = set(raw) - {"match", "rules", "not"}
        if match not in ("all", "any") or not isinstance(rules, list | tuple) or unknown:
            return self._refuse(path, "match", "Say whether all or any of these must hold.")
        inner = [self.rule(one, f"{path}.{at}", depth + 1) for at, one in enumerate(rules)]
        return Group(match, tuple(one for one in inner if one is not None), raw.get("not") is True)

    def _question(self, raw: Mapping[str, Any], path: str) -> Question | None:
        try:
            predicate = predicate_of(str(raw["ask"]))
        except UnknownPredicate as unknown:
            return self._refuse(path, "ask", str(unknown))
        if predicate.scope == "enrollment" and self._scope == "contact":
            return self._refuse(path, "ask", f"{predicate.label} can only be asked inside of a campaign.")
        values = {name: value for name, value in raw.items() if name not in ("ask", "not")}
        try:
            settings = predicate.Settings.model_validate(self._in_effect(predicate.Settings, values))
        except ValidationError as refusal:
            for name, sentence in complaints(predicate.Settings, refusal).items():
                self._refuse(path, name, sentence)
            return None
        for name, sentence in predicate.flaws(settings):
            self._refuse(path, name, sentence)
        return Question(predicate, settings, raw.get("not") is True)

    @staticmethod
    def _in_effect(settings: Any, values: dict[str, Any]) -> dict[str, Any]:
        """What counts, and what no setting is called, for that to be refused."""
        unknown = {name: value for name, value in values.items() if name not in settings.model_fields}
        return settings_in_effect(settings, values) | unknown

    def _refuse(self, path: str, setting: str, sentence: str) -> None:
        self._found.append(Complaint(path, setting, sentence))
