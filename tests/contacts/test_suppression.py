"""Who said no is not written to: the list, the check, and the proof."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, literal, select

from loumass.contacts.models import Consent, Contact, Suppression
from loumass.contacts.suppression import (
    is_suppressed,
    lift,
    lift_address,
    may_write,
    suppress,
    suppressed_media,
)
from loumass.core.secrets import keyed_hash
from loumass.core.tenancy import get
from loumass.events.models import Event
from tests.world import Tenant, World


def writable(tenant: Tenant, medium: str, address: str, contact: Contact) -> bool:
    with tenant.acting() as session:
        allowed = may_write(literal(medium), literal(keyed_hash(address)), literal(contact.id))
        return bool(session.scalar(select(allowed)))


def events(tenant: Tenant, kind: str) -> Sequence[Event]:
    with tenant.acting() as session:
        return session.scalars(select(Event).where(Event.kind == kind)).all()


def test_a_suppressed_address_is_not_written_to(world: World) -> None:
    priya = world.acme.contact("Priya Raman", email="priya@foothill.example", phone="+13035550164")
    assert writable(world.acme, "email", "priya@foothill.example", priya)
    with world.acme.acting() as session:
        assert suppress("email", ["priya@foothill.example"], "unsubscribed") == 1
        session.commit()
    assert not writable(world.acme, "email", "priya@foothill.example", priya)
    assert writable(world.acme, "sms", "+13035550164", priya)


def test_globex_still_may(world: World) -> None:
    world.acme.contact()
    theirs = world.globex.contact()
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "unsubscribed")
        session.commit()
    assert writable(world.globex, "email", "priya@foothill.example", theirs)


def test_a_deleted_person_is_not_written_to(world: World) -> None:
    priya = world.acme.contact(archived_at=world.begins_at)
    assert not writable(world.acme, "email", "priya@foothill.example", priya)


def test_saying_no_is_told_once_and_kept_in_the_ledger(world: World) -> None:
    priya = world.acme.contact()
    for _ in range(2):
        with world.acme.acting() as session:
            suppress(
                "email", ["priya@foothill.example", "nobody@else.example"], "unsubscribed", note="one-click"
            )
            session.commit()
    told = events(world.acme, "contact.unsubscribed")
    assert [(event.contact_id, event.facts) for event in told] == [(priya.id, {"medium": "email"})]
    with world.acme.acting() as session:
        line = session.scalars(select(Consent)).one()
        assert (line.contact_id, line.is_granted, line.source) == (priya.id, False, "one-click")
        assert session.scalar(select(func.count(Suppression.id))) == 2


def test_a_bounce_is_not_an_unsubscribe(world: World) -> None:
    world.acme.contact()
    with world.acme.acting() as session:
        suppress("email", ["priya@foothill.example"], "bounced")
        session.commit()
    assert events(world.acme, "contact.unsubscribed") == []


def test_start_takes_back_a_stop_but_not_a_bounce(world: World) -> None:
    priya = world.acme.contact(phone="+13035550164")
    with world.acme.acting() as session:
        suppress("sms", ["+13035550164"], "unsubscribed")
        suppress("email", ["priya@foothill.example"], "bounced")
        assert lift_address("sms", "+13035550164", "START") is True
        assert lift_address("email", "priya@foothill.example", "START") is False
        session.commit()
    assert writable(world.acme, "sms", "+13035550164", priya)
    assert [event.facts for event in events(world.acme, "contact.resubscribed")] == [{"medium": "sms"}]


def test_an_erased_address_stays_barred(world: World) -> None:
    with world.acme.acting() as session:
        suppress("email", ["gone@person.example"], "erased")
        row = session.scalars(select(Suppression)).one()
        assert lift(row.id, "by mistake") is False
        assert session.scalar(
            select(is_suppressed(literal("email"), literal(keyed_hash("gone@person.example"))))
        )


def test_a_list_of_people_says_who_is_barred_where(world: World) -> None:
    priya = world.acme.contact(phone="+13035550164")
    tom = world.acme.contact("Tom Okafor", email="tom@cherry.example")
    with world.acme.acting() as session:
        suppress("sms", ["+13035550164"], "unsubscribed")
        suppress("email", ["+13035550164"], "by_hand")  # a number on the wrong list bars nobody's e-mail
        session.commit()
        people = [get(Contact, priya.id), get(Contact, tom.id)]
        assert suppressed_media([one for one in people if one]) == {priya.id: {"sms": "unsubscribed"}}
