"""Every endpoint, declared once: by its path under `/api/v1`, and by the other names it is known under."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from typing import Any

from flask import Blueprint, Flask, Response, after_this_request, current_app, request
from pydantic import BaseModel

from loumass.core.api import asking
from loumass.core.api.models import ApiModel, Nothing
from loumass.core.api.once import once
from loumass.core.api.problems import ROOT

PREFIX = f"{ROOT}/v1"
#: What is taken where a list of people is uploaded, where a template is, and where any file is.
TABLES = (
    "text/csv",
    "text/tab-separated-values",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/octet-stream",
)
CSV, ANYTHING = ("text/csv",), ("application/octet-stream",)
View = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One way in. `name` is the Flask endpoint; `path` is Flask's, below the prefix. Without a permission everybody may ask.

    `also`: whole paths under `/api` that lead to it as well. `uploads`: the media types of the file that it takes, of `most` bytes;
    `gives`: the media type where it answers with a file.
    """

    name: str
    method: str
    path: str
    permission: str | None
    summary: str
    takes: type[ApiModel] | None
    answers: type[BaseModel] | None
    asks: type[ApiModel]
    also: tuple[str, ...]
    status: int
    uploads: tuple[str, ...]
    most: int
    gives: str

    @property
    def paths(self) -> tuple[str, ...]:
        """All of them, the first one first."""
        return (PREFIX + self.path, *(ROOT + other for other in self.also))

    @property
    def is_upload(self) -> bool:
        return bool(self.uploads)

    @property
    def changes(self) -> bool:
        return self.method != "GET"


ENDPOINTS: list[Endpoint] = []


def endpoint(
    blueprint: Blueprint,
    method: str,
    path: str,
    *,
    answers: type[BaseModel] | None = None,
    takes: type[ApiModel] | None = None,
    asks: type[ApiModel] = Nothing,
    also: Sequence[str] = (),
    status: int = 200,
    uploads: Sequence[str] = (),
    most: int = asking.LARGEST_FILE,
    gives: str = "",
    around: Callable[[View], View] | None = None,
) -> Callable[[View], View]:
    """Registers a view, which must name its permission already (`@requires` below this, or `@for_everybody`).

    `around` is put around what Flask calls: a limit on tries.
    """

    def register(view: View) -> View:
        if not hasattr(view, "permission"):
            raise RuntimeError(f"{view.__name__} names no permission: put @requires(...) below @endpoint")
        permission: str | None = view.permission  # pyright: ignore[reportFunctionMemberAccess]  set by `requires`
        summary = (view.__doc__ or "").strip().partition("\n")[0]
        name = f"{blueprint.name}.{view.__name__}"
        one = Endpoint(
            name,
            method,
            path,
            permission,
            summary,
            takes,
            answers,
            asks,
            tuple(also),
            status,
            tuple(uploads),
            most,
            gives,
        )
        ENDPOINTS.append(one)

        @wraps(view)
        def answered(**where: Any) -> Response:
            return _answered(one, view, where)

        called = around(answered) if around else answered
        blueprint.add_url_rule(path, view.__name__, called, methods=[method])
        return view

    return register


def add_other_names(app: Flask) -> None:
    """Put the other paths of all endpoints into `app`'s map: each leads to the very same view."""
    for one in ENDPOINTS:
        for other in one.also:
            app.add_url_rule(ROOT + other, one.name, methods=[one.method])


def _answered(one: Endpoint, view: View, where: dict[str, Any]) -> Response:
    given = {**where}
    if one.asks is not Nothing or request.args:
        query = asking.asked(one.asks)
        given |= {} if one.asks is Nothing else {"query": query}
    said = ""
    if one.is_upload:
        given["file"], said = asking.spooled(one.uploads, one.most)
        file = given["file"]
        after_this_request(lambda response: file.close() or response)
    elif one.takes:
        sent = asking.whole_body()
        given["body"], said = asking.body_of(one.takes, sent), hashlib.sha256(sent).hexdigest()
    if one.permission is None or not one.changes:
        return _told(one, view(**given))
    return once(one.method == "POST", said, lambda: _told(one, view(**given)))


def _told(one: Endpoint, answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    return current_app.response_class(
        answer.model_dump_json(), status=one.status, mimetype="application/json"
    )
