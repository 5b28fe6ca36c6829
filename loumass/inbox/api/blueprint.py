"""Where the endpoints of the inbox hang."""

from flask import Blueprint

api = Blueprint("inbox_api", __name__)
