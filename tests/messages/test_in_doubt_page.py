"""Sends in doubt, on their page: what is known, and what a person decides."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from sqlalchemy import select

from loumass.accounts.models import AuditEntry
from loumass.core import clock
from tests.messages.sending import Postbox, changed, handing_to, mailbox, message, people, queue, states
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


def test_all_at_once(world: World) -> None:
    ids = doubtful(world, 60)
    assert "60" in world.acme.member.get(PAGE).get_data(as_text=True)
    answer = world.acme.member.post(f"{PAGE}/drop", {"everything": "1"}, follow_redirects=True)
    assert "60 messages dropped." in answer.get_data(as_text=True)
    assert set(states(world.acme, ids)) == {"cancelled"}


def test_the_list_goes_on_page_by_page(world: World) -> None:
    doubtful(world, 60)
    first = world.acme.member.get(PAGE).get_data(as_text=True)
    after = first.partition("after=")[2].partition('"')[0]
    second = world.acme.member.get(f"{PAGE}?after={after}").get_data(as_text=True)
    names = [f"person{number}.silent@" for number in range(10000, 10060)]
    assert all((name in first) != (name in second) for name in names)


def test_what_was_settled_meanwhile_is_left_alone_and_said(world: World) -> None:
    ids = doubtful(world, 2)
    world.acme.member.post(f"{PAGE}/sent", {"ids": str(ids[0])})
    answer = world.acme.member.post(f"{PAGE}/send", {"ids": [str(one) for one in ids]}, follow_redirects=True)
    assert "1 message queued again. 1 message had been settled meanwhile." in answer.get_data(as_text=True)
    assert message(world.acme, ids[0]).state == "sent"


def test_nothing_chosen_a_made_up_choice_and_strangers_are_refused(world: World) -> None:
    (only,) = doubtful(world, 1)
    assert world.acme.member.post(f"{PAGE}/drop", {}).status_code == 422
    assert world.acme.member.post(f"{PAGE}/drop", {"ids": "x"}).status_code == 422
    assert world.acme.member.post(f"{PAGE}/eat", {"ids": str(only)}).status_code == 404
    assert world.acme.agent.get(PAGE).status_code == 403
    assert world.acme.viewer.post(f"{PAGE}/drop", {"ids": str(only)}).status_code == 403
    assert world.globex.member.post(f"{PAGE}/drop", {"ids": str(only)}).status_code == 404
    assert message(world.acme, only).state == "in_doubt"
