"""What was sent to an address, read: JSON or a form, as plain names and values. Pure."""

from __future__ import annotations

import json
from io import BytesIO
from typing import Any

from werkzeug.datastructures import MultiDict
from werkzeug.formparser import FormDataParser
from werkzeug.http import parse_options_header

JSON, FORMS = "application/json", ("application/x-www-form-urlencoded", "multipart/form-data")
MOST_NAMES, LONGEST_NAME, LONGEST_VALUE = 100, 100, 10_000


class Unreadable(ValueError):
    """What came is no person; the message is a sentence."""


def is_readable(content_type: str) -> bool:
    """Whether calls of this type are understood."""
    return parse_options_header(content_type)[0].lower() in (JSON, *FORMS)


def is_form(content_type: str) -> bool:
    """Whether a browser sent a form."""
    return parse_options_header(content_type)[0].lower() in FORMS


def said_in(content_type: str, body: bytes) -> dict[str, str]:
    """Name -> value. Files are left out; several values of one name are joined by commas. Raises Unreadable."""
    kind, options = parse_options_header(content_type)
    found = _json(body) if kind.lower() == JSON else _form(kind, options, body)
    if len(found) > MOST_NAMES:
        raise Unreadable(f"There are more than {MOST_NAMES} fields.")
    if any(len(name) > LONGEST_NAME or len(value) > LONGEST_VALUE for name, value in found.items()):
        raise Unreadable(
            f"A field is longer than {LONGEST_VALUE:,} characters, or its name than {LONGEST_NAME}."
        )
    return {name: value.replace("\x00", "") for name, value in found.items() if name.strip()}


def _json(body: bytes) -> dict[str, str]:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as problem:
        raise Unreadable("This is no JSON.") from problem
    if not isinstance(found, dict):
        raise Unreadable("The JSON is no object with the fields of one person.")
    return {str(name): _text(name, value) for name, value in found.items()}


def _text(name: str, value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(one, str | int | float) for one in value):
        return ", ".join(str(one) for one in value)
    raise Unreadable(
        f"“{name[:LONGEST_NAME]}” holds an object. Only texts, numbers and lists of them are read."
    )


def _form(kind: str, options: dict[str, str], body: bytes) -> dict[str, str]:
    try:
        _, form, _ = FormDataParser(
            silent=False, max_form_memory_size=len(body) + 1, max_form_parts=1_000
        ).parse(BytesIO(body), kind, len(body), options)
    except ValueError as problem:
        raise Unreadable("The form cannot be read.") from problem
    values: MultiDict[str, str] = form
    return {name: ", ".join(values.getlist(name)) for name in values}
