"""The API about itself."""

from __future__ import annotations

from flask import Response, current_app
from flask.typing import ResponseReturnValue

from loumass.accounts.api.blueprints import open_api
from loumass.core.api import described


@open_api.get("/openapi.json")
def openapi() -> ResponseReturnValue:
    """Every endpoint, its models and what it needs, as OpenAPI 3.1. It tells of no organization."""
    kept = current_app.extensions
    if "loumass.openapi" not in kept:
        # Half a second of work, which anybody may ask for.
        kept["loumass.openapi"] = current_app.json.dumps(described())
    return Response(kept["loumass.openapi"], mimetype="application/json")
