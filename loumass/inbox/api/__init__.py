"""Endpoints of conversations, tasks and sends in doubt. Importing them registers them."""

from loumass.inbox.api import answers, conversations, doubts, events, people, tasks
from loumass.inbox.api.blueprint import api

__all__ = ["answers", "api", "conversations", "doubts", "events", "people", "tasks"]
