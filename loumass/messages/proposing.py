"""Somebody may have asked us to stop: proposed to a person, and nothing of campaigns goes to them meanwhile."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import select, text

from loumass.accounts.service import audit
from loumass.contacts.models import Contact, Suppression
from loumass.contacts.proof import Proof
from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.core.database import db
from loumass.core.errors import Conflict
from loumass.core.live import announce
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import current_organization_id, get, get_or_404
from loumass.events.service import publish
from loumass.messages.models import Message, OptOutProposal
from loumass.messages.opt_out_words import asks_to_stop
from loumass.messages.outbox_listeners import look_again
from loumass.messages.senders import compared
from loumass.messages.sorting.keeping import correct, words_of
from loumass.messages.sorting.kinds import OPT_OUT, UNSORTED
from loumass.messages.sorting.models import SortedReply

GATE = "opt_out_proposed"
_PARK = text("""
    UPDATE message SET due_at = NULL, waiting_for = :gate
    WHERE organization_id = :organization_id AND contact_id = :contact_id AND is_open AND state = 'queued'
      AND stream_id IS NOT NULL AND author_id IS NULL
    RETURNING id
""")


def propose(message: Message) -> OptOutProposal | None:
    """Ask a person where `message` may want us to stop; what campaigns have queued for them waits from now on."""
    phrase = asks_to_stop(words_of(message))
    return ask_about(message, phrase) if phrase else None


def on_corrected(rows: Sequence[SortedReply], user_id: UUID) -> None:
    """A colleague said what these answers are: what one calls an opt-out is asked about, and what asks no more is not."""
    opened = select(OptOutProposal.message_id, OptOutProposal.id).where(
        OptOutProposal.message_id.in_([one.message_id for one in rows]), OptOutProposal.decided_at.is_(None)
    )
    open_by_message = {row.message_id: row.id for row in db().execute(opened)}
    for one in rows:
        proposal_id, message = open_by_message.get(one.message_id), get(Message, one.message_id)
        if one.kind != OPT_OUT and proposal_id is not None:
            dismiss(proposal_id, user_id)
        elif one.kind == OPT_OUT and proposal_id is None and message is not None:
            ask_about(
                message, (one.phrase or " ".join(words_of(message).split()))[:100] or "Said so otherwise"
            )


def ask_about(message: Message, phrase: str) -> OptOutProposal | None:
    """Ask a person whether `message` asks us to stop, once; not where its address is not written to anyway."""
    known = select(OptOutProposal.id).where(OptOutProposal.message_id == message.id)
    if _is_barred(message) or db().scalar(known) is not None:
        return None
    proposal = OptOutProposal(
        message_id=message.id,
        conversation_id=message.conversation_id,
        contact_id=message.contact_id,
        medium=message.medium,
        phrase=phrase,
    )
    db().add(proposal)
    db().flush()
    if message.contact_id is not None:
        bound = {"organization_id": current_organization_id(), "contact_id": message.contact_id}
        db().execute(_PARK, {**bound, "gate": GATE})
    publish("contact.opt_out_proposed", **_ids(proposal))
    announce("dashboard")
    return proposal


def open_proposals(conversation_ids: Sequence[UUID]) -> Sequence[OptOutProposal]:
    """What waits for a decision in these conversations, the latest first."""
    waiting = select(OptOutProposal).where(
        OptOutProposal.conversation_id.in_(conversation_ids), OptOutProposal.decided_at.is_(None)
    )
    return db().scalars(waiting.order_by(OptOutProposal.created_at.desc())).all()


def confirm(proposal_id: UUID, user_id: UUID) -> OptOutProposal:
    """They did: nobody writes to them on this medium again. Raises NotFound, Conflict when it is decided already."""
    proposal = _decide(proposal_id, "confirmed", user_id)
    addresses = _addresses(proposal)
    source = "Their e-mail" if proposal.medium == "email" else "Their text"
    proof = Proof(source, proposal.phrase, {"message_id": proposal.message_id, "confirmed_by": user_id})
    suppress(
        proposal.medium, addresses, "unsubscribed", note=f"{source}: {proposal.phrase}"[:300], proof=proof
    )
    return proposal


def dismiss(proposal_id: UUID, user_id: UUID) -> OptOutProposal:
    """They meant something else: campaigns go on. Raises NotFound, Conflict when it is decided already."""
    proposal = _decide(proposal_id, "dismissed", user_id)
    is_still = select(SortedReply.message_id).where(
        SortedReply.message_id == proposal.message_id, SortedReply.kind == OPT_OUT
    )
    if db().scalar(is_still) is not None:
        correct([proposal.message_id], UNSORTED, user_id)
    return proposal


def _decide(proposal_id: UUID, decision: str, user_id: UUID) -> OptOutProposal:
    proposal = get_or_404(OptOutProposal, proposal_id, lock=True)
    if proposal.decided_at is not None:
        raise Conflict("Somebody decided this already. Nothing was changed.")
    proposal.decision, proposal.decided_at, proposal.decided_by_id = decision, clock.now(), user_id
    db().flush()
    audit(f"opt_out.{decision}", "opt_out_proposal", proposal.id, medium=proposal.medium)
    # Judged again by every gate: another open proposal still holds it, and a confirmed one ends it.
    if proposal.contact_id is not None:
        look_again(GATE, proposal.contact_id)
    publish("contact.opt_out_decided", **_ids(proposal, decision=decision))
    announce("inbox")
    announce("dashboard")
    return proposal


def _is_barred(message: Message) -> bool:
    """Whether the address that spoke is not written to anyway."""
    spoke = keyed_hash(compared(message.medium, message.from_address))
    barred = select(Suppression.id).where(
        Suppression.medium == message.medium,
        Suppression.address_hash == spoke,
        Suppression.until_at.is_(None),
    )
    return db().scalar(barred) is not None


def _addresses(proposal: OptOutProposal) -> list[str]:
    """The address that spoke, and the one that we keep for its owner."""
    message = get(Message, proposal.message_id)
    contact = get(Contact, proposal.contact_id) if proposal.contact_id else None
    kept = (contact.email_key if proposal.medium == "email" else contact.phone) if contact else None
    spoke = compared(proposal.medium, message.from_address) if message and message.from_address else ""
    return [address for address in (spoke, kept) if address]


def _ids(proposal: OptOutProposal, **facts: str) -> dict[str, object]:
    return {
        "contact_id": proposal.contact_id,
        "message_id": proposal.message_id,
        "conversation_id": proposal.conversation_id,
        "facts": {"medium": proposal.medium, **facts},
    }
