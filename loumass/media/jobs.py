"""What workers do for media."""

from __future__ import annotations

from loumass.core.jobs import job
from loumass.core.tenancy import transaction
from loumass.media.forgetting import BATCH, delete_files, forget_unused


@job("bulk")
def forget() -> bool:
    """Bytes that nothing uses any more; True while there are more."""
    with transaction():
        keys = forget_unused()
    delete_files(keys)
    return len(keys) == BATCH
