"""Endpoints of campaigns and of the list of contacts. Importing them registers them."""

from loumass.campaigns.api import (
    campaigns,
    changes,
    contacts,
    event,
    figures,
    inside,
    person,
    reading,
    running,
    sequences,
    simulations,
    triggers,
)
from loumass.campaigns.api.blueprint import api

__all__ = [
    "api",
    "campaigns",
    "changes",
    "contacts",
    "event",
    "figures",
    "inside",
    "person",
    "reading",
    "running",
    "sequences",
    "simulations",
    "triggers",
]
