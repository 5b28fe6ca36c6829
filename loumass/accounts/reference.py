"""The API's document as a page reads it: groups of endpoints, each with what it takes and answers, in words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from loumass.core.api import ENDPOINTS, ROOT
from loumass.core.api.registry import Endpoint

_TITLES = {"accounts": "Account and people", "open": "Signing in", "inbox": "Inbox and tasks"}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing that is sent or answered."""

    name: str
    type: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """One endpoint. `sends` are fields of the body, `asks` what stands behind the `?`, `gives` fields of the answer."""

    id: str
    method: str
    path: str
    also: tuple[str, ...]
    summary: str
    permission: str
    sends: tuple[Field, ...]
    asks: tuple[Field, ...]
    gives: tuple[Field, ...]
    is_upload: bool


@lru_cache(maxsize=1)
def reference() -> dict[str, list[Entry]]:
    """Title of a group -> its endpoints, by path. The same for everybody, and as long as the process lives."""
    groups: dict[str, list[Entry]] = {}
    for one in sorted(ENDPOINTS, key=lambda one: (one.path, one.method)):
        slice_name = one.name.partition(".")[0].removesuffix("_api")
        title = _TITLES.get(slice_name, slice_name.capitalize())
        groups.setdefault(title, []).append(_entry(one))
    return dict(sorted(groups.items()))


def _entry(one: Endpoint) -> Entry:
    sends = one.takes.model_json_schema() if one.takes else {}
    return Entry(
        id=one.name.replace(".", "-"),
        method=one.method,
        path=one.path,
        also=tuple(ROOT + other for other in one.also),
        summary=one.summary.replace("`", ""),
        permission=one.permission or "",
        sends=_fields(sends),
        asks=_fields(one.asks.model_json_schema()),
        gives=_fields(_answered(one)),
        is_upload=one.is_upload,
    )


def _answered(one: Endpoint) -> dict[str, Any]:
    return one.answers.model_json_schema(mode="serialization") if one.answers else {}


def _fields(schema: Mapping[str, Any]) -> tuple[Field, ...]:
    required = schema.get("required", ())
    return tuple(
        Field(name, _type(of), name in required) for name, of in schema.get("properties", {}).items()
    )


def _type(schema: Mapping[str, Any]) -> str:
    """A schema in a few words: `text`, `list of ids`, `number or null`."""
    if "$ref" in schema:
        return schema["$ref"].rpartition("/")[2]
    if "enum" in schema:
        return " or ".join(str(one) for one in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(_type(one) for one in schema["anyOf"]))
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if kind == "string":
        return {"uuid": "id", "date-time": "time", "date": "day"}.get(schema.get("format", ""), "text")
    return {"integer": "number", "boolean": "true or false", "object": "object"}.get(str(kind), str(kind))
