"""Sends in doubt, on their page: what is known, and what a person decides."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.contacts.models import Contact
from loumass.contacts.suppression import suppress
from loumass.core import clock
from loumass.core.tenancy import acting_for
from loumass.messages.settling import decide
from tests.messages.sending import Postbox, changed, handing_to, mailbox, message, people, queue, states
from tests.waiting import until_somebody_waits
from tests.world import World

PAGE = "/messages/in-doubt"


def doubtful(world: World, count: int) -> list[UUID]:
    ids = queue(world.acme, mailbox(world.acme), people(world.acme, count))
    for number, one in enumerate(ids):
        tried = clock.now() - timedelta(minutes=number)
        changed(
            world.acme, message(world.acme, one), state="in_doubt", attempted_at=tried, due_at=None,
            reason="The server took it and fell silent.",
        )  # fmt: skip
    return ids


def test_nothing_in_doubt_is_said_so(world: World) -> None:
    assert "No send is in doubt" in world.acme.member.get(PAGE).get_data(as_text=True)


def test_each_shows_whom_what_when_and_why(world: World) -> None:
    doubtful(world, 2)
    shown = world.acme.member.get(PAGE).get_data(as_text=True)
    for words in (
        "Person10000 Silent",
        "Dinner",
        "maya@acme.example",
        "fell silent",
        "The provider cannot say more",
        "9:00",
    ):
        assert words in shown
    assert shown.count("It was sent") == shown.count("Drop it") == 4  # words and name of each button


def test_one_by_one(world: World) -> None:
    ids = doubtful(world, 3)
    postbox = Postbox()
    with handing_to(postbox):
        for one, decision in zip(ids, ("sent", "send", "drop"), strict=True):
            assert world.acme.member.post(f"{PAGE}/{decision}", {"ids": str(one)}).status_code == 302
        world.work()
    assert states(world.acme, ids) == ["sent", "sent", "cancelled"]
    assert [one.id for one in postbox.taken] == [ids[1]]
    with world.acme.acting() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("message.%"))).all()
    assert sorted(actions) == [
        "message.settled_as_drop",
        "message.settled_as_send",
        "message.settled_as_sent",
    ]


def settles(world: World, decision: str, **form: object) -> str:
    """What a member is told after deciding."""
    return world.acme.member.post(f"{PAGE}/{decision}", form, follow_redirects=True).get_data(as_text=True)


@pytest.mark.parametrize(
    ("decision", "said", "becomes"),
    [("sent", "60 messages noted as sent.", "sent"), ("send", "60 messages queued again.", "sent"), ("drop", "60 messages dropped.", "cancelled")],
)  # fmt: skip
def test_all_at_once(world: World, decision: str, said: str, becomes: str) -> None:
    ids = doubtful(world, 60)
    postbox = Postbox()
    with handing_to(postbox):
        assert said in settles(world, decision, everything="1", counted="60", confirmed="1")
        world.work()
    assert set(states(world.acme, ids)) == {becomes}
    assert len(postbox.taken) == (60 if decision == "send" else 0)
    with world.acme.acting() as session:
        (entry,) = session.scalars(
            select(AuditEntry).where(AuditEntry.action == f"message.settled_as_{decision}")
        )
    assert entry.user_id == world.acme.member.id
    assert set(entry.facts["messages"]) == {str(one) for one in ids}


def test_sending_many_again_asks_first(world: World) -> None:
    ids = doubtful(world, 3)
    chosen = [str(one) for one in ids[:2]]
    asked = world.acme.member.post(f"{PAGE}/send", {"ids": chosen}).get_data(as_text=True)
    assert "Send 2 messages again?" in asked
    assert all(f'name="ids" value="{one}"' in asked for one in chosen)
    assert states(world.acme, ids) == ["in_doubt"] * 3
    assert "2 messages queued again." in settles(world, "send", ids=chosen, confirmed="1")
    assert states(world.acme, ids) == ["queued", "queued", "in_doubt"]


def test_all_are_those_that_the_page_counted(world: World) -> None:
    ids = doubtful(world, 3)
    for decision in ("sent", "send", "drop"):
        answer = world.acme.member.post(
            f"{PAGE}/{decision}", {"everything": "1", "counted": "2", "confirmed": "1"}
        )
        assert answer.status_code == 409
        assert "1 more send came into doubt" in answer.get_data(as_text=True)
    assert states(world.acme, ids) == ["in_doubt"] * 3


def test_whoever_was_told_to_stop_gets_nothing_by_a_decision(world: World) -> None:
    no, yes = doubtful(world, 2)
    address = message(world.acme, no).to_address
    with world.acme.acting() as session:
        suppress("email", [address], "unsubscribed")
        session.commit()
    postbox = Postbox()
    with handing_to(postbox):
        settles(world, "send", ids=[str(no), str(yes)], confirmed="1")
        world.work()
    assert [one.id for one in postbox.taken] == [yes]
    assert (message(world.acme, no).state, message(world.acme, no).reason_code) == ("cancelled", "suppressed")


def test_somebody_who_wrote_since_is_marked(world: World) -> None:
    doubtful(world, 2)
    with world.acme.acting() as session:
        person = session.scalars(select(Contact).where(Contact.first_name == "Person10001")).one()
        person.last_inbound_at = clock.now() + timedelta(minutes=5)
        session.commit()
    shown = world.acme.member.get(PAGE).get_data(as_text=True)
    assert shown.count("after this was tried") == 1
    assert "They wrote 9:05" in shown


def test_the_list_goes_on_page_by_page(world: World) -> None:
    doubtful(world, 60)
    first = world.acme.member.get(PAGE).get_data(as_text=True)
    after = first.partition("after=")[2].partition('"')[0]
    second = world.acme.member.get(f"{PAGE}?after={after}").get_data(as_text=True)
    names = [f"person{number}.silent@" for number in range(10000, 10060)]
    assert all((name in first) != (name in second) for name in names)


def test_what_was_settled_meanwhile_is_left_alone_and_said(world: World) -> None:
    ids = doubtful(world, 2)
    settles(world, "sent", ids=str(ids[0]))
    said = settles(world, "drop", ids=[str(one) for one in ids])
    assert "1 message dropped. 1 message had been settled meanwhile." in said
    assert states(world.acme, ids) == ["sent", "cancelled"]


def test_a_form_that_is_sent_twice_decides_once(world: World) -> None:
    (only,) = doubtful(world, 1)
    postbox = Postbox()
    with handing_to(postbox):
        for said in ("1 message queued again.", "0 messages queued again. 1 message had been settled"):
            assert said in settles(world, "send", ids=str(only))
            world.work()
    assert len(postbox.taken) == 1


@pytest.mark.parametrize("first", ["sent", "send", "drop"])
def test_of_two_people_who_decide_at_once_one_does(world: World, first: str) -> None:
    """The second one's transaction meets the first one's before that has committed."""
    ids = doubtful(world, 3)
    second = {"sent": "send", "send": "drop", "drop": "sent"}[first]
    counts: list[int] = []

    def decides() -> None:
        with acting_for(world.acme.id) as session:
            counts.append(decide(ids, second))
            session.commit()

    with world.acme.acting() as session:
        assert decide(ids, first) == 3
        other = threading.Thread(target=decides)
        other.start()
        until_somebody_waits()
        session.commit()
    other.join(60)
    assert counts == [0]
    assert set(states(world.acme, ids)) == {{"sent": "sent", "send": "queued", "drop": "cancelled"}[first]}
    with world.acme.acting() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("message.%"))).all()
    assert actions == [f"message.settled_as_{first}"]


def test_nothing_chosen_a_made_up_choice_and_strangers_are_refused(world: World) -> None:
    (only,) = doubtful(world, 1)
    assert world.acme.member.post(f"{PAGE}/drop", {}).status_code == 422
    assert world.acme.member.post(f"{PAGE}/drop", {"ids": "x"}).status_code == 422
    assert world.acme.member.post(f"{PAGE}/eat", {"ids": str(only)}).status_code == 404
    assert message(world.acme, only).state == "in_doubt"


@pytest.mark.parametrize("role", ["agent", "viewer"])
def test_agents_and_viewers_neither_see_nor_decide(world: World, role: str) -> None:
    (only,) = doubtful(world, 1)
    somebody = world.acme.people[role]
    assert somebody.get(PAGE).status_code == 403
    for decision in ("sent", "send", "drop"):
        for form in ({"ids": str(only)}, {"everything": "1", "counted": "1"}):
            assert somebody.post(f"{PAGE}/{decision}", form).status_code == 403
    assert message(world.acme, only).state == "in_doubt"


def test_globex_neither_sees_nor_decides(world: World) -> None:
    (ours,) = doubtful(world, 1)
    assert "No send is in doubt" in world.globex.member.get(PAGE).get_data(as_text=True)
    (theirs,) = queue(world.globex, mailbox(world.globex), people(world.globex, 1))
    changed(world.globex, message(world.globex, theirs), state="in_doubt", attempted_at=clock.now())
    for decision in ("sent", "send", "drop"):
        answer = world.globex.member.post(f"{PAGE}/{decision}", {"ids": str(ours)})
        assert answer.status_code == 404
    world.globex.member.post(f"{PAGE}/drop", {"ids": [str(ours), str(theirs)]})
    assert message(world.acme, ours).state == "in_doubt"
    assert message(world.globex, theirs).state == "cancelled"
