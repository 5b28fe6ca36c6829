"""Endpoints of conversations, tasks and sends in doubt. Importing them registers them."""

from loumass.inbox.api import (
    answers,
    conversations,
    desk,
    doubts,
    drafts,
    events,
    finding,
    hits,
    people,
    snippets,
    sorting,
    tasks,
)
from loumass.inbox.api.blueprint import api

__all__ = [
    "answers",
    "api",
    "conversations",
    "desk",
    "doubts",
    "drafts",
    "events",
    "finding",
    "hits",
    "people",
    "snippets",
    "sorting",
    "tasks",
]
