"""Where the endpoints of calls to and from other systems hang."""

from flask import Blueprint

api = Blueprint("webhooks_api", __name__)
