"""Endpoints of senders. Importing them registers them."""

from loumass.channels.api import channels, connecting, rules, tracking, voices
from loumass.channels.api.blueprint import api

__all__ = ["api", "channels", "connecting", "rules", "tracking", "voices"]
