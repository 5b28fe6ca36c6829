"""Endpoints of people and lists. Importing them registers them."""

from loumass.contacts.api import imports, lists, person, segments, suppression, verifications
from loumass.contacts.api.blueprint import api

__all__ = ["api", "imports", "lists", "person", "segments", "suppression", "verifications"]
