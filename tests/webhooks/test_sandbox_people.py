"""The sandbox's people react through the same stored deliveries as real ones."""

from __future__ import annotations

from sqlalchemy import func, select

from loumass.contacts.models import Suppression
from loumass.deliveries.models import Delivery
from loumass.messages.models import Message
from tests.messages.sending import mailbox, number, queue
from tests.world import World


def test_somebody_who_replies_does_so_after_a_while(world: World) -> None:
    anna = world.acme.contact("Anna Miller", email="anna.replies@people.example")
    queue(world.acme, mailbox(world.acme), [anna])
    world.work()
    with world.acme.acting() as session:
        assert session.scalar(select(func.count()).select_from(Delivery)) == 2
        assert session.scalar(select(func.count()).where(Message.direction == "in")) == 0
    world.later(days=4)
    with world.acme.acting() as session:
        out, reply = session.scalars(select(Message).order_by(Message.direction.desc())).all()
        assert out.delivered_at is not None
        assert reply.direction == "in"
        assert reply.conversation_id == out.conversation_id
        assert reply.contact_id == anna.id
        assert {delivery.state for delivery in session.scalars(select(Delivery))} == {"done"}


def test_somebody_who_bounces_is_suppressed(world: World) -> None:
    bob = world.acme.contact("Bob Brown", email="bob.bounces@people.example")
    queue(world.acme, mailbox(world.acme), [bob])
    world.work()
    world.later(hours=1)
    with world.acme.acting() as session:
        assert session.scalars(select(Message)).one().is_bounce_permanent
        assert session.scalars(select(Suppression)).one().reason == "bounced"


def test_somebody_who_texts_stop_is_suppressed(world: World) -> None:
    sam = world.acme.contact("Sam Stop", email=None, phone="+13035550113")
    queue(world.acme, number(world.acme, "+13035550142"), [sam])
    world.work()
    world.later(days=4)
    with world.acme.acting() as session:
        suppression = session.scalars(select(Suppression)).one()
        assert (suppression.medium, suppression.reason) == ("sms", "unsubscribed")


def test_hundreds_react_once_each(world: World) -> None:
    people = [world.acme.contact(f"Person {n}", email=f"person{n}@people.example") for n in range(60)]
    queue(world.acme, mailbox(world.acme), people)
    world.work()
    world.later(days=4)
    with world.acme.acting() as session:
        sent = session.scalar(select(func.count()).where(Message.direction == "out", Message.state == "sent"))
        assert sent == 60
        assert set(session.scalars(select(Delivery.state))) == {"done"}
        reported = select(func.count()).where(
            Message.direction == "out", Message.delivered_at.is_not(None) | Message.bounced_at.is_not(None)
        )
        assert session.scalar(reported) == 60
