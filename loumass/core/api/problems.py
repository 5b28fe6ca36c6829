"""Refusals as programs read them (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, current_app, request

PROBLEM_TYPE = "application/problem+json"
ROOT = "/api"


def is_asked() -> bool:
    """Whether the request is one of the API: its refusals are problems in JSON, not pages."""
    return request.path.startswith(f"{ROOT}/")


def problem(status: int, title: str, sentence: str, members: Mapping[str, Any]) -> Response:
    """A refusal; `members` are its extensions. `error` is the sentence again, under the name that older programs read."""
    told = {
        "type": "about:blank",
        "title": title,
        "status": status,
        "detail": sentence,
        "error": sentence,
        **members,
    }
    text = current_app.json.dumps(told)
    return current_app.response_class(text, status=status, mimetype=PROBLEM_TYPE)
