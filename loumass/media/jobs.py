"""What workers do for media."""

from __future__ import annotations

from loumass.core.jobs import job
from loumass.media.forgetting import forget_unused


@job("bulk")
def forget() -> bool:
    """Bytes that nothing uses any more; True while there are more."""
    return forget_unused()
