"""The pages of campaigns. `pages` is the blueprint; each module hangs its views on it."""

from loumass.campaigns.pages import (
    acting,
    adding,
    changing,
    launching,
    listing,
    making,
    pausing,
    reading,
    showing,
    telling,
    topic,
    triggers,
    verifying,
    versions,
)
from loumass.campaigns.pages.blueprint import pages

__all__ = [
    "acting", "adding", "changing", "launching", "listing", "making", "pages", "pausing", "reading", "showing", "telling", "topic",
    "triggers", "verifying", "versions",
]  # fmt: skip
