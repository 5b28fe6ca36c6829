"""Nobody is written to after they said no: the list of addresses, and the check at claim time (law 5).

An address is looked up by its keyed hash, so that the list still works after the person was erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, text

from loumass.contacts.models import Contact, Suppression
from loumass.contacts.normalising import normal_email, normal_phone
from loumass.core import clock
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id
from loumass.events.service import publish_all

#: What a suppression is told to others as; a bounce is the message's news, not the person's.
_NEWS = {
    "unsubscribed": "contact.unsubscribed",
    "by_hand": "contact.unsubscribed",
    "imported": "contact.unsubscribed",
    "complained": "contact.complained",
}


def is_suppressed(medium: Any, address_hash: Any) -> ColumnElement[bool]:
    """A correlated EXISTS: the address must not be used on the medium. Both may be columns or values."""
    return exists(
        select(Suppression.id)
        .where(
            Suppression.organization_id == current_organization_id(),
            Suppression.medium == medium,
            Suppression.address_hash == address_hash,
        )
        .correlate_except(Suppression)
    )


def may_write(medium: Any, address_hash: Any, contact_id: Any) -> ColumnElement[bool]:
    """What a claim asks for each message, in its own transaction: not suppressed, and the person not deleted.

    `may_write(Message.medium, Message.to_hash, Message.contact_id)`; a message without a contact (a reply to
    somebody unknown) is judged by its address alone.
    """
    deleted = exists(
        select(Contact.id)
        .where(
            Contact.organization_id == current_organization_id(),
            Contact.id == contact_id,
            Contact.archived_at.is_not(None),
        )
        .correlate_except(Contact)
    )
    return and_(~is_suppressed(medium, address_hash), ~deleted)


def may_write_sql(message: str = "message") -> str:
    """The same as `may_write` for hand-written SQL; `message` is the alias; binds `:organization_id`."""
    return (
        "NOT EXISTS (SELECT 1 FROM suppression AS barred WHERE barred.organization_id = :organization_id "
        f"AND barred.medium = {message}.medium AND barred.address_hash = {message}.to_hash) "
        "AND NOT EXISTS (SELECT 1 FROM contact AS deleted WHERE deleted.organization_id = :organization_id "
        f"AND deleted.id = {message}.contact_id AND deleted.archived_at IS NOT NULL)"
    )


def normal_address(medium: str, address: str, country: str = "US") -> str:
    """Returns the address as compared: e-mail in lower case, numbers in E.164. Raises NotNormal."""
    return normal_email(address) if medium == "email" else normal_phone(address, country)


def suppress(medium: str, addresses: Iterable[str], reason: str, *, note: str = "") -> int:
    """Bar normalised addresses on a medium; returns how many were not barred before. One statement each.

    `reason` is one of `SUPPRESSION_REASONS`; an existing entry stays as it is. The people who have the
    address get a line in the consent ledger, and `contact.unsubscribed` or `contact.complained` is told.
    """
    is_kept = reason != "erased"
    rows = [
        {"address": one if is_kept else None, "hash": keyed_hash(one).hex()}
        for one in dict.fromkeys(addresses)
        if one
    ]
    if not rows:
        return 0
    added = db().execute(_ADD, _shared(medium, rows) | {"reason": reason, "note": note}).scalars().all()
    _tell_of(medium, reason, [hash_.hex() for hash_ in added], note)
    return len(added)


def lift(suppression_id: UUID, why: str, *, is_granted: bool = False) -> bool:
    """Take one address off the list; returns False where it is not on it (or was erased, which is final).

    The ledger says why; with `is_granted` it says that the person asked for it (START), and
    `contact.resubscribed` is told.
    """
    removed = db().execute(_REMOVE, _who() | {"id": suppression_id}).one_or_none()
    if removed is None:
        return False
    _record(removed.medium, [removed.address_hash.hex()], is_granted=is_granted, source=why)
    contacts = _people_at(removed.medium, [removed.address_hash.hex()])
    publish_all("contact.resubscribed", [_fact(one, removed.medium) for one in contacts])
    return True


def lift_address(medium: str, address: str, why: str) -> bool:
    """Take a normalised address off the list because its owner asked (START); False where it was not on it.

    A permanent bounce or an erasure is not theirs to take back.
    """
    row = db().scalar(
        select(Suppression.id).where(
            Suppression.medium == medium,
            Suppression.address_hash == keyed_hash(address),
            Suppression.reason.in_(("unsubscribed", "by_hand", "imported", "complained")),
        )
    )
    return row is not None and lift(row, why, is_granted=True)


def suppressed_media(contacts: Sequence[Contact]) -> dict[UUID, dict[str, str]]:
    """Returns contact id -> medium -> reason, for the media on which each must not be written to."""
    hashes = {hash_: one.id for one in contacts for hash_ in (one.email_hash, one.phone_hash) if hash_}
    found: dict[UUID, dict[str, str]] = {}
    rows = db().execute(
        select(Suppression.address_hash, Suppression.medium, Suppression.reason).where(
            Suppression.address_hash.in_(list(hashes))
        )
    )
    by_hash: dict[bytes, list[tuple[str, str]]] = {}
    for address_hash, medium, reason in rows:
        by_hash.setdefault(address_hash, []).append((medium, reason))
    for one in contacts:
        for hash_, media in ((one.email_hash, ("email",)), (one.phone_hash, ("sms", "voicemail"))):
            for medium, reason in by_hash.get(hash_ or b"", ()):
                if medium in media:
                    found.setdefault(one.id, {})[medium] = reason
    return found


def record_consent(
    contact: Contact, medium: str, *, is_granted: bool, source: str, technique: str = ""
) -> None:
    """Write one line of the ledger. `technique` limits it, e.g. `synthetic_voice`."""
    values = {
        "id": contact.id,
        "granted": is_granted,
        "source": source,
        "technique": technique,
        "medium": medium,
    }
    db().execute(_RECORD_ONE, _who() | values)


def _tell_of(medium: str, reason: str, hashes: list[str], note: str) -> None:
    if not hashes:
        return
    if reason in _NEWS:
        _record(medium, hashes, is_granted=False, source=note or reason.replace("_", " "))
        publish_all(_NEWS[reason], [_fact(one, medium) for one in _people_at(medium, hashes)])


def _record(medium: str, hashes: list[str], *, is_granted: bool, source: str) -> None:
    rows = [{"hash": hash_} for hash_ in hashes]
    statement = _RECORD_EMAIL if medium == "email" else _RECORD_PHONE
    db().execute(statement, _shared(medium, rows) | {"granted": is_granted, "source": source})


def _people_at(medium: str, hashes: list[str]) -> Sequence[UUID]:
    column = Contact.email_hash if medium == "email" else Contact.phone_hash
    found = select(Contact.id).where(
        column.in_([bytes.fromhex(one) for one in hashes]), Contact.archived_at.is_(None)
    )
    return db().scalars(found).all()


def _fact(contact_id: UUID, medium: str) -> dict[str, Any]:
    return {"contact_id": contact_id, "facts": {"medium": medium}}


def _who() -> dict[str, Any]:
    return {
        "organization_id": current_organization_id(),
        "now": clock.now(),
        "user_id": db().info.get("user_id"),
    }


def _shared(medium: str, rows: Sequence[Mapping[str, str | None]]) -> dict[str, Any]:
    return _who() | {"medium": medium, "rows": json.dumps(rows)}


_ADD = text("""
    INSERT INTO suppression (organization_id, medium, address_hash, address, reason, note, created_by_id, created_at)
    SELECT :organization_id, :medium, decode(row.hash, 'hex'), row.address, :reason, :note, :user_id, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(address text, hash text)
    ORDER BY row.hash
    ON CONFLICT (organization_id, medium, address_hash) DO NOTHING
    RETURNING address_hash
""")
_REMOVE = text("""
    DELETE FROM suppression
    WHERE organization_id = :organization_id AND id = :id AND reason <> 'erased'
    RETURNING medium, address_hash
""")
_RECORD = """
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, source, recorded_by_id, recorded_at)
    SELECT :organization_id, contact.id, :medium, :granted, :source, :user_id, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(hash text)
    JOIN contact ON contact.organization_id = :organization_id AND contact.archived_at IS NULL
        AND contact.{column} = decode(row.hash, 'hex')
    RETURNING id
"""
_RECORD_EMAIL = text(_RECORD.format(column="email_hash"))
_RECORD_PHONE = text(_RECORD.format(column="phone_hash"))
_RECORD_ONE = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, technique, source, recorded_by_id, recorded_at)
    VALUES (:organization_id, :id, :medium, :granted, :technique, :source, :user_id, :now)
""")
