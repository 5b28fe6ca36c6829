"""One bad recipient, one odd character, one unreadable mail: nobody else suffers, and a person sees why."""

from __future__ import annotations

from tests.stories.cast import Bdr
from tests.stories.letters import reply_to
from tests.stories.looking import people_in, sends
from tests.stories.sample import GRACE, HANNAH, MAILED, PRIYA, TOM
from tests.world import World


def test_a_poisoned_recipient_fails_alone(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.smtp.on_recipient[TOM] = "501 5.5.4 what is this"
    vendors.smtp.on_recipient[GRACE] = "450 4.2.1 come back later"
    vendors.smtp.on_content[HANNAH] = "554 5.6.0 content refused"
    odd = 'Zero\u200bWidth\ud7ff,"Ne\nw \U0001f600 line",odd@list.example\n'
    listed.imports("odd.csv", f"First name,Last name,Email\n{odd}".encode())
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    assert len(sends(listed)) == MAILED + 1 - 3
    vendors.smtp.on_recipient[GRACE] = "250 2.1.5 fine"
    world.later(minutes=10)
    assert len(vendors.letters_to(GRACE)) == 1
    assert len(vendors.letters) == MAILED + 1 - 2
    assert set(sends(listed).values()) == {1}
    rows = people_in(listed, campaign)
    assert rows[TOM]["Not sent"] == "Invitation was not sent: 501 5.5.4 what is this"
    assert rows[HANNAH]["Not sent"] == "Invitation was not sent: 554 5.6.0 content refused"
    missed = listed.get(campaign.path).follow("3 missed a message")
    assert "554 5.6.0 content refused" in missed.text
    assert "Tom Okafor" in missed.text
    assert "Invitation was not sent: no e-mail address" in missed.text
    assert "Grace Nakamura" not in missed.text
    assert "554 5.6.0 content refused" in listed.get(f"/contacts/{listed.contact(HANNAH).id}").text


def test_an_unreadable_mail_stops_no_other(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    for garbage in (
        b"",
        b"\x00\xff" * 500,
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n",
        b"Subject: =?utf-8?B?!!!?=\r\nFrom: <<>>\r\n\r\n\xff",
    ):
        vendors.arrives(garbage)
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Yes"))
    world.later(minutes=2)
    assert listed.enrollment(PRIYA).reason == "replied"
