"""Where the endpoints of figures hang."""

from flask import Blueprint

api = Blueprint("analytics_api", __name__)
