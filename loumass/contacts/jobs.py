"""What workers do for contacts."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.contacts import segment_counting
from loumass.contacts.importing.forecasting import forecast_import
from loumass.contacts.importing.running import run_slice
from loumass.contacts.importing.tidying import forget_old_files
from loumass.contacts.models import ContactImport
from loumass.contacts.verification_models import EmailVerification
from loumass.contacts.verifying import running as verifying
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import transaction


@job("bulk")
def put_in(import_id: str) -> bool:
    """One slice of an import; True while rows remain."""
    return run_slice(UUID(import_id))


@job("bulk")
def forecast(import_id: str) -> None:
    """Look at a whole list and say what would happen."""
    forecast_import(UUID(import_id))


@job("bulk")
def verify(verification_id: str) -> bool:
    """One slice of a verification; True while addresses remain."""
    return verifying.run_slice(UUID(verification_id))


@job("bulk")
def count_segment(segment_id: str) -> None:
    """Count the people of a segment that takes longer than a page may."""
    with transaction():
        segment_counting.count_in_worker(UUID(segment_id))


@job("bulk")
def forget_files() -> bool:
    """Files that nobody came back for are deleted; True while there are more."""
    return forget_old_files()


def sweep() -> list[Wake]:
    """The imports and verifications that run, whatever a crash has left of them."""
    now = clock.now()
    running = db().scalars(select(ContactImport.id).where(ContactImport.state == "running"))
    asked = db().scalars(select(EmailVerification.id).where(EmailVerification.state == "running"))
    return [put_in.wake(now, str(one)) for one in running] + [verify.wake(now, str(one)) for one in asked]
