"""What a field says: text, number or date."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import ColumnElement, and_, func, literal, not_, or_

from loumass.contacts.models import Contact
from loumass.contacts.rules.places_in_time import their_day
from loumass.contacts.rules.predicate import Asked, Known, Names, Needs, Predicate, Ref
from loumass.contacts.rules.predicates.columns import KEYS, column_of, key_of
from loumass.contacts.rules.predicates.values import (
    LAST,
    date_between,
    date_in,
    folded,
    folded_sql,
    number_in,
    number_sql,
)
from loumass.core.settings_form import LONGEST_TEXT, OptionalDate, Settings, Text, setting

Operator = Literal[
    "is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with", "is_set", "is_empty", "more_than",
    "less_than", "before", "after", "in_last", "in_next",
]  # fmt: skip
OPERATORS: dict[str, str] = {
    "is": "is", "is_not": "is not", "contains": "contains", "does_not_contain": "does not contain",
    "starts_with": "starts with", "ends_with": "ends with", "is_set": "is filled in", "is_empty": "is empty",
    "more_than": "is more than", "less_than": "is less than", "before": "is a date before", "after": "is a date after",
    "in_last": "is a date in the last … days", "in_next": "is a date in the next … days",
}  # fmt: skip
TEXTS = ("is", "is_not", "contains", "does_not_contain", "starts_with", "ends_with")
NUMBERS = ("more_than", "less_than")
DATES = ("before", "after")
DAYS = ("in_last", "in_next")
LONGEST_DAYS = 3650


class FieldSettings(Settings):
    """`operator` says which of the others count."""

    field: Text = setting("", "Field", chooses="field", max_length=LONGEST_TEXT)
    operator: Operator = setting("is", "How", choices=OPERATORS)
    value: Text = setting("", "Value", only_when=("operator", [*TEXTS, *NUMBERS]), max_length=LONGEST_TEXT)
    date: OptionalDate = setting(None, "Date", only_when=("operator", DATES))
    days: int = setting(30, "Days", only_when=("operator", DAYS), ge=0, le=LONGEST_DAYS)

    @property
    def number(self) -> Decimal | None:
        """The value as a number."""
        return number_in(self.value)


class Field(Predicate[FieldSettings]):
    name = "field"
    label = "A field"
    group = "The person"
    Settings = FieldSettings

    def words(self, settings: FieldSettings, is_not: bool, names: Names) -> str:
        label = names.name_of("field", settings.field) or "a field"
        words = f"{label} {OPERATORS[settings.operator]}"
        if settings.operator in (*TEXTS, *NUMBERS):
            words += f" {settings.value}"
        elif settings.operator in DATES:
            words += f" {settings.date:%-d %b %Y}" if settings.date else " a date that is missing"
        elif settings.operator in DAYS:
            words = words.replace("…", str(settings.days))
        return f"not: {words}" if is_not else words

    def sql(self, settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
        return _SQL[settings.operator](settings, asked)

    def holds(self, settings: FieldSettings, facts: Known, now: datetime) -> bool:
        found = facts.fields.get(settings.field) or ""
        if settings.operator in NUMBERS:
            number, bound = number_in(found), settings.number
            if number is None or bound is None:
                return False
            return number > bound if settings.operator == "more_than" else number < bound
        if settings.operator in (*DATES, *DAYS):
            return self._date_holds(settings, found, now.astimezone(facts.timezone))
        key, wanted = key_of(settings.field, found), folded(settings.value)
        return _PURE[settings.operator](key, wanted)

    def is_lasting(self, settings: FieldSettings) -> bool:
        return settings.operator not in DAYS

    @staticmethod
    def _date_holds(settings: FieldSettings, found: str, local: datetime) -> bool:
        day, today = date_in(found), local.date()
        if day is None:
            return False
        if settings.operator == "in_last":
            return today - timedelta(days=settings.days) <= day <= today
        if settings.operator == "in_next":
            return today <= day <= today + timedelta(days=settings.days)
        if settings.date is None:
            return False
        return day < settings.date if settings.operator == "before" else day > settings.date

    def needs(self, settings: FieldSettings) -> Needs:
        return Needs(fields=frozenset({settings.field}))

    def refers(self, settings: FieldSettings) -> Iterable[Ref]:
        yield "field", settings.field

    def flaws(self, settings: FieldSettings) -> Iterable[tuple[str, str]]:
        if not settings.field:
            yield "field", "Choose the field."
        if settings.operator in TEXTS and not settings.value:
            yield "value", "Type the value, or ask whether the field is filled in."
        if settings.operator in NUMBERS and settings.number is None:
            yield "value", "Type a number, such as 1200 or 99.50."
        if settings.operator in DATES and settings.date is None:
            yield "date", "Give the date."


_PURE: dict[str, Callable[[str, str], bool]] = {
    "is": lambda key, wanted: key == wanted,
    "is_not": lambda key, wanted: key != wanted,
    "contains": lambda key, wanted: wanted in key,
    "does_not_contain": lambda key, wanted: wanted not in key,
    "starts_with": lambda key, wanted: key.startswith(wanted),
    "ends_with": lambda key, wanted: key.endswith(wanted),
    "is_set": lambda key, _: key != "",
    "is_empty": lambda key, _: key == "",
}


def _key(settings: FieldSettings) -> ColumnElement[Any]:
    """What is compared; a key column where there is one, since an index may lead to it."""
    return KEYS.get(settings.field, folded_sql(column_of(settings.field)))


def _is(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    wanted = folded(settings.value)
    if settings.field == "full_name":
        # First and last name with a blank between them, of which one may be missing.
        return Contact.name_key.in_([wanted, f" {wanted}", f"{wanted} "])
    return _key(settings) == wanted


def _starts_with(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    wanted = folded(settings.value)
    if settings.field == "full_name":
        starts = [wanted, f" {wanted}"]
        return or_(*(and_(Contact.name_key >= one, Contact.name_key < one + LAST) for one in starts))
    if settings.field in KEYS:
        return and_(KEYS[settings.field] >= wanted, KEYS[settings.field] < wanted + LAST)
    return func.starts_with(_key(settings), wanted)


def _ends_with(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    wanted = folded(settings.value)
    return func.right(_key(settings), len(wanted)) == wanted


def _contains(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    return func.strpos(_key(settings), folded(settings.value)) > 0


def _is_set(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    return column_of(settings.field) != ""


def _more_than(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    return number_sql(column_of(settings.field)) > settings.number


def _less_than(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    return number_sql(column_of(settings.field)) < settings.number


def _before(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    assert settings.date is not None  # noqa: S101  `flaws` refuses it
    return date_between(column_of(settings.field), literal(""), literal(settings.date.isoformat()))


def _after(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    assert settings.date is not None  # noqa: S101  `flaws` refuses it
    next_day = (settings.date + timedelta(days=1)).isoformat()
    return date_between(column_of(settings.field), literal(next_day), literal(LAST))


def _in_last(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    since = their_day(asked, -settings.days)
    return date_between(column_of(settings.field), since, their_day(asked, 1))


def _in_next(settings: FieldSettings, asked: Asked) -> ColumnElement[bool]:
    until = their_day(asked, settings.days + 1)
    return date_between(column_of(settings.field), their_day(asked, 0), until)


def _not(
    of: Callable[[FieldSettings, Asked], ColumnElement[bool]],
) -> Callable[[FieldSettings, Asked], ColumnElement[bool]]:
    """Turned round; a field that somebody lacks reads as empty."""
    return lambda settings, asked: not_(func.coalesce(of(settings, asked), False))


_SQL: dict[str, Callable[[FieldSettings, Asked], ColumnElement[bool]]] = {
    "is": _is,
    "is_not": _not(_is),
    "contains": _contains,
    "does_not_contain": _not(_contains),
    "starts_with": _starts_with,
    "ends_with": _ends_with,
    "is_set": _is_set,
    "is_empty": _not(_is_set),
    "more_than": _more_than,
    "less_than": _less_than,
    "before": _before,
    "after": _after,
    "in_last": _in_last,
    "in_next": _in_next,
}
