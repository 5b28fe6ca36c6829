"""Where the endpoints of contacts hang."""

from flask import Blueprint

api = Blueprint("contacts_api", __name__)
