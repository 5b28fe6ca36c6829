"""What accounts does in the background."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select

from loumass.accounts import deleting, exporting, mail, sessions
from loumass.accounts.days_off import choosing
from loumass.accounts.models import Organization, OrganizationExport
from loumass.accounts.tokens import forget_sign_ins
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.api.once import forget_answers
from loumass.core.database import db
from loumass.core.jobs import job
from loumass.core.tenancy import current_organization_id, globally, transaction

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


@job("bulk")
def fill_days_off() -> None:
    """The public holidays of the years ahead become rows, two years before they come."""
    with transaction():
        choosing.fill(clock.now().date())


@job("bulk")
def export_organization(export_id: str) -> bool:
    """Writes one slice of an export; True when another follows."""
    return exporting.write_slice(UUID(export_id))


@job("bulk")
def forget_exports() -> None:
    """Archives whose time is over go."""
    exporting.forget_old()


@job("bulk")
def remove_organization() -> bool:
    """Takes one slice of an organization away whose last day has come; True when more is left."""
    return deleting.remove_slice()


def forget_sessions() -> None:
    """For the clock."""
    with globally() as session:
        sessions.forget_old()
        session.commit()


def sweep() -> list[Wake]:
    """Exports that are being written, and the organization itself when it is to go."""
    running = select(OrganizationExport.id).where(OrganizationExport.state == "running")
    wakes = [export_organization.wake(clock.now(), str(one)) for one in db().scalars(running)]
    organization = db().get(Organization, current_organization_id())
    if organization is not None and organization.deleted_from is not None:
        wakes.append(remove_organization.wake(organization.deleted_from))
    return wakes
