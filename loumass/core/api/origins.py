"""Pages of other hosts may call the API from a browser where the installation says so (CORS). Their cookies never count."""

from __future__ import annotations

from collections.abc import Collection

from flask import Flask, Response, request

from loumass.core.api.problems import is_asked

_HEADERS = {
    "Access-Control-Allow-Methods": "GET, POST, PUT, PATCH, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, Idempotency-Key",
    "Access-Control-Max-Age": "600",
}
_EXPOSED = "Idempotency-Replayed, RateLimit-Limit, RateLimit-Policy, RateLimit-Remaining, RateLimit-Reset, Retry-After, X-Request-Id"


def install(app: Flask, origins: Collection[str]) -> None:
    """Let pages of `origins` (`https://host`) read answers of the API; nobody's where there are none."""
    if not origins:
        return

    @app.after_request
    def allow(response: Response) -> Response:
        if is_asked():
            response.headers.add("Vary", "Origin")
            origin = request.headers.get("Origin", "")
            if origin in origins:
                response.headers["Access-Control-Allow-Origin"] = origin
                response.headers["Access-Control-Expose-Headers"] = _EXPOSED
                if request.method == "OPTIONS":
                    response.headers.update(_HEADERS)
        return response
