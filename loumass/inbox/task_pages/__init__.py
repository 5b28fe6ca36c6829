"""Tasks as people work through them: lists, and one after the other beside the person it is about."""

from __future__ import annotations

from loumass.inbox.task_pages import deeds, many, reading
from loumass.inbox.task_pages.blueprint import pages

__all__ = ["deeds", "many", "pages", "reading"]
