"""The pages of campaigns. `pages` is the blueprint; each module hangs its views on it."""

from loumass.campaigns.pages import (
    acting,
    adding,
    launching,
    listing,
    making,
    pausing,
    reading,
    showing,
    topic,
    triggers,
    verifying,
)
from loumass.campaigns.pages.blueprint import pages

__all__ = [
    "acting", "adding", "launching", "listing", "making", "pages", "pausing", "reading", "showing", "topic",
    "triggers", "verifying",
]  # fmt: skip
