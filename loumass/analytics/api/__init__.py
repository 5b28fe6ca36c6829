"""Endpoints of figures: the overview, any period, one campaign, values, and all of it as files. Importing them registers them."""

from loumass.analytics.api import campaign, figures, files, overview, values
from loumass.analytics.api.blueprint import api

__all__ = ["api", "campaign", "figures", "files", "overview", "values"]
