"""Where the endpoints of channels hang."""

from flask import Blueprint

api = Blueprint("channels_api", __name__)
