"""Figures of any period against the one before: pages, their files, and who is behind each number."""

from loumass.analytics.figure_pages import (
    campaign,
    campaigns,
    colleagues,
    earnings,
    overview,
    people,
    senders,
)
from loumass.analytics.figure_pages.blueprint import pages

__all__ = ["campaign", "campaigns", "colleagues", "earnings", "overview", "pages", "people", "senders"]
