"""Follow-ups thread and merge no strangers; what came while the mailbox was out of reach is fetched."""

from __future__ import annotations

from sqlalchemy import select

from loumass.messages.models import Message
from tests.stories.cast import Bdr
from tests.stories.letters import fresh_mail, reply_to
from tests.stories.sample import PRIYA, TOM
from tests.world import World


def test_a_changed_subject_stays_in_its_thread_and_an_equal_one_joins_none(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    invitation = vendors.letters_to(PRIYA)[0]
    vendors.arrives(reply_to(invitation, "With a new subject.", subject="Quick question"))
    vendors.arrives(
        fresh_mail(
            "Stranger <stranger@else.example>",
            f"Re: {invitation['Subject']}",
            "The same subject, somebody else.",
        )
    )
    vendors.arrives(reply_to(invitation, "It was forwarded to me.", sender="colleague@else.example"))
    world.later(minutes=2)
    talk = listed.get("/inbox?view=everything").follow("Priya Raman")
    thread = " ".join(
        " ".join(one.itertext()) for one in talk.tree.xpath("//ol[contains(@class, 'messages')]")
    )
    assert "With a new subject." in thread
    assert "The same subject" not in thread
    assert "forwarded" not in thread
    everybody = listed.get("/inbox").text
    assert "The same subject, somebody else." in everybody
    assert "It was forwarded to me." in everybody
    assert listed.enrollment(TOM).state == "waiting"


def test_mail_that_came_while_the_mailbox_was_out_of_reach_is_fetched(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    vendors.imap.on_login = "NO [AUTHENTICATIONFAILED] the password was changed"
    world.later(hours=1)
    for number in range(70):
        vendors.arrives(
            fresh_mail(f"Sender {number} <sender{number}@else.example>", f"Mail {number}", f"Words {number}")
        )
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Yes"))
    for _ in range(8):
        world.later(hours=6)
    assert "refused" in listed.get("/channels").text
    vendors.imap.on_login = ""
    world.later(minutes=35)
    assert listed.enrollment(PRIYA).reason == "replied"
    assert "Words 69" in listed.get("/inbox?q=sender69").text
    vendors.imap.inbox.rebuild(first_uid=1000)
    vendors.arrives(reply_to(vendors.letters_to(TOM)[0], "Me too"))
    world.later(minutes=5)
    assert listed.enrollment(TOM).reason == "replied"
    with listed.acting() as session:
        arrived = session.scalars(select(Message.rfc_message_id).where(Message.direction == "in")).all()
    assert len(arrived) == len(set(arrived)) == 72
