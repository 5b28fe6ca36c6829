"""What was typed on a step's page, read and checked; nothing that was typed is lost on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from pydantic import ValidationError
from werkzeug.datastructures import MultiDict

from loumass.contacts.rules import editor
from loumass.content.composing import Draft
from loumass.content.merge import one_line
from loumass.content.refusing import refusals
from loumass.content.typed import in_way
from loumass.content.vocabulary import Vocabulary
from loumass.content.voicemail_form import Upload, read_voicemail
from loumass.funnels.kinds.base import Kind
from loumass.funnels.kinds.settings import FormField, Settings, complaints, form_fields

SETTING = "set-"
WAY = "way-"
NEW_STEP = "new:"
_LISTS = ("choices", "numbers")


@dataclass(frozen=True, slots=True)
class TypedStep:
    """A step's form as typed. ``settings`` hold raw values of the settings in effect, ``ways`` a step's id, ``""`` or
    ``new:<kind>`` by branch, ``errors`` sentences by field (``name``, ``set-amount``, ``subject``, ...)."""

    name: str
    settings: Mapping[str, Any]
    ways: Mapping[str, str]
    words: Draft | None = None
    library_id: UUID | None = None
    revision: int | None = None
    errors: Mapping[str, str] = field(default_factory=dict)


def read_step(
    form: MultiDict[str, str],
    kind: Kind[Any],
    known: Vocabulary,
    files: Mapping[str, Upload] = MappingProxyType({}),
) -> tuple[TypedStep, Settings | None]:
    """The step as typed, and its settings, or None where something is wrong (``errors`` says what)."""
    settings, errors = typed_settings(form, kind.Config), dict[str, str]()
    config: Settings | None = None
    try:
        config = kind.Config.model_validate(settings)
    except ValidationError as refusal:
        errors |= {
            f"{SETTING}{name}": sentence for name, sentence in complaints(kind.Config, refusal).items()
        }
    if kind.medium == "voicemail":
        words, wrong = read_voicemail(form, files)
        errors |= wrong
    else:
        words = _words(form, kind.medium) if kind.medium else None
    if words is not None and kind.medium is not None:
        errors |= refusals(words, known)
    if not form.get("name", "").strip():
        errors["name"] = "Give the step a name."
    typed = TypedStep(
        name=form.get("name", "").replace("\x00", ""),
        settings=settings,
        ways={name.removeprefix(WAY): value for name, value in form.items() if name.startswith(WAY)},
        words=words,
        library_id=_uuid(form.get("library")),
        revision=form.get("revision", type=int),
        errors=errors,
    )
    return typed, None if errors else config


def only_words(
    typed: TypedStep, name: str, settings: Mapping[str, Any], config: Settings | None
) -> tuple[TypedStep, Settings | None]:
    """The same where only words may be changed: name and settings are those that are stored, since browsers send nothing of
    what cannot be typed in."""
    about_words = {
        field: sentence
        for field, sentence in typed.errors.items()
        if field != "name" and not field.startswith(SETTING)
    }
    kept = replace(typed, name=name, settings=settings, errors=about_words)
    return kept, None if about_words else config


def stored(config: Settings, typed: TypedStep) -> dict[str, Any]:
    """The settings as JSON: those in effect, each with its value, so that no later default changes them."""
    return config.model_dump(mode="json", include=set(typed.settings))


def typed_settings(form: MultiDict[str, str], config: type[Settings]) -> dict[str, Any]:
    """Raw values of the settings that are in effect, given the others."""
    fields = form_fields(config, {})
    values = {field.name: _value(form, field) for field in fields}
    return {field.name: values[field.name] for field in fields if _is_in_effect(field, values)}


def _value(form: MultiDict[str, str], field: FormField) -> Any:
    name = f"{SETTING}{field.name}"
    if field.widget == "rule":
        return editor.typed(form, name) if f"{name}-0-match" in form else field.value
    # A page that was opened before the setting came does not send it.
    missing = field.value if field.widget == "choice" and not field.chooses else ""
    return form.getlist(name) if field.widget in _LISTS else form.get(name, missing)


def _is_in_effect(field: FormField, values: Mapping[str, Any]) -> bool:
    return field.only_when is None or values[field.only_when[0]] in field.only_when[1]


def _words(form: MultiDict[str, str], medium: str) -> Draft:
    typed = {
        name: form.get(name, "").replace("\r\n", "\n").replace("\x00", "")
        for name in ("subject", "preheader", "html", "text")
    }
    if medium != "email":
        return Draft(text=typed["text"].strip())
    draft = Draft(
        one_line(typed["subject"]), one_line(typed["preheader"]), typed["html"].strip(), typed["text"].strip()
    )
    return in_way(draft, form.get("way", ""), form.get("blocks", ""))


def _uuid(value: str | None) -> UUID | None:
    try:
        return UUID(value) if value else None
    except ValueError:
        return None


def with_error(typed: TypedStep, field_name: str, sentence: str) -> TypedStep:
    """The same with one more error."""
    return replace(typed, errors={**typed.errors, field_name: sentence})
