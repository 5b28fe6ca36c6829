"""Which column of a file goes where: guessed from headers and values, then the person's to change."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from loumass.contacts.column_names import TARGETS, field_key, rank_of, target_named
from loumass.core.errors import Refused

IGNORE = "ignore"
ASK = "ask"
FIELD = "field"
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_PHONE = re.compile(r"[+(]?\d[\d\s().+/-]{6,18}\d", re.ASCII)
_SEPARATORS = (";", "|", ",")
_TAGS_AGREE = 0.6


@dataclass(frozen=True, slots=True)
class ColumnChoice:
    """Where one column goes: a key of `TARGETS`, `field` (with `key`), `ignore`, or `ask`.

    `ask` is a column that needs a person; left open it is ignored. `separator` splits tags.
    """

    label: str
    target: str
    key: str = ""
    separator: str = ""

    @property
    def is_open(self) -> bool:
        """Whether a person has to say where it goes."""
        return self.target == ASK


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """One choice for each column of the table, in its order."""

    columns: tuple[ColumnChoice, ...]

    def as_json(self) -> list[dict[str, Any]]:
        """Returns plain values for a JSON column; `from_json` reads them back."""
        return [asdict(choice) for choice in self.columns]

    @classmethod
    def from_json(cls, stored: Iterable[Mapping[str, Any]]) -> ColumnMapping:
        """Returns the mapping that `as_json` gave."""
        return cls(tuple(ColumnChoice(**choice) for choice in stored))

    def column_of(self, target: str) -> int | None:
        """Returns the position of the column that goes to `target`."""
        return next((at for at, choice in enumerate(self.columns) if choice.target == target), None)

    @property
    def fields(self) -> dict[str, int]:
        """Returns custom field key -> position of its column."""
        return {choice.key: at for at, choice in enumerate(self.columns) if choice.target == FIELD}

    def problems(self) -> list[str]:
        """Returns a sentence for everything that stands in the way of an import; none is ready to go."""
        found = []
        if self.column_of("email") is None and self.column_of("phone") is None:
            found.append("Choose the column that holds the e-mail address or the mobile number.")
        for target, title in TARGETS.items():
            labels = [choice.label for choice in self.columns if choice.target == target]
            if len(labels) > 1:
                found.append(f"{_and(labels)} both go to {title}. Choose one of them.")
        for key in self.fields:
            labels = [choice.label for choice in self.columns if choice.target == FIELD and choice.key == key]
            if len(labels) > 1:
                found.append(f"{_and(labels)} both go to the field “{key}”. Choose one of them.")
        return found


def guess_mapping(
    labels: Sequence[str], sample: Sequence[Sequence[str]], known_fields: Mapping[str, str] | None = None
) -> ColumnMapping:
    """Returns a choice for each column, from its label, then from up to a few hundred sample rows.

    `known_fields` maps the organization's custom field keys to labels. Where two columns want one place,
    the plainer name gets it and the other is left open for a person.
    """
    choices = [
        _guess_column(label, [row[at].strip() for row in sample if row[at].strip()], known_fields or {})
        for at, label in enumerate(labels)
    ]
    return ColumnMapping(tuple(_leave_rivals_open(choices)))


def apply_choices(guessed: ColumnMapping, chosen: Sequence[str]) -> ColumnMapping:
    """Returns the mapping with a person's choices, one per column: a target, `field:<key>`, `ignore`.

    Raises Refused where a choice is unknown or their number is not that of the columns.
    """
    if len(chosen) != len(guessed.columns):
        raise Refused("The columns have changed meanwhile. Look at the matching again.")
    return ColumnMapping(tuple(map(_apply, guessed.columns, chosen)))


def _apply(column: ColumnChoice, chosen: str) -> ColumnChoice:
    target, _, key = chosen.partition(":")
    if target == FIELD:
        return replace(column, target=FIELD, key=field_key(key or column.label))
    if target not in TARGETS and target not in {IGNORE, ASK}:
        raise Refused(f"“{chosen}” is not a place a column can go to.")
    return replace(column, target=target, key="")


def _guess_column(label: str, values: list[str], known_fields: Mapping[str, str]) -> ColumnChoice:
    separator = _separator(values)
    if not values:
        return ColumnChoice(label, IGNORE, separator=separator)
    key = field_key(label)
    if key in known_fields or label in known_fields.values():
        by_label = next((known for known, name in known_fields.items() if name == label), key)
        return ColumnChoice(label, FIELD, by_label, separator)
    target = target_named(label) or _target_by_values(values)
    if target:
        return ColumnChoice(label, target, separator=separator)
    if label.endswith(", no header"):
        return ColumnChoice(label, ASK, separator=separator)
    return ColumnChoice(label, FIELD, key, separator)


def _target_by_values(values: list[str]) -> str | None:
    for target, pattern in (("email", _EMAIL), ("phone", _PHONE)):
        if sum(bool(pattern.fullmatch(value)) for value in values) > len(values) * _TAGS_AGREE:
            return target
    return None


def _leave_rivals_open(choices: list[ColumnChoice]) -> list[ColumnChoice]:
    kept = list(choices)
    for target in TARGETS:
        rivals = [at for at, choice in enumerate(choices) if choice.target == target]
        for at in sorted(rivals, key=lambda at: (rank_of(choices[at].label), at))[1:]:
            kept[at] = replace(choices[at], target=ASK)
    keys: set[str] = set()
    for at, choice in enumerate(kept):
        if choice.target == FIELD and choice.key in keys:
            kept[at] = replace(choice, target=ASK, key="")
        keys.add(choice.key)
    return kept


def _separator(values: list[str]) -> str:
    """Returns the mark at which tags are split: the first of ; | , that occurs."""
    return next((mark for mark in _SEPARATORS if any(mark in value for value in values)), _SEPARATORS[0])


def _and(labels: list[str]) -> str:
    quoted = [f"“{label}”" for label in labels]
    return f"{', '.join(quoted[:-1])} and {quoted[-1]}"
