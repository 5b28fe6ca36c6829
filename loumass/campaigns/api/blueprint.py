"""Where the endpoints of campaigns hang."""

from flask import Blueprint

api = Blueprint("campaigns_api", __name__)
