"""What stands in a message's way at few organizations: pauses, refused topics, braked domains, proposals."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.plan_setting import set_plan
from loumass.accounts.plans import Plan
from loumass.contacts.models import Contact, Topic
from loumass.contacts.suppression import suppress
from loumass.contacts.topics import refuse
from loumass.core import clock
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get_or_404
from loumass.deliverability.models import DomainBrake
from loumass.messages.copies import Addressee, copy_to
from loumass.messages.models import PRIORITY_PERSON, Message, OptOutProposal, Stream
from tests.world import World


def refused(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        topic = Topic(name="Events")
        session.add(topic)
        session.flush()
        get_or_404(Stream, stream_id).topic_id = topic.id
        refuse([topic.id], [keyed_hash(contact.email or "")])
        session.commit()


def paused(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        suppress("email", [contact.email or ""], "unsubscribed", until=clock.now() + timedelta(days=30))
        session.commit()


def proposed(world: World, contact: Contact, stream_id: UUID) -> None:
    with world.acme.acting() as session:
        message = session.scalars(select(Message)).one()
        session.add(
            OptOutProposal(
                message_id=message.id, conversation_id=message.conversation_id, contact_id=contact.id,
                medium="email", phrase="remove me",
            )
        )  # fmt: skip
        session.commit()


def braked(world: World, contact: Contact, stream_id: UUID) -> None:
    until = clock.now() + timedelta(hours=6)
    with world.acme.acting() as session:
        session.add(
            DomainBrake(
                domain=(contact.email or "").partition("@")[2], until_at=until, counted_from=until,
                because="5 of 5 messages since yesterday bounced (100%); the limit is 5%.",
            )
        )  # fmt: skip
        session.commit()


def over_plan(world: World, contact: Contact, stream_id: UUID) -> None:
    number = world.acme.organization.number
    set_plan(number, Plan("Small", emails=0))


def copied(world: World, contact: Contact, stream_id: UUID) -> None:
    """The message is a person's own, and somebody who gets a copy said no."""
    with world.acme.acting() as session:
        message = session.scalars(select(Message)).one()
        message.priority = PRIORITY_PERSON
        copy_to(message.id, [Addressee("joel@foothill.example")], [])
        suppress("email", ["joel@foothill.example"], "unsubscribed")
        session.commit()


RARE = {
    "plan_used": over_plan,
    "copy_refused": copied,
    "topic_refused": refused,
    "paused_by_them": paused,
    "opt_out_proposed": proposed,
    "domain_braked": braked,
}
