"""The registry of endpoints under `/api/v1`: method, path, permission, models. Pages' islands and other programs use the same.

A slice declares its endpoints in `api.py`:

    @endpoint(api, "GET", "/funnels/<uuid:graph_id>", answers=GraphOut)
    @requires("templates.read")
    def read(graph_id: UUID) -> GraphOut: ...

With ``takes`` the view gets the request's body as ``body``. Refusals are problems as RFC 9457 says, with our sentences.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Response, current_app, request
from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.json_schema import models_json_schema

from loumass.core.errors import Refused, TooLarge

PREFIX = "/api/v1"
PROBLEM_TYPE = "application/problem+json"
LARGEST_BODY = 4 * 1024 * 1024
_ARGUMENT = re.compile(r"<(?:(\w+):)?(\w+)>")
_SCHEMAS = {"uuid": {"type": "string", "format": "uuid"}, "int": {"type": "integer"}}


class ApiModel(BaseModel):
    """Base of all that goes in and out: unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in. `name` is the Flask endpoint; `path` is Flask's, below the prefix."""

    name: str
    method: str
    path: str
    permission: str
    summary: str
    takes: type[ApiModel] | None
    answers: type[ApiModel]


ENDPOINTS: list[Endpoint] = []


class Invalid(Refused):
    """The body is not what the endpoint takes; `errors` says where, and what is wrong there."""

    def __init__(self, refusal: ValidationError) -> None:
        super().__init__("What was sent is not what this address takes. Nothing was changed.")
        self.members = {
            "errors": [
                {"path": ".".join(str(part) for part in error["loc"]), "detail": error["msg"]}
                for error in refusal.errors(include_url=False, include_input=False, include_context=False)
            ]
        }


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    answers: type[ApiModel],
    takes: type[ApiModel] | None = None,
) -> Callable[[Callable[..., ApiModel]], Callable[..., ApiModel]]:
    """Registers a view, which must name its permission already (`@requires` below this)."""

    def register(view: Callable[..., ApiModel]) -> Callable[..., ApiModel]:
        permission: str = view.permission  # pyright: ignore[reportFunctionMemberAccess]  set by `requires`
        summary = (view.__doc__ or "").strip().partition("\n")[0]
        name = f"{blueprint.name}.{view.__name__}"
        ENDPOINTS.append(Endpoint(name, method, path, permission, summary, takes, answers))

        @wraps(view)
        def answered(**where: Any) -> Response:
            told = view(**where) if takes is None else view(**where, body=_body(takes))
            return current_app.response_class(told.model_dump_json(), mimetype="application/json")

        blueprint.add_url_rule(path, view.__name__, answered, methods=[method])
        return view

    return register


def _body(takes: type[ApiModel]) -> ApiModel:
    if request.mimetype != "application/json":
        raise Refused("Send JSON (Content-Type: application/json). Nothing was changed.")
    sent = request.stream.read(LARGEST_BODY + 1)
    if len(sent) > LARGEST_BODY:
        raise TooLarge("That is more than 4 MB, more than this address takes at once. Nothing was changed.")
    try:
        return takes.model_validate_json(sent)
    except ValidationError as refusal:
        raise Invalid(refusal) from None


def is_asked() -> bool:
    """Whether the request is one of the API: its refusals are problems in JSON, not pages."""
    return request.path.startswith(f"{PREFIX}/")


def problem(status: int, title: str, sentence: str, members: Mapping[str, Any]) -> Response:
    """A refusal as RFC 9457 says; `members` are its extensions."""
    told = {"type": "about:blank", "title": title, "status": status, "detail": sentence, **members}
    text = current_app.json.dumps(told)
    return current_app.response_class(text, status=status, mimetype=PROBLEM_TYPE)


def described(version: str = "1") -> dict[str, Any]:
    """All endpoints as an OpenAPI 3.1 document."""
    models = {(one.takes, "validation") for one in ENDPOINTS if one.takes}
    models |= {(one.answers, "serialization") for one in ENDPOINTS}
    ordered: Any = sorted(models, key=lambda pair: (pair[0].__name__, pair[1]))
    names, schemas = models_json_schema(ordered, ref_template="#/components/schemas/{model}")
    paths: dict[str, dict[str, Any]] = {}
    for one in ENDPOINTS:
        path = PREFIX + _ARGUMENT.sub(r"{\2}", one.path)
        paths.setdefault(path, {})[one.method.lower()] = _operation(one, names)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Loumass", "version": version},
        "paths": paths,
        "components": {
            "schemas": schemas.get("$defs", {}) | {"Problem": _PROBLEM},
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "session"}},
        },
        "security": [{"session": []}],
    }


def _operation(one: Endpoint, names: Mapping[Any, Any]) -> dict[str, Any]:
    refused = {
        "description": "Refused",
        "content": {PROBLEM_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    told: dict[str, Any] = {
        "operationId": one.name.replace(".", "_"),
        "summary": one.summary,
        "description": f"Needs the permission {one.permission}.",
        "parameters": [
            {"name": name, "in": "path", "required": True, "schema": _SCHEMAS.get(kind, {"type": "string"})}
            for kind, name in _ARGUMENT.findall(one.path)
        ],
        "responses": {
            "200": {
                "description": "Done",
                "content": {"application/json": {"schema": names[one.answers, "serialization"]}},
            },
            "default": refused,
        },
    }
    if one.takes:
        schema = names[one.takes, "validation"]
        told["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return told


_PROBLEM: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What happened, what was kept and what to do."},
    },
}
