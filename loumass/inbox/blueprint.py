"""Where the inbox's pages hang."""

from __future__ import annotations

from flask import Blueprint

pages = Blueprint("inbox", __name__)
