"""All pages of channels: each module adds its own to the one blueprint."""

from __future__ import annotations

from loumass.channels import (
    connecting_pages,
    resuming_pages,
    rules_pages,
    signing_in_pages,
    tracking_pages,
    voice_pages,
)
from loumass.channels.pages import pages

__all__ = [
    "connecting_pages",
    "pages",
    "resuming_pages",
    "rules_pages",
    "signing_in_pages",
    "tracking_pages",
    "voice_pages",
]
