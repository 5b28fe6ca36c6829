"""The blueprint that the pages of tasks hang on."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("tasks", __name__)
