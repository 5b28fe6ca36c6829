"""All endpoints as an OpenAPI 3.1 document."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic.json_schema import models_json_schema

from loumass.core.api import once
from loumass.core.api.models import Nothing
from loumass.core.api.problems import PROBLEM_TYPE
from loumass.core.api.registry import ENDPOINTS, Endpoint

_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_SCHEMAS = {
    "uuid": {"type": "string", "format": "uuid"},
    "int": {"type": "integer", "minimum": 0, "maximum": 2_000_000_000},
}
#: Every answer carries them where requests are counted.
_LIMITS = {
    name: {"description": words, "schema": {"type": "integer"}}
    for name, words in (
        ("RateLimit-Limit", "Requests of this kind in a minute"),
        ("RateLimit-Remaining", "How many of them are left"),
        ("RateLimit-Reset", "Seconds until all of them are back"),
    )
}
#: What a client makes of each event of a stream.
_EVENT = {
    "type": "object",
    "description": "One event. `data` is JSON; with the last `id` the stream goes on where it ended.",
    "required": ["data"],
    "properties": {
        "event": {"type": "string"},
        "data": {"type": "string"},
        "id": {"type": "string"},
        "retry": {"type": "integer"},
    },
}
_STREAM = "text/event-stream"
INTRODUCTION = (
    "Send `Authorization: Bearer <token>`. Tokens are made under Organization, API; signing in gives one for 7 days. "
    "Lists come in pages: ask for the next one with `?cursor=`. Repeat a POST safely by sending the same "
    "`Idempotency-Key` again within 24 hours. Refusals are problems (RFC 9457)."
)


def described(version: str = "1", server: str = "/") -> dict[str, Any]:
    """The document. Paths under other names stand in it as well, marked `x-also-known-as`."""
    models = {(one.takes, "validation") for one in ENDPOINTS if one.takes}
    models |= {(one.answers, "serialization") for one in ENDPOINTS if one.answers}
    ordered: Any = sorted(models, key=lambda pair: (pair[0].__name__, pair[1]))
    names, schemas = models_json_schema(ordered, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        for nth, path in enumerate(one.paths):
            operation = _operation(one, names, nth)
            paths.setdefault(_ARGUMENT.sub(r"{\2}", path), {})[one.method.lower()] = operation
    for schema in schemas.get("$defs", {}).values():
        _close(schema)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loumass", "version": version, "description": INTRODUCTION},
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}) | {"Problem": _PROBLEM},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A token, or what signing in gave",
                },
            },
        },
        "security": [{"token": []}],
    }


def _close(schema: Any) -> None:
    """Names that match no pattern are refused; the document says so."""
    if isinstance(schema, dict):
        if "patternProperties" in schema:
            schema.setdefault("additionalProperties", False)
        for part in schema.values():
            _close(part)
    elif isinstance(schema, list):
        for part in schema:
            _close(part)


def _operation(one: Endpoint, names: Mapping[Any, Any], nth: int) -> dict[str, Any]:
    permission = f"Needs the permission `{one.permission}`." if one.permission else "Needs no token."
    told: dict[str, Any] = {
        "operationId": one.name.replace(".", "_") + (f"_{nth + 1}" if nth else ""),
        "tags": [one.name.partition(".")[0].removesuffix("_api")],
        "summary": one.summary,
        "description": permission,
        "parameters": [*_in_path(one.paths[nth]), *_in_query(one), *_in_header(one)],
        "responses": {str(one.status): _answer(one, names), "default": _REFUSED},
    }
    if nth:
        told["x-also-known-as"] = _ARGUMENT.sub(r"{\2}", one.paths[0])
    if one.permission is None:
        told["security"] = []
    if one.is_upload:
        content = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in one.uploads}
        told["requestBody"] = {"required": True, "content": content}
    elif one.takes:
        schema = names[one.takes, "validation"]
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return told


def _answer(one: Endpoint, names: Mapping[Any, Any]) -> dict[str, Any]:
    if one.gives:
        content: dict[str, Any] = {
            one.gives: {"schema": _EVENT if one.gives == _STREAM else {"type": "string"}}
        }
    else:
        content = {"application/json": {"schema": names[one.answers, "serialization"]}}
    return {"description": "Done", "content": content} | ({"headers": _LIMITS} if one.permission else {})


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _SCHEMAS.get(kind, {"type": "string"})}
        for kind, name in _ARGUMENT.findall(path)
    ]


def _in_query(one: Endpoint) -> list[dict[str, Any]]:
    if one.asks is Nothing:
        return []
    schema = one.asks.model_json_schema(ref_template="#/components/schemas/{model}")
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _not_null(of)}
        for name, of in schema.get("properties", {}).items()
    ]


def _not_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Nothing behind the `?` is null: what is not asked is left out."""
    plain = {name: value for name, value in schema.items() if name not in ("anyOf", "default", "title")}
    options = [one for one in schema.get("anyOf", ()) if one != {"type": "null"}]
    default = {"default": schema["default"]} if schema.get("default") is not None else {}
    return plain | (options[0] if len(options) == 1 else {"anyOf": options} if options else {}) | default


def _in_header(one: Endpoint) -> list[dict[str, Any]]:
    if one.method != "POST" or one.permission is None:
        return []
    schema = {"type": "string", "pattern": once.PATTERN, "minLength": 1, "maxLength": 255}
    words = "Repeated within 24 hours, the same request is answered as before and done no second time."
    return [{"name": once.HEADER, "in": "header", "required": False, "schema": schema, "description": words}]


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "error"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what was kept and what to do."},
        "error": {"type": "string", "description": "The same sentence."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"path": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_REFUSED = {
    "description": "Refused",
    "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
}
