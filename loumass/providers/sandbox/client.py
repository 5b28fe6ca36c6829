"""Two providers without a vendor: messages go to invented people, who react by stored deliveries.

Nothing is kept in memory and no socket is opened: what happens follows from what was sent.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar

from loumass.providers.base import (
    Capability,
    FetchedBatch,
    OutgoingMessage,
    Provider,
    SentRecord,
    StoredItem,
    refuse_control_characters,
)
from loumass.providers.errors import Disconnected, Rejected, Sent, Throttled, Unavailable, Unknown
from loumass.providers.events import OptedOut, ProviderEvent
from loumass.providers.mail import parsing
from loumass.providers.mail.addresses import is_plausible
from loumass.providers.sandbox import letters, texts
from loumass.providers.sandbox.credentials import SandboxEmailCredentials, SandboxSmsCredentials
from loumass.providers.sandbox.people import Deed, Handover, Reaction, handover_of, reactions
from loumass.providers.texting import is_e164

_MAXIMUM_MAIL = 25_000_000
_MAXIMUM_TEXT = 1600


class _Sandbox(Provider):
    """What both media share."""

    kind = "sandbox"
    capabilities = frozenset({Capability.FINDS, Capability.NEEDS_SENT, Capability.PRETENDS})
    throttles_per_recipient = True
    is_address: ClassVar[Any]

    def send(self, message: OutgoingMessage) -> Sent:
        """Hand over to nobody. Addresses can ask for any failure: see `people`."""
        refuse_control_characters(message)
        self._refuse_nonsense(message)
        handover = handover_of(message.to)
        if handover is Handover.REJECTED:
            raise Rejected("The sandbox refuses this address, as asked.", "5.7.1")
        if handover is Handover.THROTTLED:
            raise Throttled("The sandbox is too busy for this address, as asked.", timedelta(minutes=1))
        if handover is Handover.UNAVAILABLE:
            raise Unavailable("The sandbox is closed for this address, as asked.")
        if handover is Handover.DISCONNECTED:
            raise Disconnected("The sandbox refuses this channel, as asked.")
        if handover in (Handover.SENT_IN_DOUBT, Handover.LOST_IN_DOUBT):
            raise Unknown("The sandbox took the message and said nothing, as asked.")
        return _sent(message)

    def find(self, message: OutgoingMessage) -> Sent | None:
        """What really became of a message whose address asked for doubt."""
        return _sent(message) if handover_of(message.to) is Handover.SENT_IN_DOUBT else None

    def check(self) -> str:
        """Always well."""
        return "The sandbox is ready. Its people are invented and nothing leaves this installation."

    def fetch(self, cursor: Mapping[str, Any], sent: Sequence[SentRecord] = ()) -> FetchedBatch:
        """Everything that will come of `sent`, each item with the time at which it is due.

        `sent` are the channel's messages after the cursor in order of (sent_at, id); the cursor moves
        to the last of them. The same records give the same items with the same identities.
        """
        items = [item for record in sent for item in self._items(record)]
        if sent:
            return FetchedBatch(
                items, {"sent_at": sent[-1].sent_at.isoformat(), "id": str(sent[-1].id)}, more=False
            )
        return FetchedBatch(items, dict(cursor), more=False)

    def _items(self, record: SentRecord) -> Iterator[StoredItem]:
        for reaction in reactions(record.id, record.to, self.medium, self.credentials.seed):
            due_at = record.sent_at + reaction.after / self.context.sandbox_speed
            yield StoredItem(
                identity=f"sandbox:{record.id}:{reaction.deed.replace(' ', '-')}",
                body=self._body(reaction, record, due_at),
                received_at=due_at,
                due_at=due_at,
                meta={"deed": str(reaction.deed)},
            )

    def _refuse_nonsense(self, message: OutgoingMessage) -> None:
        raise NotImplementedError

    def _body(self, reaction: Reaction, record: SentRecord, due_at: Any) -> bytes:
        raise NotImplementedError


class SandboxEmail(_Sandbox):
    """A mailbox among invented people."""

    medium, Credentials = "email", SandboxEmailCredentials
    label = "Sandbox mailbox"
    summary = "Try everything out: invented people who answer, bounce and opt out. Nothing leaves."

    credentials: SandboxEmailCredentials

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """E-mail like any other; only an opt-out has no e-mail form and comes as JSON."""
        if item.meta.get("deed") == Deed.OPTED_OUT:
            return [_opted_out(item)]
        return parsing.read(item.body, received_at=item.received_at, own_addresses=[self.credentials.email])

    def _refuse_nonsense(self, message: OutgoingMessage) -> None:
        if not is_plausible(message.to):
            raise Rejected(f"{message.to} is not an e-mail address.", "5.1.3", address_is_dead=True)
        if len(message.mime) > _MAXIMUM_MAIL:
            raise Rejected(
                f"The message has {len(message.mime):,} bytes; the sandbox takes {_MAXIMUM_MAIL:,}.", "5.3.4"
            )

    def _body(self, reaction: Reaction, record: SentRecord, due_at: Any) -> bytes:
        if reaction.deed is Deed.OPTED_OUT:
            return json.dumps({"event": "unsubscribed", "from": record.to, "to": record.sender}).encode()
        return letters.letter(reaction, record, due_at)


class SandboxSms(_Sandbox):
    """A number among invented people."""

    medium, Credentials = "sms", SandboxSmsCredentials
    label = "Sandbox number"
    summary = "Try texts out: invented people who answer and opt out. Nothing leaves."

    credentials: SandboxSmsCredentials

    def parse(self, item: StoredItem) -> list[ProviderEvent]:
        """Texts, keywords and delivery reports."""
        return texts.parse(item)

    def _refuse_nonsense(self, message: OutgoingMessage) -> None:
        if not is_e164(message.to):
            raise Rejected(f"{message.to} is not an international number.", "21211", address_is_dead=True)
        if not 0 < len(message.text) <= _MAXIMUM_TEXT:
            raise Rejected("The text is empty or longer than 1,600 characters.", "21617")

    def _body(self, reaction: Reaction, record: SentRecord, due_at: Any) -> bytes:
        return texts.body(reaction, record)


def _sent(message: OutgoingMessage) -> Sent:
    return Sent(f"sandbox-{message.id.hex}", message_id=message.message_id)


def _opted_out(item: StoredItem) -> OptedOut:
    told = json.loads(item.body)
    return OptedOut(
        medium="email", sender=told["from"], to=told["to"], at=item.received_at, keyword="unsubscribe"
    )
