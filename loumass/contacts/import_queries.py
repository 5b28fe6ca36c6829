"""What the pages of lists ask the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import func, select

from loumass.accounts.models import Membership, User
from loumass.contacts.importing import uploads
from loumass.contacts.models import ContactImport, ImportRefusal, Tag
from loumass.contacts.verification_models import EmailVerification
from loumass.core.database import db
from loumass.core.paging import PAGE_SIZE, Page, page
from loumass.core.tenancy import current_organization_id

_BATCH = 1000
_OFFERED_TAGS = 200


def imports(cursor: str | None, size: int = PAGE_SIZE) -> Page[ContactImport]:
    """Returns a page of imports, newest first."""
    keys = [ContactImport.created_at, ContactImport.id]
    return page(select(ContactImport), keys, cursor, descending=True, size=size)


def verification_of(import_id: UUID) -> EmailVerification | None:
    """Returns what verifies the addresses of an import, the latest one."""
    found = select(EmailVerification).where(EmailVerification.import_id == import_id)
    return db().scalar(
        found.order_by(EmailVerification.created_at.desc(), EmailVerification.id.desc()).limit(1)
    )


def names_of_uploaders() -> dict[UUID | None, str]:
    """Returns user id -> name of the organization's members."""
    rows = db().execute(
        select(User.id, User.name)
        .join(Membership, Membership.user_id == User.id)
        .where(Membership.organization_id == current_organization_id())
    )
    return {user_id: name for user_id, name in rows}  # noqa: C416 - rows are no pairs to `dict`


def refusals(
    import_id: UUID, code: str | None, cursor: str | None, size: int = PAGE_SIZE
) -> Page[ImportRefusal]:
    """Returns a page of refused rows in the order of the file, perhaps of one kind."""
    statement = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    if code:
        statement = statement.where(ImportRefusal.code == code)
    return page(statement, [ImportRefusal.line], cursor, size=size)


def refusals_by_code(import_id: UUID) -> Sequence[tuple[str, int]]:
    """Returns (code, number of rows), most frequent first."""
    count = func.count()
    rows = db().execute(
        select(ImportRefusal.code, count)
        .where(ImportRefusal.import_id == import_id)
        .group_by(ImportRefusal.code)
        .order_by(count.desc(), ImportRefusal.code)
    )
    return [(code, number) for code, number in rows]


def all_refusals(import_id: UUID) -> Iterator[ImportRefusal]:
    """Yields every refused row in order; memory is one batch."""
    after = -1
    while batch := _refusals_after(import_id, after):
        yield from batch
        after = batch[-1].line
        db().expunge_all()


def refused_cells(import_id: UUID, labels: Sequence[str]) -> Iterator[list[str]]:
    """Yields every refused row as it was, with its line and the reason: what a file of them holds."""
    kept = [at for at, label in enumerate(labels) if label not in uploads.REFUSED_COLUMNS]
    for refusal in all_refusals(import_id):
        cells = [str(cell) for cell in refusal.cells]
        shown = [cells[at] if at < len(cells) else "" for at in kept]
        yield [*shown, str(refusal.line), f"{refusal.reason}."]


def tag_names() -> Sequence[str]:
    """Returns the organization's tags by name, for suggestions."""
    return db().scalars(select(Tag.name).order_by(Tag.name_key).limit(_OFFERED_TAGS)).all()


def _refusals_after(import_id: UUID, line: int) -> Sequence[ImportRefusal]:
    return (
        db()
        .scalars(
            select(ImportRefusal)
            .where(ImportRefusal.import_id == import_id, ImportRefusal.line > line)
            .order_by(ImportRefusal.line)
            .limit(_BATCH)
        )
        .all()
    )
