"""The pages of accounts: before signing in (`public`) and after (`pages`)."""

from loumass.accounts.pages import (
    auditing,
    joining,
    organization,
    profile,
    programs,
    resetting,
    signing,
    team,
)
from loumass.accounts.pages.blueprints import pages, public

__all__ = [
    "auditing",
    "joining",
    "organization",
    "pages",
    "profile",
    "programs",
    "public",
    "resetting",
    "signing",
    "team",
]
