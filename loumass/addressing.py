"""Addresses of pages, as templates ask for them: hundreds on a page, and mostly those of the page before."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, has_request_context, request, url_for

#: So many addresses a process keeps: a few hundred kilobytes.
KEPT = 4_096


def install(app: Flask) -> None:
    """Give `app`'s templates a `url_for` that builds each address once."""
    app.jinja_env.globals["url_for"] = _remembering(app)


def _remembering(app: Flask) -> Callable[..., str]:
    """`flask.url_for` with a memory, of `app`'s own: two applications may have different rules."""

    @lru_cache(KEPT)
    def built(root: str, endpoint: str, values: tuple[tuple[str, type[Any], Any], ...]) -> str:
        return app.url_for(endpoint, **{name: value for name, _, value in values})

    def address(endpoint: str, **values: Any) -> str:
        # Relative endpoints and whole addresses depend on more of the request than its root, or on there being none.
        if endpoint.startswith(".") or "_external" in values or not has_request_context():
            return url_for(endpoint, **values)
        try:
            # With their types: 1 and True are the same key, and not the same in an address.
            return built(
                request.root_path, endpoint, tuple((name, type(one), one) for name, one in values.items())
            )
        except TypeError:
            # A list, which has several values for one name, is no key.
            return url_for(endpoint, **values)

    return address
