"""Campaigns for the tests: a funnel in a few words, people in it, and what became of them.

    campaign = running(world.acme, [send("hello"), wait("pause", amount=3), send("again")])

Steps follow each other by `next` unless `ways` says otherwise; `sends(world.acme)` tells the outcome of messages
as the delivering process would.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select, update

from loumass.campaigns.enrolling import enroll
from loumass.campaigns.models import Campaign, Enrollment, Step
from loumass.campaigns.waking import wake_engine
from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.content.models import Content, ContentVersion
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.events.service import publish_all
from loumass.funnels.models import Edge, Graph, Node
from loumass.messages.models import Message, Stream
from tests.world import Tenant


@dataclass
class Planned:
    """One step of a funnel to be made."""

    key: str
    kind: str
    config: dict[str, Any] = field(default_factory=dict)
    ways: dict[str, str] | None = None
    says: str | None = None
    name: str = ""
    #: Of a voicemail: its recording or voice, as a content version keeps them.
    sound: dict[str, Any] = field(default_factory=dict)


def send(
    key: str,
    says: str = "Hello {{contact.first_name}}",
    kind: str = "email_send",
    ways: dict[str, str] | None = None,
) -> Planned:
    return Planned(key, kind, ways=ways, says=says)


def text_to(key: str, says: str = "Hi {{contact.first_name}}", ways: dict[str, str] | None = None) -> Planned:
    return Planned(key, "sms_send", ways=ways, says=says)


def drop(key: str, says: str = "", ways: dict[str, str] | None = None, **sound: Any) -> Planned:
    return Planned(key, "voicemail_drop", ways=ways, says=says, sound=sound)


def wait(key: str, ways: dict[str, str] | None = None, **config: Any) -> Planned:
    return Planned(key, "wait", config or {"amount": 3, "unit": "days"}, ways)


def ask(key: str, ways: dict[str, str], **config: Any) -> Planned:
    return Planned(key, "condition", config, ways)


def step(key: str, kind: str, ways: dict[str, str] | None = None, **config: Any) -> Planned:
    return Planned(key, kind, config, ways, name=config.pop("name", ""))


def graph(session: Any, steps: Sequence[Planned]) -> tuple[UUID, dict[str, UUID]]:
    """A graph of `steps`, the first one first; its id and the ids of its nodes by key."""
    row = Graph(id=uuid7())
    session.add(row)
    session.flush()
    ids: dict[str, UUID] = {}
    for position, one in enumerate(steps):
        content_id = _content(session, row.id, one) if one.says is not None else None
        ids[one.key] = uuid7()
        session.add(
            Node(id=ids[one.key], graph_id=row.id, key=one.key, kind=one.kind, name=one.name or one.key.title(),
                 config=one.config, position=position, content_id=content_id)
        )  # fmt: skip
    session.flush()
    for position, one in enumerate(steps):
        following = (
            {"next": steps[position + 1].key}
            if position + 1 < len(steps) and one.kind not in ("end", "condition", "split")
            else {}
        )
        for branch, target in (one.ways if one.ways is not None else following).items():
            session.add(Edge(graph_id=row.id, source_id=ids[one.key], branch=branch, target_id=ids[target]))
    row.start_node_id = ids[steps[0].key] if steps else None
    session.flush()
    return row.id, ids


def _content(session: Any, graph_id: UUID, one: Planned) -> UUID:
    medium = {"sms_send": "sms", "voicemail_drop": "voicemail"}.get(one.kind, "email")
    content = Content(id=uuid7(), name=one.key, medium=medium, graph_id=graph_id, version_number=1)
    session.add(content)
    session.flush()
    subject = f"About {one.key}" if medium == "email" else ""
    session.add(
        ContentVersion(content_id=content.id, number=1, subject=subject, text=one.says or "", **one.sound)
    )
    session.flush()
    return content.id


def channel(tenant: Tenant, medium: str = "email", **also: Any) -> Channel:
    """A sandbox channel of the tenant that nobody delivers by himself (the outcomes are told by `told`)."""
    address = {
        "email": f"maya@{tenant.name.lower()}.example", "sms": "+13035550100", "voicemail": "+13035550101",
    }[medium]  # fmt: skip
    with tenant.acting() as session:
        before = session.scalars(
            select(Channel).where(Channel.provider == "sandbox", Channel.address == address)
        ).first()
        if before is not None:
            return before
        row = Channel(
            provider="sandbox", medium=medium, name=f"{tenant.name} {medium}", address=address, sender_name="Maya Lindqvist",
            sealed_credentials=b"sealed", state=also.pop("state", "paused"), **also,
        )  # fmt: skip
        session.add(row)
        session.commit()
    return row


@dataclass
class Run:
    """A campaign in a test: what it is made of, and what happens in it."""

    tenant: Tenant
    id: UUID
    nodes: dict[str, UUID]
    email: Channel
    sms: Channel

    def add(self, *contacts: Contact) -> None:
        """Put contacts in."""
        with self.tenant.acting() as session:
            enroll(self.id, [contact.id for contact in contacts])
            session.commit()

    def of(self, contact: Contact) -> Enrollment:
        """The contact's newest enrollment."""
        return self.all(contact)[-1]

    def due(self, contact: Contact) -> datetime:
        """When the contact is due; they must be."""
        due_at = self.of(contact).due_at
        assert due_at is not None
        return due_at

    def last_sent(self, contact: Contact) -> datetime:
        """When the contact was last written to; they must have been."""
        last_sent_at = self.of(contact).last_sent_at
        assert last_sent_at is not None
        return last_sent_at

    def all(self, contact: Contact | None = None) -> list[Enrollment]:
        """Every enrollment, oldest first."""
        found = select(Enrollment).where(Enrollment.campaign_id == self.id).order_by(Enrollment.id)
        if contact is not None:
            found = found.where(Enrollment.contact_id == contact.id)
        with self.tenant.acting() as session:
            return list(session.scalars(found))

    def at(self, contact: Contact) -> str:
        """The key of the step where they stand, or `ended: reason`."""
        enrollment = self.of(contact)
        if enrollment.state == "ended":
            return f"ended: {enrollment.reason}"
        return next((key for key, node_id in self.nodes.items() if node_id == enrollment.node_id), "outside")

    def path(self, contact: Contact) -> list[tuple[str, str | None]]:
        """The steps they took, each with its outcome."""
        keys = {node_id: key for key, node_id in self.nodes.items()}
        taken = select(Step).where(Step.enrollment_id == self.of(contact).id).order_by(Step.visit)
        with self.tenant.acting() as session:
            steps = session.scalars(taken)
            return [(keys[one.node_id], one.outcome) for one in steps]

    def messages(self, contact: Contact | None = None) -> list[Message]:
        """What was planned, in order."""
        found = select(Message).where(Message.stream_id == self.id).order_by(Message.created_at, Message.id)
        if contact is not None:
            found = found.where(Message.contact_id == contact.id)
        with self.tenant.acting() as session:
            return list(session.scalars(found))

    def told(self, state: str = "sent", *, only: Contact | None = None, **also: Any) -> int:
        """Everything queued came to `state`, as delivering records it; the news is told and worked off."""
        moment = clock.now()
        with self.tenant.acting() as session:
            found = update(Message).where(
                Message.stream_id == self.id, Message.state.in_(["queued", "in_doubt"])
            )
            if only is not None:
                found = found.where(Message.contact_id == only.id)
            values = {
                "state": state,
                "sent_at": moment if state == "sent" else None,
                "ended_at": moment,
                "rfc_message_id": None,
                **also,
            }
            rows = session.execute(found.values(**values).returning(Message)).scalars().all()
            publish_all(f"message.{state}", [_ids(row) for row in rows])
            if also.get("is_bounce_permanent"):
                publish_all("message.bounced", [{**_ids(row), "facts": {"permanent": True}} for row in rows])
            session.commit()
        self.tenant.world.work()
        return len(rows)

    def happened(self, kind: str, contact: Contact, **facts: Any) -> None:
        """News about a contact's enrollment, worked off."""
        enrollment = self.of(contact)
        with self.tenant.acting() as session:
            publish_all(
                kind,
                [
                    {
                        "enrollment_id": enrollment.id,
                        "contact_id": contact.id,
                        "campaign_id": self.id,
                        "facts": facts,
                    }
                ],
            )
            session.commit()
        self.tenant.world.work()

    def now(self) -> Campaign:
        """The campaign as it is."""
        with self.tenant.acting() as session:
            return session.get_one(Campaign, (self.tenant.id, self.id))


def drafted(tenant: Tenant, steps: Sequence[Planned], **details: Any) -> Run:
    """A campaign that has not started, with a mailbox and a number."""
    email, sms = channel(tenant), channel(tenant, "sms")
    with tenant.acting() as session:
        graph_id, nodes = graph(session, steps)
        campaign_id = uuid7()
        session.add(Stream(id=campaign_id))
        session.flush()
        values = {
            "name": "Broker Night",
            "email_channel_id": email.id,
            "sms_channel_id": sms.id,
            "owner_id": tenant.member.id,
        } | details
        session.add(Campaign(id=campaign_id, graph_id=graph_id, **values))
        session.commit()
    return Run(tenant, campaign_id, nodes, email, sms)


def running(tenant: Tenant, steps: Sequence[Planned], *contacts: Contact, **details: Any) -> Run:
    """A campaign that runs, with the contacts in it and everything done that is due."""
    run = drafted(tenant, steps, **details)
    run.add(*contacts)
    with tenant.acting() as session:
        campaign = session.get_one(Campaign, (tenant.id, run.id))
        campaign.state, campaign.started_at = "running", clock.now()
        wake_engine([run.id])
        session.commit()
    tenant.world.work()
    return run


def _ids(row: Message) -> dict[str, Any]:
    return {
        "message_id": row.id, "contact_id": row.contact_id, "campaign_id": row.stream_id, "enrollment_id": row.enrollment_id,
        "conversation_id": row.conversation_id, "channel_id": row.channel_id, "node_id": row.node_id,
    }  # fmt: skip
