"""The API about itself."""

from __future__ import annotations

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

from loumass.accounts.guards import requires
from loumass.core.api import described

api = Blueprint("api", __name__)


@api.get("/openapi.json")
@requires("dashboard.read")
def openapi() -> ResponseReturnValue:
    """Every endpoint, its models and what it needs, as OpenAPI 3.1."""
    return current_app.json.response(described())
