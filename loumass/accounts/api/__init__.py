"""Endpoints of accounts: signing in, oneself, the organization and its people, tokens. Importing them registers them."""

from loumass.accounts.api import document, oneself, organization, people, signing, tokens
from loumass.accounts.api.blueprints import api, open_api

__all__ = ["api", "document", "oneself", "open_api", "organization", "people", "signing", "tokens"]
