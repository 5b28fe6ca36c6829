"""Who gets a copy of an e-mail: read from what somebody typed, checked, and kept with the message."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.models import Suppression
from loumass.contacts.normalising import NotNormal, read_email
from loumass.contacts.suppression import normal_address
from loumass.core.database import db
from loumass.core.errors import Refused
from loumass.core.secrets import keyed_hash
from loumass.messages.cleaning import fit
from loumass.messages.models import MessageCopy

#: More is a campaign, and campaigns have ways out.
MOST = 20
# One mailbox up to the next comma; a name in quotes may hold some.
_EACH = re.compile(r'(?:"[^"]*"|[^",;\n])+')
_NAMED = re.compile(r'\s*"?(?P<name>[^"<]*)"?\s*<(?P<address>[^<>]*)>\s*')


@dataclass(frozen=True, slots=True)
class Addressee:
    """One mailbox as somebody typed it."""

    address: str
    name: str = ""

    @property
    def key(self) -> bytes:
        """What suppression knows the address by."""
        return keyed_hash(normal_address("email", self.address))


def addressees(typed: str) -> list[Addressee]:
    """`Joel Park <joel@x.example>, ann@x.example` as mailboxes, each once. Raises Refused, naming what is none."""
    found: dict[str, Addressee] = {}
    for part in _EACH.findall(fit(typed)):
        if not part.strip():
            continue
        named = _NAMED.fullmatch(part)
        name, given = (named["name"], named["address"]) if named else ("", part)
        try:
            address, key = read_email(given.strip())
        except NotNormal as problem:
            raise Refused(f'"{part.strip()[:80]}" is no e-mail address. Nothing was sent.') from problem
        found.setdefault(key, Addressee(address, " ".join(name.split())[:200]))
    if len(found) > MOST:
        raise Refused(f"An answer goes to {MOST} more people at most. Nothing was sent.")
    return list(found.values())


def refuse_suppressed(people: Sequence[Addressee]) -> None:
    """Raises Refused, with their addresses, where some of `people` are not to be written to."""
    by_key = {one.key: one.address for one in people}
    barred = db().scalars(
        select(Suppression.address_hash).where(
            Suppression.medium == "email",
            Suppression.address_hash.in_(by_key),
            Suppression.until_at.is_(None),
        )
    )
    if named := sorted(by_key[key] for key in barred):
        raise Refused(f"{', '.join(named)} must not be written to. Take them out; nothing was sent.")


def copy_to(message_id: UUID, cc: Sequence[Addressee], bcc: Sequence[Addressee]) -> None:
    """Let the message go to them as well, when it goes."""
    everybody = [(one, False) for one in cc] + [(one, True) for one in bcc]
    db().add_all(
        MessageCopy(
            message_id=message_id, place=place, is_blind=is_blind, name=one.name, address=one.address, address_hash=one.key
        )
        for place, (one, is_blind) in enumerate(everybody)
    )  # fmt: skip


def copies_of(message_ids: Collection[UUID]) -> dict[UUID, list[MessageCopy]]:
    """Message id -> who gets a copy, in the order that was typed."""
    rows = db().scalars(
        select(MessageCopy)
        .where(MessageCopy.message_id.in_(message_ids))
        .order_by(MessageCopy.message_id, MessageCopy.place)
    )
    found: dict[UUID, list[MessageCopy]] = {}
    for row in rows:
        found.setdefault(row.message_id, []).append(row)
    return found
