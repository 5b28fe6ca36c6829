"""Verifications begun and ended, and what is known of single people and of whole lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.dialects.postgresql import insert as upsert

from loumass.accounts.service import audit
from loumass.contacts.bulk import People
from loumass.contacts.models import Contact, ContactImport, ImportedContact
from loumass.contacts.verification_models import EmailCheck, EmailVerification
from loumass.core import clock
from loumass.core.agenda import Wake
from loumass.core.database import db
from loumass.core.errors import Conflict, Refused
from loumass.core.jobs import wake_all
from loumass.core.live import announce
from loumass.core.tenancy import current_organization_id

#: What workers do, by name: `jobs` needs what lies here.
VERIFY = "contacts.verify"
#: So long a result is believed.
FRESH = timedelta(days=90)
VERDICT_NAMES = {
    "valid": "Valid",
    "risky": "Risky",
    "invalid": "Invalid",
    "unknown": "Unknown",
    "never": "Not verified",
}


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of one address; `is_old` results are not believed any more."""

    status: str
    reasons: Sequence[str]
    checked_at: Any
    is_old: bool


def begin(
    people: People,
    subject: str,
    *,
    author_id: UUID | None = None,
    import_id: UUID | None = None,
    also_fresh: bool = False,
) -> EmailVerification:
    """Let workers verify the addresses of `people`: marked in one statement, whatever their number.

    Who has a believed result is left out, unless `also_fresh`. Raises Refused where nobody is left.
    """
    verification = EmailVerification(subject=subject[:200], created_by_id=author_id, import_id=import_id)
    if not _begun(verification, people, also_fresh=also_fresh):
        raise Refused(
            "None of them has an address to verify: they have no e-mail, or it was verified in the last 90 days."
        )
    return verification


def begin_for_import(row: ContactImport) -> None:
    """Verify those whom a list brought or found, if there is anybody to verify."""
    people = select(ImportedContact.contact_id).where(
        ImportedContact.organization_id == current_organization_id(), ImportedContact.import_id == row.id
    )
    verification = EmailVerification(
        subject=row.file_name[:200], created_by_id=row.created_by_id, import_id=row.id
    )
    _begun(verification, people, also_fresh=False)


def cancel(verification: EmailVerification) -> None:
    """Stop before the next addresses; results stay. Raises Conflict where it has ended."""
    if verification.state != "running":
        raise Conflict("This verification has ended meanwhile. Look at its page again.")
    verification.cancel_asked_at = clock.now()
    wake_all([Wake(VERIFY, (str(verification.id),), clock.now())])
    announce(f"verification:{verification.id}")


def known_of(contacts: Sequence[Contact]) -> dict[UUID, Known]:
    """Contact id -> what is known of the address they have now; one statement."""
    rows = db().execute(
        select(EmailCheck.contact_id, EmailCheck.status, EmailCheck.reasons, EmailCheck.checked_at)
        .join(
            Contact,
            and_(Contact.organization_id == EmailCheck.organization_id, Contact.id == EmailCheck.contact_id),
        )
        .where(
            EmailCheck.contact_id.in_([one.id for one in contacts]),
            EmailCheck.status.is_not(None),
            EmailCheck.email_hash == Contact.email_hash,
        )
    )
    oldest = clock.now() - FRESH
    return {
        row.contact_id: Known(row.status, row.reasons, row.checked_at, row.checked_at < oldest)
        for row in rows
    }


def has_verdict(verdict: str) -> ColumnElement[bool]:
    """The condition that a contact's address has a believed verdict; `never`: it has an address and none."""
    checked = [
        EmailCheck.organization_id == current_organization_id(),
        EmailCheck.contact_id == Contact.id,
        EmailCheck.email_hash == Contact.email_hash,
        EmailCheck.checked_at >= clock.now() - FRESH,
    ]
    if verdict == "never":
        known = exists(
            select(EmailCheck.contact_id).where(*checked, EmailCheck.status.is_not(None)).correlate(Contact)
        )
        return and_(Contact.email_key.is_not(None), ~known)
    return exists(
        select(EmailCheck.contact_id).where(*checked, EmailCheck.status == verdict).correlate(Contact)
    )


def counts_of(people: People) -> Mapping[str, int]:
    """Verdict (`never` for none) -> how many of `people` with an address; one statement."""
    is_believed = and_(
        EmailCheck.email_hash == Contact.email_hash, EmailCheck.checked_at >= clock.now() - FRESH
    )
    verdict = case((is_believed, func.coalesce(EmailCheck.status, "never")), else_="never")
    rows = db().execute(
        select(verdict, func.count())
        .select_from(Contact)
        .outerjoin(
            EmailCheck,
            and_(EmailCheck.organization_id == Contact.organization_id, EmailCheck.contact_id == Contact.id),
        )
        .where(Contact.id.in_(people), Contact.archived_at.is_(None), Contact.email_key.is_not(None))
        .group_by(verdict)
    )
    return {status: number for status, number in rows}  # noqa: C416  rows are no pairs to `dict`


def _begun(verification: EmailVerification, people: People, *, also_fresh: bool) -> bool:
    """Whether there is anybody to verify; else nothing is left of it."""
    db().add(verification)
    db().flush()
    verification.total = _mark(verification.id, people, also_fresh=also_fresh)
    if not verification.total:
        db().delete(verification)
        db().flush()
        return False
    wake_all([Wake(VERIFY, (str(verification.id),), clock.now())])
    audit("contacts.verified", "email_verification", verification.id, people=verification.total)
    return True


def _mark(verification_id: UUID, people: People, *, also_fresh: bool) -> int:
    organization_id = current_organization_id()
    wanted = [Contact.organization_id == organization_id, Contact.id.in_(people)]
    wanted += [Contact.archived_at.is_(None), Contact.email_key.is_not(None)]
    if not also_fresh:
        # Who could not be judged is looked at again.
        wanted.append(or_(has_verdict("never"), has_verdict("unknown")))
    marked = upsert(EmailCheck).from_select(
        ["organization_id", "contact_id", "verification_id"],
        select(literal(organization_id), Contact.id, literal(verification_id))
        .where(*wanted)
        .order_by(Contact.id),
    )
    done = marked.on_conflict_do_update(
        index_elements=["organization_id", "contact_id"],
        set_={"verification_id": marked.excluded.verification_id},
    ).returning(EmailCheck.contact_id)
    return db().scalar(select(func.count()).select_from(done.cte("marked"))) or 0
