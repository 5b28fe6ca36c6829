"""Where the endpoints of accounts hang."""

from flask import Blueprint

api = Blueprint("accounts_api", __name__)
#: Without a login.
open_api = Blueprint("open_api", __name__)
