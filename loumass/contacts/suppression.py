"""Nobody is written to after they said no: the list of addresses, and the check at claim time (law 5).

An address is looked up by its keyed hash, so that the list still works after the person was erased.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, select, text

from loumass.contacts.models import Contact, Suppression
from loumass.contacts.normalising import normal_email, normal_phone
from loumass.contacts.proof import UNPROVEN, Proof
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
    """A correlated EXISTS: the address must not be used on the medium. Both may be columns or values.

    An address that is spared only for a while is none: what campaigns plan for it waits at its gate.
    """
    return exists(
        select(Suppression.id)
        .where(
            Suppression.organization_id == current_organization_id(),
            Suppression.medium == medium,
            Suppression.address_hash == address_hash,
            Suppression.until_at.is_(None),
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
        f"AND barred.medium = {message}.medium AND barred.address_hash = {message}.to_hash AND barred.until_at IS NULL) "
        "AND NOT EXISTS (SELECT 1 FROM contact AS deleted WHERE deleted.organization_id = :organization_id "
        f"AND deleted.id = {message}.contact_id AND deleted.archived_at IS NOT NULL)"
    )


def normal_address(medium: str, address: str, country: str = "US") -> str:
    """Returns the address as compared: e-mail in lower case, numbers in E.164. Raises NotNormal."""
    return normal_email(address) if medium == "email" else normal_phone(address, country)


def suppress(
    medium: str,
    addresses: Iterable[str],
    reason: str,
    *,
    note: str = "",
    until: datetime | None = None,
    proof: Proof = UNPROVEN,
) -> int:
    """Bar normalised addresses on a medium; returns how many were not barred before. One statement each.

    `reason` is one of `SUPPRESSION_REASONS`; an existing entry stays as it is, but for one that ends by itself and would
    end sooner. The people who have the address get a line in the consent ledger, and `contact.unsubscribed` or
    `contact.complained` is told. With `until` campaigns only wait that long: `contact.paused` is told.
    """
    is_kept = reason != "erased"
    rows = [
        {"address": one if is_kept else None, "hash": keyed_hash(one).hex()}
        for one in dict.fromkeys(addresses)
        if one
    ]
    if not rows:
        return 0
    values = _shared(medium, rows) | {"reason": reason, "note": note, "until": until}
    added = [hash_.hex() for hash_ in db().execute(_ADD, values).scalars()]
    if until is not None:
        _tell_of_pause(medium, reason, added, until, proof)
    else:
        _tell_of(medium, reason, added, proof.said(note or reason.replace("_", " ")))
    return len(added)


def lift(suppression_id: UUID, why: str, *, is_granted: bool = False, proof: Proof = UNPROVEN) -> bool:
    """Take one address off the list; returns False where it is not on it (or was erased, which is final).

    The ledger says why; with `is_granted` it says that the person asked for it (START), and
    `contact.resubscribed` is told.
    """
    removed = db().execute(_REMOVE, _who() | {"id": suppression_id}).one_or_none()
    if removed is None:
        return False
    technique = "pause" if removed.until_at is not None else ""
    _record(
        removed.medium,
        [removed.address_hash.hex()],
        is_granted=is_granted or bool(technique),
        proof=proof.said(why),
        technique=technique,
    )
    contacts = _people_at(removed.medium, [removed.address_hash.hex()])
    publish_all("contact.resubscribed", [_fact(one, removed.medium) for one in contacts])
    return True


def lift_address(medium: str, address: str, why: str, *, proof: Proof = UNPROVEN) -> bool:
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
    return row is not None and lift(row, why, is_granted=True, proof=proof)


def suppressed_media(contacts: Sequence[Contact]) -> dict[UUID, dict[str, str]]:
    """Returns contact id -> medium -> reason, for the media on which each must not be written to."""
    hashes = {hash_: one.id for one in contacts for hash_ in (one.email_hash, one.phone_hash) if hash_}
    found: dict[UUID, dict[str, str]] = {}
    rows = db().execute(
        select(Suppression.address_hash, Suppression.medium, Suppression.reason).where(
            Suppression.address_hash.in_(list(hashes)), Suppression.until_at.is_(None)
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


def lift_expired() -> int:
    """What was barred for a while only, and that is over, is off the list; how many."""
    rows = db().execute(_LIFT_EXPIRED, {"organization_id": current_organization_id(), "now": clock.now()})
    return len(rows.all())


def record_consent(
    contact: Contact,
    medium: str,
    *,
    is_granted: bool,
    source: str,
    technique: str = "",
    proof: Proof = UNPROVEN,
) -> None:
    """Write one line of the ledger. `technique` limits it, e.g. `synthetic_voice`."""
    values = {"id": contact.id, "granted": is_granted, "technique": technique, "medium": medium}
    db().execute(_RECORD_ONE, _who() | proof.said(source).values() | values)


def record_consents(
    contact_ids: Sequence[UUID], medium: str, *, is_granted: bool, technique: str, proof: Proof
) -> None:
    """The same line for several people."""
    values = {"ids": list(contact_ids), "granted": is_granted, "technique": technique, "medium": medium}
    db().execute(_RECORD_MANY, _who() | proof.values() | values)


def people_with(medium: str, address_hash: bytes) -> Sequence[UUID]:
    """The contacts who have the address."""
    return _people_at(medium, [address_hash.hex()])


def _tell_of(medium: str, reason: str, hashes: list[str], proof: Proof) -> None:
    if not hashes:
        return
    if reason in _NEWS:
        _record(medium, hashes, is_granted=False, proof=proof)
        publish_all(_NEWS[reason], [_fact(one, medium) for one in _people_at(medium, hashes)])


def _tell_of_pause(medium: str, reason: str, hashes: list[str], until: datetime, proof: Proof) -> None:
    """A pause is no withdrawal: the ledger keeps it beside what was allowed."""
    if not hashes:
        return
    if reason in _NEWS:
        _record(medium, hashes, is_granted=False, proof=proof, technique="pause")
    facts = {"medium": medium, "until": until.isoformat(), "reason": reason}
    publish_all("contact.paused", [{"contact_id": one, "facts": facts} for one in _people_at(medium, hashes)])


def _record(medium: str, hashes: list[str], *, is_granted: bool, proof: Proof, technique: str = "") -> None:
    rows = [{"hash": hash_} for hash_ in hashes]
    statement = _RECORD_EMAIL if medium == "email" else _RECORD_PHONE
    values = proof.values() | {"granted": is_granted, "technique": technique}
    db().execute(statement, _shared(medium, rows) | values)


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
    INSERT INTO suppression (organization_id, medium, address_hash, address, reason, note, until_at, created_by_id, created_at)
    SELECT :organization_id, :medium, decode(row.hash, 'hex'), row.address, :reason, :note, CAST(:until AS timestamptz), :user_id, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(address text, hash text)
    ORDER BY row.hash
    ON CONFLICT (organization_id, medium, address_hash)
    DO UPDATE SET reason = excluded.reason, note = excluded.note, until_at = excluded.until_at, address = excluded.address,
        created_by_id = excluded.created_by_id, created_at = excluded.created_at
    WHERE suppression.until_at < coalesce(excluded.until_at, 'infinity')
    RETURNING address_hash
""")
_LIFT_EXPIRED = text("""
    DELETE FROM suppression WHERE organization_id = :organization_id AND until_at <= :now RETURNING id
""")
_REMOVE = text("""
    DELETE FROM suppression
    WHERE organization_id = :organization_id AND id = :id AND reason <> 'erased'
    RETURNING medium, address_hash, until_at
""")
_RECORD = """
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, technique, source, wording, evidence, recorded_by_id, recorded_at)
    SELECT :organization_id, contact.id, :medium, :granted, :technique, :source, :wording,
        CAST(:evidence AS jsonb) || jsonb_build_object('address_hash', row.hash), :user_id, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS row(hash text)
    JOIN contact ON contact.organization_id = :organization_id AND contact.archived_at IS NULL
        AND contact.{column} = decode(row.hash, 'hex')
    RETURNING id
"""
_RECORD_EMAIL = text(_RECORD.format(column="email_hash"))
_RECORD_PHONE = text(_RECORD.format(column="phone_hash"))
_RECORD_ONE = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, technique, source, wording, evidence, recorded_by_id, recorded_at)
    VALUES (:organization_id, :id, :medium, :granted, :technique, :source, :wording, CAST(:evidence AS jsonb), :user_id, :now)
""")
_RECORD_MANY = text("""
    INSERT INTO consent (organization_id, contact_id, medium, is_granted, technique, source, wording, evidence, recorded_by_id, recorded_at)
    SELECT :organization_id, one.id, :medium, :granted, :technique, :source, :wording, CAST(:evidence AS jsonb), :user_id, :now
    FROM unnest(CAST(:ids AS uuid[])) AS one(id)
    RETURNING id
""")
