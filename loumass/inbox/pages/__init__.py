"""The inbox's pages: importing them hangs them on the blueprint."""

from __future__ import annotations

from flask import current_app

from loumass.inbox.blueprint import pages
from loumass.inbox.pages import (
    answers,
    bodies,
    contact_acts,
    conversation,
    deeds,
    files,
    holding,
    labels,
    listing,
    live,
    many,
    notifications,
    opt_outs,
    palette,
    person,
    regrouping,
    reminders,
    searching,
    snippets,
    sorting,
    sorting_settings,
    teams,
    views,
)
from loumass.inbox.saying import phone, short_day

__all__ = [
    "answers",
    "bodies",
    "contact_acts",
    "conversation",
    "deeds",
    "files",
    "holding",
    "labels",
    "listing",
    "live",
    "many",
    "notifications",
    "opt_outs",
    "pages",
    "palette",
    "person",
    "regrouping",
    "reminders",
    "searching",
    "snippets",
    "sorting",
    "sorting_settings",
    "teams",
    "views",
]


pages.add_app_template_filter(phone, "phone")
pages.add_app_template_filter(short_day, "short_day")


@pages.context_processor
def _neighbours() -> dict[str, object]:
    """Pages of other slices that a link is drawn to only where they exist."""
    return {"endpoints": current_app.view_functions}
