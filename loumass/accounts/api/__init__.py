"""Endpoints of accounts: signing in, oneself, the organization and its people, tokens. Importing them registers them."""

from loumass.accounts.api import (
    days_off,
    document,
    oneself,
    organization,
    people,
    security,
    signing,
    tokens,
    trust,
)
from loumass.accounts.api.blueprints import api, open_api

__all__ = [
    "api",
    "days_off",
    "document",
    "oneself",
    "open_api",
    "organization",
    "people",
    "security",
    "signing",
    "tokens",
    "trust",
]
