"""The web application, put together."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any

import structlog
from flask import Flask, Response, g, render_template, request
from flask_wtf import CSRFProtect
from flask_wtf.csrf import CSRFError
from redis import Redis
from sqlalchemy.exc import DataError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix

from loumass import starting_up
from loumass.accounts import guards, limits
from loumass.cli import add_commands
from loumass.config import Settings
from loumass.core import metrics
from loumass.core.errors import NOTHING_HERE, Problem
from loumass.core.live import Hub
from loumass.routes import ROUTES
from loumass.viewing import prepare_templates

CONTENT_SECURITY_POLICY = "; ".join((
    "default-src 'self'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "font-src 'self'",
    "connect-src 'self'", "frame-src 'self'", "object-src 'none'", "base-uri 'none'", "form-action 'self'",
    "frame-ancestors 'none'",
))  # fmt: skip
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    # Not `no-referrer`: an HTTPS form post without a Referer fails the CSRF check.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}
#: The largest request body; uploads of people stream to storage within it.
MAXIMUM_BODY = 1024 * 1024 * 1024 + 1024 * 1024
#: What a proxy may call a request; anything else would go into our log as it came.
_REQUEST_ID = re.compile(r"[\w.:=/+-]{1,64}", re.ASCII)
log = structlog.get_logger("web")


def create_app(settings: Settings | None = None) -> Flask:
    """The WSGI application. Connects to nothing until the first request."""
    settings = settings or Settings.from_env()
    redis = starting_up.prepare(settings)
    app = Flask("loumass")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        **session_cookie(settings),
        MAX_CONTENT_LENGTH=MAXIMUM_BODY,
        MAX_FORM_MEMORY_SIZE=5 * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        TEMPLATES_AUTO_RELOAD=settings.environment == "development",
    )
    app.extensions["loumass.settings"] = settings
    app.extensions["loumass.redis"] = redis
    app.extensions["loumass.hub"] = Hub(redis)
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # pyright: ignore[reportAttributeAccessIssue]  the documented way
    _observe(app)
    limits.install(app, settings)
    _add_routes(app)
    _answer_problems(app)
    prepare_templates(app)
    add_commands(app)
    return app


def session_cookie(settings: Settings) -> dict[str, Any]:
    """How the browser keeps the session: out of reach of scripts and other sites, in production only over TLS."""
    return {
        # The prefix makes browsers refuse a cookie that another host of the domain planted.
        "SESSION_COOKIE_NAME": "__Host-session" if settings.is_production else "session",
        "SESSION_COOKIE_SECURE": settings.is_production,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": 30 * 86_400,
    }


def _add_routes(app: Flask) -> None:
    csrf = CSRFProtect(app)
    for route in ROUTES:
        app.register_blueprint(route.blueprint, url_prefix=route.prefix or None)
        if route.guard == "hook":
            csrf.exempt(route.blueprint)
    guards.install(app, {route.blueprint.name: route.guard for route in ROUTES})
    for view in app.view_functions.values():
        if getattr(view, "is_csrf_exempt", False):
            csrf.exempt(view)


def _observe(app: Flask) -> None:
    @app.before_request
    def begin() -> None:
        g.started = time.perf_counter()
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if request.is_secure:
            response.headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        # Pages behind links count as private too: their addresses and forms carry tokens.
        if request.endpoint != "static":
            response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers["X-Request-Id"] = g.get("request_id", "")
        _measure(response)
        return response


def _measure(response: Response) -> None:
    endpoint = request.endpoint or "unknown"
    if endpoint == "static" or "started" not in g:
        return
    seconds = time.perf_counter() - g.started
    metrics.REQUESTS.labels(request.method, endpoint, response.status_code).inc()
    metrics.REQUEST_SECONDS.labels(endpoint).observe(seconds)
    # Probes ask every few seconds.
    note = log.debug if request.blueprint == "health" else log.info
    note(
        "request",
        method=request.method,
        # Never the path: links carry tokens.
        endpoint=endpoint,
        status=response.status_code,
        ms=round(seconds * 1000, 1),
    )


def _answer_problems(app: Flask) -> None:
    def show(status: int, title: str, sentence: str, back: str | None = None) -> tuple[str, int]:
        template = "errors/fragment.html" if request.headers.get("HX-Request") else "errors/page.html"
        page = render_template(
            template,
            status=status,
            title=title,
            sentence=sentence,
            back=back,
            back_label=back and "Back to the page",
        )
        return page, status

    @app.errorhandler(Problem)
    def problem(error: Problem) -> tuple[str, int]:
        return show(error.status, TITLES.get(error.status, "Not possible"), error.sentence)

    @app.errorhandler(CSRFError)
    def forged(error: CSRFError) -> tuple[str, int]:
        return show(
            400,
            "This page was open too long",
            "Nothing was changed. Go back and send the form again.",
            back=_page_before(),
        )

    @app.errorhandler(DataError)
    def unfit(error: DataError) -> tuple[str, int]:
        # A number beyond its column, a NUL, a page address with made-up keys: wrong in the request, not in us.
        guards.leave_broken()
        log.info("request.unfit", endpoint=request.endpoint, sqlstate=getattr(error.orig, "sqlstate", None))
        return show(400, TITLES[400], SENTENCES[400])

    @app.errorhandler(OperationalError)
    def away(error: OperationalError) -> tuple[str, int]:
        guards.leave_broken()
        log.exception("request.database_away", endpoint=request.endpoint)
        return show(
            503, TITLES[503], "The database does not answer. Nothing was changed. Try again in a minute."
        )

    @app.errorhandler(HTTPException)
    def refused(error: HTTPException) -> tuple[str, int] | Response:
        status = error.code or 500
        if status < 400:
            return error.get_response()  # pyright: ignore[reportReturnType]  a redirect
        return show(status, TITLES.get(status, error.name), SENTENCES.get(status, error.description or ""))

    @app.errorhandler(Exception)
    def failed(error: Exception) -> tuple[str, int]:
        guards.leave_broken()
        log.exception("request.failed", endpoint=request.endpoint)
        return show(
            500,
            "Our mistake",
            f"The program stumbled over this request and changed nothing. It is noted as {g.get('request_id', '')}.",
        )


def _page_before() -> str | None:
    """The page of ours that the form was on; None when the browser does not say, or names another house."""
    before = request.referrer or ""
    return "/" + before.removeprefix(request.host_url) if before.startswith(request.host_url) else None


TITLES = {
    400: "Not understood", 401: "Sign in first", 403: "Not allowed", 404: "Not found", 405: "Not possible here",
    409: "Changed meanwhile", 413: "Too large", 422: "Not possible", 429: "Too many tries", 503: "Not available",
}  # fmt: skip
SENTENCES = {
    400: "Something in this request cannot be read or kept. Nothing was changed.",
    401: "Your session has ended and nothing was changed. Sign in and send it again.",
    404: NOTHING_HERE,
    405: "This address does not take that kind of request.",
    413: "That is more than we take at once. Nothing was kept.",
    429: "There were many tries in a short time. Wait a minute, then try again.",
}


def redis_of(app: Flask) -> Redis:
    """The application's Redis."""
    return app.extensions["loumass.redis"]


def settings_of(app: Flask) -> Settings:
    """The application's settings."""
    return app.extensions["loumass.settings"]
