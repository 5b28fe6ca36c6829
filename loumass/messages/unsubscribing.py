"""The way out, and the way back: what a person who holds a message's link may change."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select

from loumass.contacts.models import Suppression
from loumass.contacts.normalising import NotNormal
from loumass.contacts.proof import Proof
from loumass.contacts.suppression import lift_address, normal_address, suppress
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get
from loumass.messages.models import Message
from loumass.messages.unsubscribing_links import UnsubscribeToken

#: Reasons that their owner can take back.
OWN_WISH = ("unsubscribed", "by_hand", "imported", "complained")


@dataclass(frozen=True, slots=True)
class Addressee:
    """Whom a link was sent to. `may_return` is False where only the organization could write again."""

    medium: str
    address: str
    shown: str
    is_unsubscribed: bool
    may_return: bool
    #: The message whose link was used.
    message_id: UUID

    @property
    def evidence(self) -> dict[str, str]:
        """What the ledger keeps of a click."""
        return {"page": "unsubscribe", "message_id": str(self.message_id)}


def addressee(token: UnsubscribeToken) -> Addressee | None:
    """Whom the message of `token` went to, in the current organization; None when it or its address is gone."""
    message = get(Message, token.message_id)
    if message is None or message.direction != "out" or not message.to_address:
        return None
    try:
        address = normal_address(message.medium, message.to_address)
    except NotNormal:
        return None
    reason = db().scalar(
        select(Suppression.reason).where(
            Suppression.medium == message.medium,
            Suppression.address_hash == keyed_hash(address),
            Suppression.until_at.is_(None),
        )
    )
    is_barred = reason is not None
    return Addressee(message.medium, address, masked(address), is_barred, reason in OWN_WISH, message.id)


def unsubscribe(found: Addressee, how: str, wording: str = "") -> None:
    """Nobody writes to this address again. The second time changes nothing."""
    proof = Proof(how, wording, found.evidence)
    suppress(found.medium, [found.address], "unsubscribed", note=how, proof=proof)


def resubscribe(found: Addressee, wording: str = "") -> bool:
    """The person wants to be written to again; False where that was not theirs to decide."""
    how = "asked for it on the unsubscribe page"
    return lift_address(found.medium, found.address, how, proof=Proof(how, wording, found.evidence))


def masked(address: str) -> str:
    """Enough of `address` to know it by, too little to give it away to whom the mail was forwarded."""
    local, at, domain = address.rpartition("@")
    return f"{local[:1]}•••{local[-1:]}@{domain}" if at else f"•••{address[-4:]}"
