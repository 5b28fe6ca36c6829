"""All pages of contents: each module adds its own to the one blueprint."""

from __future__ import annotations

from loumass.content import checking_pages, preview_pages, unsaved_pages
from loumass.content.pages import pages

__all__ = ["checking_pages", "pages", "preview_pages", "unsaved_pages"]
