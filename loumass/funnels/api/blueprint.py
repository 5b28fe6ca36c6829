"""Where the endpoints of funnels hang."""

from flask import Blueprint

api = Blueprint("funnels_api", __name__)
