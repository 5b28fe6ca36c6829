"""What is done once a request's work is committed: files deleted, mail rung."""

from __future__ import annotations

from collections.abc import Callable

from flask import Response, after_this_request


def afterwards(work: Callable[[], object]) -> None:
    """Do `work` after the commit, unless the request is refused after all."""

    @after_this_request
    def then(response: Response) -> Response:
        if response.status_code < 400:
            work()
        return response
