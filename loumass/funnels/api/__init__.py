"""Endpoints of funnels and templates. Importing them registers them."""

from loumass.funnels.api import graphs, templates
from loumass.funnels.api.blueprint import api

__all__ = ["api", "graphs", "templates"]
