"""What people read when a request cannot be answered: what happened, what was kept, what to do."""

from __future__ import annotations

import structlog
from flask import Flask, Response, g, make_response, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DataError, DBAPIError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from loumass.accounts import guards
from loumass.core import api, outages
from loumass.core.errors import NOTHING_HERE, Problem, TooMany
from loumass.core.logs import is_secret

TITLES = {
    400: "Not understood", 401: "Sign in first", 402: "Beyond your plan", 403: "Not allowed", 404: "Not found",
    405: "Not possible here", 409: "Changed meanwhile", 413: "Too large", 415: "Not understood", 422: "Not possible",
    429: "Too many tries", 503: "Not available",
}  # fmt: skip
SENTENCES = {
    400: "Something in this request cannot be read or kept. Nothing was changed.",
    401: "Your session has ended and nothing was changed. Sign in and send it again.",
    404: NOTHING_HERE,
    405: "This address does not take that kind of request.",
    413: "That is more than we take at once. Nothing was kept.",
    429: "There were many tries in a short time. Wait a minute, then try again.",
}
#: Programs are told what they can do about it.
IN_THE_API = {
    401: "No token, or one that opens nothing any more. Send Authorization: Bearer and a token that holds.",
}
#: What a page that failed offers to send again, at most: it stands in the page a second time.
MOST_TYPED = 500_000
log = structlog.get_logger("web")


def install(app: Flask) -> None:
    """Answer whatever `app` raises."""
    app.register_error_handler(Problem, _problem)
    app.register_error_handler(CSRFError, _forged)
    app.register_error_handler(DataError, _unfit)
    app.register_error_handler(DBAPIError, _database)
    app.register_error_handler(PoolExhausted, _database)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)


def _problem(error: Problem) -> ResponseReturnValue:
    title = TITLES.get(error.status, "Not possible")
    if api.is_asked():
        answer = api.problem(error.status, title, error.sentence, error.members)
    else:
        answer = _shown(error.status, title, error.sentence)
    if isinstance(error, TooMany):
        answer.headers["Retry-After"] = str(error.retry_after)
    return _said(error.status, answer)


def _forged(_: CSRFError) -> ResponseReturnValue:
    title, sentence = "This page was open too long", "Nothing was changed. Go back and send the form again."
    return _shown(400, title, sentence, back=_page_before())


def _unfit(error: DataError) -> ResponseReturnValue:
    # A number beyond its column, a NUL, a page address with made-up keys: wrong in the request, not in us.
    guards.leave_broken()
    log.info("request.unfit", endpoint=request.endpoint, sqlstate=getattr(error.orig, "sqlstate", None))
    # What the API's document allows is understood; that it cannot be kept is another matter.
    status = 422 if api.is_asked() else 400
    return _shown(status, TITLES[status], SENTENCES[400])


def _database(error: DBAPIError | PoolExhausted) -> ResponseReturnValue:
    sentence = outages.sentence(error)
    if sentence is None:
        return _failed(error)
    guards.leave_broken()
    log.exception("request.database_away", endpoint=request.endpoint)
    return _shown(503, TITLES[503], sentence)


def _refused(error: HTTPException) -> ResponseReturnValue:
    status = error.code or 500
    if status < 400:
        return error.get_response()  # pyright: ignore[reportReturnType]  a redirect
    sentence = IN_THE_API.get(status) if api.is_asked() else None
    sentence = sentence or SENTENCES.get(status, error.description or "")
    answer = _shown(status, TITLES.get(status, error.name), sentence)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        answer.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return answer


def _failed(_: Exception) -> ResponseReturnValue:
    guards.leave_broken()
    log.exception("request.failed", endpoint=request.endpoint)
    noted = f"It is noted as {g.get('request_id', '')}."
    return _shown(500, "Our mistake", f"The program stumbled over this request and changed nothing. {noted}")


def _shown(status: int, title: str, sentence: str, back: str | None = None) -> Response:
    if api.is_asked():
        return _said(status, api.problem(status, title, sentence, {}))
    template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
    page = render_template(
        template, status=status, title=title, sentence=sentence, back=back, back_label=back and "Back to the page",
        typed=_typed() if status == 503 else None, address=request.full_path.removesuffix("?"),
    )  # fmt: skip
    return _said(status, make_response(page, status))


def _said(status: int, answer: Response) -> Response:
    if status == 503:
        answer.headers["Retry-After"] = str(outages.RETRY_SECONDS)
    return answer


def _typed() -> list[tuple[str, str]] | None:
    """The fields of a form that could not be kept, to be sent once more; None where we must not or cannot repeat them."""
    if request.method != "POST" or request.blueprint in (None, "hooks"):
        return None
    try:
        if request.files:
            return None
        typed = [(name, value) for name, values in request.form.lists() for value in values]
    except HTTPException:  # a body that nobody can read has nothing to be repeated
        return None
    fields = [pair for pair in typed if pair[0] != "csrf_token"]
    if any(is_secret(name) for name, _ in fields) or sum(len(value) for _, value in fields) > MOST_TYPED:
        return None
    return fields


def _page_before() -> str | None:
    """The page of ours that the form was on; None when the browser does not say, or names another house."""
    before = request.referrer or ""
    return "/" + before.removeprefix(request.host_url) if before.startswith(request.host_url) else None
