"""Endpoints of content: the library, what is typed and not saved, and looking words over. Importing them registers them."""

from loumass.content.api import library, unsaved, voicemails, words
from loumass.content.api.blueprint import api

__all__ = ["api", "library", "unsaved", "voicemails", "words"]
