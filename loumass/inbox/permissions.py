"""May we write? For each medium: the address, the suppression list and the ledger of consent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.dialects.postgresql import distinct_on

from loumass.contacts.models import MEDIA, Consent, Contact, Suppression
from loumass.core.database import db

_REASONS = {
    "unsubscribed": "opted out",
    "bounced": "address is dead",
    "complained": "called it spam",
    "by_hand": "stopped by hand",
    "imported": "on an imported list",
    "erased": "erased",
}
SYNTHETIC = "synthetic_voice"
_LABELS = {"email": "E-mail", "sms": "Text", "voicemail": "Voicemail"}


@dataclass(frozen=True, slots=True)
class Permission:
    """One line of "May we write?": yes, no or not, with the reason and since when."""

    medium: str
    label: str
    may: bool
    reason: str
    since: datetime | None
    source: str
    #: What consent is noted for: the medium, or a technique on it.
    subject: str = ""


def permissions(contact: Contact) -> list[Permission]:
    """One for each medium and one for synthetic voices, in three statements."""
    barred = {(row.medium, row.address_hash): row for row in _suppressions(contact)}
    ledger = {row.medium: row for row in _latest_consent(contact)}
    found = [_permission(contact, medium, barred, ledger.get(medium)) for medium in MEDIA]
    return [*found, _synthetic(contact, found[-1])]


def _synthetic(contact: Contact, voicemail: Permission) -> Permission:
    """Whether a synthetic voice may be dropped: voicemail may be, and they agreed to that technique."""
    agreed = (
        db()
        .scalars(
            select(Consent)
            .where(
                Consent.contact_id == contact.id,
                Consent.medium == "voicemail",
                Consent.technique == SYNTHETIC,
            )
            .order_by(Consent.recorded_at.desc(), Consent.id.desc())
            .limit(1)
        )
        .one_or_none()
    )
    may = voicemail.may and agreed is not None and agreed.is_granted
    reason = (
        "not asked yet" if agreed is None else "they said no" if not agreed.is_granted else voicemail.reason
    )
    since, source = (agreed.recorded_at, agreed.source) if agreed else (None, "")
    return Permission("voicemail", "Synthetic voice", may, reason, since, source, SYNTHETIC)


def _permission(
    contact: Contact, medium: str, barred: dict[tuple[str, bytes], Suppression], consent: Consent | None
) -> Permission:
    label, address_hash = _LABELS[medium], contact.email_hash if medium == "email" else contact.phone_hash
    source = consent.source if consent else ""
    if address_hash is None:
        return Permission(medium, label, False, "no address" if medium == "email" else "no number", None, "")
    entry = barred.get((medium, address_hash))
    if entry is not None:
        return _barred(medium, label, entry)
    if consent is not None and not consent.is_granted:
        return Permission(medium, label, False, "they said no", consent.recorded_at, source)
    if consent is not None:
        return Permission(medium, label, True, "yes", consent.recorded_at, source)
    if medium == "voicemail":
        return Permission(medium, label, False, "not asked yet", None, "")
    return Permission(medium, label, True, "nobody said no", None, "")


def _barred(medium: str, label: str, entry: Suppression) -> Permission:
    if entry.until_at is not None:
        until = f"{entry.until_at.day} {entry.until_at:%b}"
        return Permission(medium, label, True, f"campaigns wait until {until}", None, entry.note)
    reason = _REASONS.get(entry.reason, "suppressed")
    return Permission(medium, label, False, reason, entry.created_at, entry.note)


def _suppressions(contact: Contact) -> list[Suppression]:
    hashes = [one for one in (contact.email_hash, contact.phone_hash) if one]
    return list(db().scalars(select(Suppression).where(Suppression.address_hash.in_(hashes))))


def _latest_consent(contact: Contact) -> list[Consent]:
    return list(
        db().scalars(
            select(Consent)
            .ext(distinct_on(Consent.medium))
            # As the gate reads it: who takes back only the synthetic voice has not taken back the rest.
            .where(
                Consent.contact_id == contact.id,
                Consent.technique.not_in(("pause", "topic")),
                or_(Consent.is_granted, Consent.technique != SYNTHETIC),
            )
            .order_by(Consent.medium, Consent.recorded_at.desc(), Consent.id.desc())
        )
    )
