"""What accounts does in the background."""

from __future__ import annotations

from loumass.accounts import mail
from loumass.accounts.tokens import forget_sign_ins
from loumass.core.api.once import forget_answers
from loumass.core.jobs import job
from loumass.core.tenancy import transaction

_BATCH = 1_000


@job("bulk")
def send_mail() -> bool:
    """Sends one batch of the installation's own mail; True when another may wait."""
    with transaction():
        letters = mail.claim()
    if not letters:
        return False
    outcomes = mail.send(letters)
    with transaction():
        mail.record(outcomes)
    return len(letters) == mail.BATCH


@job("bulk")
def forget_requests() -> bool:
    """Forgets answers of the API that were kept for a day, and sign-ins that are long over; True when there is more."""
    with transaction():
        has_more = forget_answers(_BATCH)
        return forget_sign_ins(_BATCH) or has_more
