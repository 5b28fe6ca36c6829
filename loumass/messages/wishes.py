"""What the holder of a message's link wants: which media, which topics, or a pause. Each is kept with its proof."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from loumass.contacts import topics
from loumass.contacts.models import Contact, Suppression, Topic
from loumass.contacts.proof import Proof
from loumass.contacts.suppression import lift, lift_address, people_with, record_consents, suppress
from loumass.core import clock
from loumass.core.database import db
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get
from loumass.messages.models import Message
from loumass.messages.unsubscribing import OWN_WISH, Addressee, masked

PAUSE = timedelta(days=30)
SOURCE = "on their page of wishes"
WORDS = {"email": "E-mails", "sms": "Texts", "voicemail": "Voicemails"}


@dataclass(frozen=True, slots=True)
class Way:
    """One medium on which the person can be written to. `may_return` is False where only the organization could."""

    medium: str
    label: str
    address: str
    shown: str
    is_wanted: bool
    may_return: bool
    paused_until: datetime | None

    @property
    def hash(self) -> bytes:
        """What the address is looked up by."""
        return keyed_hash(self.address)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that the page shows."""

    found: Addressee
    ways: Sequence[Way]
    topics: Sequence[Topic]
    refused: Collection[UUID]

    @property
    def paused_until(self) -> datetime | None:
        """When the pause ends, if there is one."""
        return max((way.paused_until for way in self.ways if way.paused_until), default=None)

    @property
    def may_pause(self) -> bool:
        """Whether anything would come."""
        return any(way.is_wanted for way in self.ways)

    def proof(self, wording: str) -> Proof:
        """What the ledger keeps: what was chosen, as the page says it, and whose link it was."""
        return Proof(SOURCE, wording, {"page": "wishes", "message_id": self.found.message_id})


def wishes_of(found: Addressee) -> Wishes:
    """What the person of a link wants now."""
    message = get(Message, found.message_id)
    contact = get(Contact, message.contact_id) if message and message.contact_id else None
    ways = [_way(medium, address) for medium, address in _addresses(found, contact).items()]
    return Wishes(found, ways, topics.topics(), topics.refused_by([way.hash for way in ways]))


def save(wishes: Wishes, media: Collection[str], wanted: Collection[UUID]) -> None:
    """Take these media and topics from now on. What is as it was is not written again."""
    for way in wishes.ways:
        if way.is_wanted and way.medium not in media:
            proof = wishes.proof(f"{way.label}: no")
            suppress(way.medium, [way.address], "unsubscribed", note=SOURCE, proof=proof)
        elif not way.is_wanted and way.may_return and way.medium in media:
            lift_address(way.medium, way.address, SOURCE, proof=wishes.proof(f"{way.label}: yes"))
    hashes = [way.hash for way in wishes.ways]
    offered = {topic.id for topic in wishes.topics}
    _note(wishes, topics.refuse(sorted(offered - set(wanted)), hashes), is_granted=False)
    _note(wishes, topics.want(sorted(offered & set(wanted)), hashes), is_granted=True)


def pause(wishes: Wishes) -> datetime:
    """Nothing of campaigns for thirty days, on every medium; then it lifts itself."""
    until = clock.now() + PAUSE
    for way in wishes.ways:
        if way.is_wanted:
            proof = wishes.proof(f"Pause for {PAUSE.days} days")
            suppress(way.medium, [way.address], "unsubscribed", note=SOURCE, until=until, proof=proof)
    return until


def end_pause(wishes: Wishes) -> None:
    """Write again before the thirty days are over."""
    for way in wishes.ways:
        entry = _entry(way.medium, way.hash)
        if entry is not None and entry.until_at is not None and entry.reason in OWN_WISH:
            lift(entry.id, SOURCE, proof=wishes.proof("End the pause"))


def _way(medium: str, address: str) -> Way:
    entry = _entry(medium, keyed_hash(address))
    is_barred = entry is not None and entry.until_at is None
    is_own = entry is not None and entry.reason in OWN_WISH
    paused = entry.until_at if entry is not None and is_own else None
    return Way(medium, WORDS[medium], address, masked(address), not is_barred, is_own, paused)


def _addresses(found: Addressee, contact: Contact | None) -> dict[str, str]:
    """Medium -> address: the one that was written to, and what else we could write to."""
    kept = {"email": contact.email_key, "sms": contact.phone, "voicemail": contact.phone} if contact else {}
    known = {medium: address for medium, address in kept.items() if address}
    return {found.medium: found.address} | {
        medium: address for medium, address in known.items() if medium != found.medium
    }


def _entry(medium: str, address_hash: bytes) -> Suppression | None:
    barred = select(Suppression).where(Suppression.medium == medium, Suppression.address_hash == address_hash)
    return db().scalars(barred).one_or_none()


def _note(wishes: Wishes, changed: Collection[UUID], *, is_granted: bool) -> None:
    """A line in the ledger for each topic that was left or wanted again."""
    people = {one for way in wishes.ways for one in people_with(way.medium, way.hash)}
    for topic in wishes.topics:
        if topic.id in changed and people:
            proof = wishes.proof(f"{topic.name}: {'yes' if is_granted else 'no'}")
            record_consents(
                sorted(people), wishes.found.medium, is_granted=is_granted, technique="topic", proof=proof
            )
