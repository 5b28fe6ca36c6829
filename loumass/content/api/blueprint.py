"""Where the endpoints of content hang."""

from flask import Blueprint

api = Blueprint("content_api", __name__)
