"""What accounts does in the background."""

from __future__ import annotations

from loumass.accounts import mail
from loumass.accounts.days_off import choosing
from loumass.core import clock
from loumass.core.jobs import job
from loumass.core.tenancy import transaction


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
def fill_days_off() -> None:
    """The public holidays of the years ahead become rows, two years before they come."""
    with transaction():
        choosing.fill(clock.now().date())
