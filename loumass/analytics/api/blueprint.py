"""Where the endpoints of figures hang."""

from flask import Blueprint

from loumass.core.plans import plan_for_what_is_asked

api = Blueprint("analytics_api", __name__)
api.before_request(plan_for_what_is_asked)
