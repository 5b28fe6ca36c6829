"""Reading the consent ledger of a person: every yes, no and pause, with what proves it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.models import Consent
from loumass.core.database import db

COLUMNS = (
    "recorded_at",
    "medium",
    "technique",
    "is_granted",
    "source",
    "wording",
    "evidence",
    "recorded_by_id",
)


def ledger_of(contact_ids: Sequence[UUID], *, most: int | None = None) -> Sequence[Consent]:
    """The lines about these contacts (one person and whoever became one with them), the latest first."""
    lines = select(Consent).where(Consent.contact_id.in_(contact_ids))
    lines = lines.order_by(Consent.recorded_at.desc(), Consent.id.desc())
    return db().scalars(lines.limit(most) if most else lines).all()


def exported(lines: Sequence[Consent]) -> Iterator[list[str]]:
    """The lines as cells, in the order of `COLUMNS`."""
    for line in lines:
        evidence = "; ".join(f"{name}: {value}" for name, value in sorted(line.evidence.items()))
        yield [
            line.recorded_at.isoformat(timespec="seconds"),
            line.medium,
            line.technique,
            "yes" if line.is_granted else "no",
            line.source,
            line.wording,
            evidence,
            str(line.recorded_by_id or ""),
        ]
