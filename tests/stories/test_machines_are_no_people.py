"""Scanners, own copies and absence notes unsubscribe nobody, stop nothing and count nowhere."""

from __future__ import annotations

from urllib.parse import urlsplit

from loumass.core import clock
from tests.stories.browsing import Page
from tests.stories.cast import Bdr
from tests.stories.letters import MAILBOX, away_note, reply_to
from tests.stories.looking import people_in
from tests.stories.sample import GRACE, PRIYA, TOM
from tests.world import World


def test_scanners_neither_unsubscribe_nor_pollute_the_figures(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    before = listed.get("/").text
    scanner = world.stranger()
    for mail in listed.vendors.letters:
        way_out = urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path
        scanner.head(way_out)
        assert scanner.get(way_out, headers={"User-Agent": "Mozilla/5.0 Chrome/120"}).status_code == 200
    world.work()
    assert all(row["State"] != "ended" for row in people_in(listed, _campaign(listed)).values())
    assert listed.get("/").text == before
    assert "nobody" in listed.get("/suppression").text.lower()


def test_own_copies_and_absence_notes_move_nobody(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    vendors.keeps_copies()
    for address in (PRIYA, TOM):
        vendors.arrives(away_note(vendors.letters_to(address)[0]))
    world.later(minutes=2)
    assert all(
        (row["Status"], row["State"]) == ("Messaged", "waiting")
        for row in people_in(listed, _campaign(listed)).values()
        if row["E-mail"]
    )
    assert "Nobody waits for you" in listed.get("/inbox").text
    talk = listed.get(f"/contacts/{listed.contact(GRACE).id}")
    assert talk.text.count("A seat for you at Summit Dinner") == 1


def _campaign(rosa: Bdr) -> Page:
    return rosa.get("/campaigns").follow("Spring dinner")


def test_an_answer_written_in_another_program_settles_the_conversation(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    question = reply_to(vendors.letters_to(PRIYA)[0], "Is there parking?")
    vendors.arrives(question)
    world.later(minutes=2)
    assert "Is there parking?" in listed.get("/inbox").text
    answer = reply_to(question, "Yes, behind the house.", sender=MAILBOX)
    answer.replace_header("To", PRIYA)
    vendors.imap.sent.drop_in(answer.as_bytes(), clock.now())
    world.later(minutes=2)
    assert "Nobody waits for you" in listed.get("/inbox").text
    assert "Yes, behind the house." in listed.get("/inbox?view=everything").follow("Priya Raman").text
