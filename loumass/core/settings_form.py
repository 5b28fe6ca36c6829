"""The settings of a step or of a question: one pydantic model per kind, from which the form is made as well.

A kind declares each setting once, with its words. ``form_fields`` turns the model into fields that the
generic template draws, ``complaints`` turns refusals into sentences, so a new kind needs no page.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import lru_cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    NaiveDatetime,
    ValidationError,
)
from pydantic import PlainSerializer as Plain
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

LONGEST_TEXT = 200


class Settings(BaseModel):
    """Base of every kind's ``Config``: unknown names are refused, values never change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def _without_zone(clock: time) -> time:
    if clock.tzinfo is not None:
        raise ValueError("needs no time zone")
    return clock.replace(second=0, microsecond=0)


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _is_storable(value: str) -> str:
    if "\x00" in value:
        raise ValueError("holds a character that cannot be stored")
    return value.strip()


ClockTime = Annotated[
    time, AfterValidator(_without_zone), Plain(lambda clock: f"{clock:%H:%M}", return_type=str)
]
OptionalClockTime = Annotated[ClockTime | None, BeforeValidator(_blank_is_none)]
OptionalWallTime = Annotated[NaiveDatetime | None, BeforeValidator(_blank_is_none)]
OptionalDate = Annotated[date | None, BeforeValidator(_blank_is_none)]
OptionalAmount = Annotated[int | None, BeforeValidator(_blank_is_none)]
Text = Annotated[str, AfterValidator(_is_storable)]


def setting(
    default: Any,
    label: str,
    *,
    hint: str = "",
    choices: Mapping[Any, str] | None = None,
    group: str = "",
    only_when: tuple[str, Sequence[str]] | None = None,
    suggests: str = "",
    chooses: str = "",
    is_long: bool = False,
    **limits: Any,
) -> Any:
    """A pydantic field with the words and the place that its form field gets.

    ``only_when`` is ``(other setting, values)``: with any other value this setting has no effect.
    ``suggests`` names a list the page may offer while typing: ``tags``, ``fields``, ``steps``, ``zones``.
    ``chooses`` names one that must be chosen from (``funnels/choices.py``): ``members``, ``campaigns``;
    of a question, one of the references that rules have (``contacts/rules``).
    """
    extra = {
        "choices": choices, "group": group, "only_when": only_when, "suggests": suggests, "chooses": chooses,
        "is_long": is_long,
    }  # fmt: skip
    return Field(default, title=label, description=hint, json_schema_extra=extra, **limits)


@dataclass(frozen=True, slots=True)
class FormField:
    """One field of a step's form. ``widget``: number, text, time, date, datetime, choice, choices, area, rule."""

    name: str
    label: str
    hint: str
    widget: str
    value: Any
    choices: tuple[tuple[str, str], ...] = ()
    group: str = ""
    only_when: tuple[str, tuple[str, ...]] | None = None
    suggests: str = ""
    chooses: str = ""
    at_least: int | None = None
    at_most: int | None = None


def settings_in_effect(config: type[Settings], values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of ``values`` that count, given the others (``only_when``); a setting that is missing has its default."""
    return {
        name: values[name]
        for name, only_when in _only_when(config)
        if name in values and (only_when is None or str(_value(config, only_when[0], values)) in only_when[1])
    }


@lru_cache(maxsize=256)
def _only_when(config: type[Settings]) -> tuple[tuple[str, tuple[str, tuple[str, ...]] | None], ...]:
    """Each setting, and what it depends on: read once, since every rule asks for it."""
    return tuple((field.name, field.only_when) for field in form_fields(config, {}))


def _value(config: type[Settings], name: str, values: Mapping[str, Any]) -> Any:
    return values[name] if name in values else config.model_fields[name].get_default()


def form_fields(config: type[Settings], values: Mapping[str, Any]) -> list[FormField]:
    """The fields of ``config``'s form, filled with ``values`` (JSON as stored, or what was typed)."""
    return [_form_field(name, info, values) for name, info in config.model_fields.items()]


def chosen_from(
    fields: Sequence[FormField], lists: Mapping[str, Sequence[tuple[str, str]]]
) -> list[FormField]:
    """The fields with the lists that they must be chosen from. What was chosen and is gone stays, and says so."""
    return [replace(field, choices=_choices_of(field, lists)) if field.chooses else field for field in fields]


def _choices_of(
    field: FormField, lists: Mapping[str, Sequence[tuple[str, str]]]
) -> tuple[tuple[str, str], ...]:
    known = lists.get(field.chooses, ())
    chosen = field.value if isinstance(field.value, list | tuple) else [field.value]
    values = {value for value, _ in known}
    gone = [(str(one), "Not there any more") for one in chosen if one and str(one) not in values]
    first = [("", "Choose")] if field.widget == "choice" else []
    return (*first, *known, *gone)


def lists_chosen_from(config: Settings) -> dict[str, list[tuple[str, str]]]:
    """The lists that the settings must be chosen from, each with the (label, value) of what was chosen."""
    found: dict[str, list[tuple[str, str]]] = {}
    for name, info in type(config).model_fields.items():
        extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
        if extra.get("chooses"):
            value = getattr(config, name)
            chosen = value if isinstance(value, list | tuple) else [value]
            words = [(info.title or name, str(one)) for one in chosen if one]
            found.setdefault(str(extra["chooses"]), []).extend(words)
    return found


def _form_field(name: str, info: FieldInfo, values: Mapping[str, Any]) -> FormField:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    choices: Any = extra.get("choices") or {}
    only_when: Any = extra.get("only_when")
    widget = "area" if extra.get("is_long") else _widget(info, bool(choices or extra.get("chooses")))
    value = values.get(name, info.get_default())
    limits = {type(limit).__name__: limit for limit in info.metadata}
    return FormField(
        name=name,
        label=info.title or name,
        hint=info.description or "",
        widget=widget,
        # What cannot be a choice (an imported setting may be anything) chooses nothing.
        value=value if widget != "choices" or isinstance(value, list | tuple) else (),
        choices=tuple((str(value), str(words)) for value, words in choices.items()),
        group=str(extra.get("group") or ""),
        only_when=(only_when[0], tuple(only_when[1])) if only_when else None,
        suggests=str(extra.get("suggests") or ""),
        chooses=str(extra.get("chooses") or ""),
        at_least=getattr(limits.get("Ge"), "ge", None),
        at_most=getattr(limits.get("Le"), "le", None),
    )


def _widget(info: FieldInfo, has_choices: bool) -> str:
    plain = _plain_type(info.annotation)
    if get_origin(plain) is dict:
        return "rule"
    if get_origin(plain) in (list, tuple, frozenset):
        return "choices" if has_choices else "numbers"
    if has_choices or get_origin(plain) is Literal:
        return "choice"
    return {int: "number", time: "time", datetime: "datetime", date: "date"}.get(plain, "text")


def _plain_type(annotation: Any) -> Any:
    """``X`` of ``Annotated[X | None, ...]``."""
    if get_origin(annotation) is Annotated:
        return _plain_type(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain_type(next(arg for arg in get_args(annotation) if arg is not type(None)))
    return annotation


def complaints(config: type[Settings], refusal: ValidationError) -> dict[str, str]:
    """Sentences about what is wrong, by setting (the empty name stands for the whole)."""
    found: dict[str, str] = {}
    for error in refusal.errors(include_url=False, include_input=True):
        name = str(error["loc"][0]) if error["loc"] else ""
        info = config.model_fields.get(name)
        label = (info.title if info else None) or name or "The settings"
        found.setdefault(name, f"{label} {_complaint(error)}.")
    return found


def _complaint(error: ErrorDetails) -> str:
    context = error.get("ctx", {})
    kind = error["type"]
    if kind == "greater_than_equal":
        return f"must be at least {context['ge']}"
    if kind == "less_than_equal":
        return f"must be at most {context['le']}"
    if kind == "string_too_long":
        return f"is longer than {context['max_length']} characters"
    if kind == "value_error":
        return str(context["error"])
    return _COMPLAINTS.get(kind, "cannot be read")


_COMPLAINTS = {
    "int_parsing": "is not a whole number",
    "int_type": "is not a whole number",
    "int_from_float": "is not a whole number",
    "literal_error": "is not one of the choices",
    "enum": "is not one of the choices",
    "time_parsing": "is not a time such as 9:30",
    "date_parsing": "is not a date",
    "date_from_datetime_parsing": "is not a date",
    "datetime_parsing": "is not a date and time",
    "datetime_from_date_parsing": "is not a date and time",
    "timezone_naive": "needs no time zone",
    "extra_forbidden": "is not a setting of this step",
    "string_type": "is not text",
    "model_type": "are not settings of a step",
}
