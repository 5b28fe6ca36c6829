"""The pages of accounts: before signing in (`public`) and after (`pages`)."""

from loumass.accounts.pages import (
    auditing,
    days_off,
    joining,
    organization,
    profile,
    resetting,
    signing,
    team,
)
from loumass.accounts.pages.blueprints import pages, public

__all__ = [
    "auditing",
    "days_off",
    "joining",
    "organization",
    "pages",
    "profile",
    "public",
    "resetting",
    "signing",
    "team",
]
