"""Where the pages of accounts hang."""

from flask import Blueprint

public = Blueprint("accounts", __name__)
pages = Blueprint("account", __name__)
