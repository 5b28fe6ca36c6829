"""The web application, put together."""

from __future__ import annotations

import re
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, Response, g, request
from flask_wtf import CSRFProtect
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix

from loumass import problem_pages, starting_up, static_files
from loumass.accounts import guards, limits
from loumass.channels.tracking_hosts import TrackingHosts
from loumass.cli import add_commands
from loumass.config import Settings
from loumass.core import metrics, schema
from loumass.core.api import origins
from loumass.core.errors import Unavailable
from loumass.core.live import Hub
from loumass.core.live.door import StreamsDoor
from loumass.messages.hits_door import HitsDoor
from loumass.routes import ON_TRACKING_DOMAINS, ROUTES, mount
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
    app = Flask("loumass", static_folder=None)
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
    app.wsgi_app = StreamsDoor(app.wsgi_app)  # pyright: ignore[reportAttributeAccessIssue]  the documented way
    if settings.proxy_hops:
        hops = settings.proxy_hops
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # pyright: ignore[reportAttributeAccessIssue]  the documented way
    hosts = TrackingHosts(urlsplit(settings.public_url).hostname or "")
    door = HitsDoor(app.wsgi_app, hosts, proxy_hops=settings.proxy_hops, served=ON_TRACKING_DOMAINS)
    app.extensions["loumass.hits_door"] = door
    app.wsgi_app = door  # pyright: ignore[reportAttributeAccessIssue]  the documented way
    _observe(app)
    limits.install(app, settings, redis)
    _wait_for_the_schema(app)
    static_files.install(app)
    _add_routes(app)
    _remember_the_place(app)
    problem_pages.install(app)
    origins.install(app, settings.api_origins)
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


class _Csrf(CSRFProtect):
    """Forms, and islands of our own pages, prove that they are ours. Who shows a token has no cookie that could be abused."""

    def protect(self, apply_exemptions: bool = False) -> None:
        if not guards.is_program():
            super().protect(apply_exemptions=apply_exemptions)


def _add_routes(app: Flask) -> None:
    csrf = _Csrf(app)
    mount(app)
    for route in ROUTES:
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
        if request.endpoint == "static":
            response.headers["Cache-Control"] = static_files.keeping(request.path, response.status_code)
        response.headers.setdefault("Cache-Control", "no-store, private")
        response.headers["X-Request-Id"] = g.get("request_id", "")
        _measure(response)
        return response


def _wait_for_the_schema(app: Flask) -> None:
    @app.before_request
    def wait() -> None:
        if request.endpoint in (None, "static") or request.blueprint == "health":
            return
        if lacking := schema.lacks():
            log.error("request.old_schema", problem=lacking)
            raise Unavailable(
                "Loumass is being brought up to date. Nothing was changed. Try again in a minute."
            )


def _remember_the_place(app: Flask) -> None:
    """Where the news are before a page reads anything: from there on it hears of what it does not show."""
    hub: Hub = app.extensions["loumass.hub"]

    @app.before_request
    def remember() -> None:
        if "organization" in g:
            g.live_place = hub.place(g.organization.id)


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


def redis_of(app: Flask) -> Redis:
    """The application's Redis."""
    return app.extensions["loumass.redis"]


def settings_of(app: Flask) -> Settings:
    """The application's settings."""
    return app.extensions["loumass.settings"]
