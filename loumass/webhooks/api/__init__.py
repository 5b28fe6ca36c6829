"""Endpoints of calls to and from other systems. Importing them registers them."""

from loumass.webhooks.api import deliveries, outgoing
from loumass.webhooks.api.blueprint import api

__all__ = ["api", "deliveries", "outgoing"]
