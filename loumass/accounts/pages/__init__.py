"""The pages of accounts: before signing in (`public`) and after (`pages`)."""

from loumass.accounts.pages import (
    auditing,
    days_off,
    deleting,
    exporting,
    joining,
    organization,
    profile,
    programs,
    resetting,
    roles,
    second_factor,
    security,
    signing,
    team,
    vendor_signing,
)
from loumass.accounts.pages.blueprints import pages, public

__all__ = [
    "auditing",
    "days_off",
    "deleting",
    "exporting",
    "joining",
    "organization",
    "pages",
    "profile",
    "programs",
    "public",
    "resetting",
    "roles",
    "second_factor",
    "security",
    "signing",
    "team",
    "vendor_signing",
]
