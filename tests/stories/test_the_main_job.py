"""The main job, end to end on the pages: a list becomes a campaign, people answer, and get an answer."""

from __future__ import annotations

import io
import re
from collections import Counter
from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from loumass.core import clock
from loumass.messages.models import Message
from tests.fakes.twilio import NUMBER, inbound
from tests.stories.cast import (
    PUBLIC,
    SAMPLE,
    Bdr,
    Twilio,
)
from tests.stories.funnels import INVITATION
from tests.stories.letters import MAILBOX, away_note, bounce_of, fresh_mail, read, reply_to, words_of
from tests.world import World

PRIYA, TOM, ELENA, MARCUS, GRACE = (
    "priya@foothillmain.example", "tom.okafor@cherrycreek.example", "elena@sixteenthstreet.example",
    "marcus@bellbrothers.example", "grace@lohihomes.example",
)  # fmt: skip
PRIYAS_NUMBER, KATIES_NUMBER = "+13035550101", "+13035550111"
MAILED, TEXTED = 11, 10
#: What lists from the wild look like below their last good row.
NASTY = (
    "Bad,Mail,not-an-address,,Acme,,,,,\r\n"
    "Nobody,Atall,,,Nowhere Inc,,,,,\r\n"
    "Priya,Again,PRIYA@foothillmain.example,,Twice,,,,,\r\n"
    "Bad,Phone,,12,Acme,,,,,\r\n"
    '"=HYPERLINK(""http://evil"")",Formula,formula@list.example,,"=1+1",,,,,\r\n'
    '"Evil\rBcc: x@y.example",Header,header@list.example,,Acme,,,,,\r\n'
    '"{{contact.email}} <script>",Tags,tags@list.example,,<b>Bold</b> & Sons,,,,,\r\n'
)


@pytest.fixture
def launched(world: World, rosa: Bdr) -> Bdr:
    """The sample list in a campaign of Rosa's that has sent its invitations."""
    rosa.imports("leads.csv", SAMPLE.read_bytes())
    rosa.imports_template(INVITATION)
    rosa.runs("Dinner invitation", "Spring dinner")
    return rosa


@pytest.fixture
def twilio(world: World, rosa: Bdr) -> Twilio:
    """Twilio, with the address that the channel's page tells to enter there."""
    for address in rosa.get("/channels").links("/channels/"):
        found = rosa.get(address).tree.xpath("//input[contains(@value, '/hooks/twilio/')]/@value")
        if found:
            return Twilio(world, str(found[0]))
    raise AssertionError("no channel's page names the address for Twilio")


def test_a_newcomer_follows_the_pages_from_an_empty_house_to_answers(world: World, rosa: Bdr) -> None:
    result = rosa.imports("leads.csv", SAMPLE.read_bytes() + NASTY.encode())
    assert "Created 15 new contacts" in result.text
    assert "Refused 4" in result.text
    refused = rosa.get(result.links("refused.csv")[0]).answer.body.decode("utf-8-sig")
    for value in ("not-an-address", "Nowhere Inc", "PRIYA@foothillmain.example", "12"):
        assert value in refused
    rosa.imports_template(INVITATION)
    campaign = rosa.adds_import(rosa.makes_a_campaign("Dinner invitation", "Spring dinner"), "leads.csv")
    overview = rosa.get(campaign.path).follow("Check and start")
    assert "15 people" in overview.text
    overview.send("/start", "Start campaign")
    world.work()
    sent = Counter(address for one in rosa.vendors.smtp.received for address in one.recipients)
    assert len(sent) == MAILED + 3
    assert set(sent.values()) == {1}
    assert "Evil" in words_of(rosa.vendors.letters_to("header@list.example")[0])
    (odd,) = rosa.vendors.letters_to("tags@list.example")
    assert "{{contact.email}} <script>" in words_of(odd)
    assert "&lt;script&gt;" in words_of(odd, "html")
    assert "&lt;b&gt;Bold&lt;/b&gt; &amp; Sons" in words_of(odd, "html")
    assert all(mail["Bcc"] is None for mail in rosa.vendors.letters)


def test_everybody_gets_each_message_once_with_all_that_belongs_to_it(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    vendors = launched.vendors
    first = {str(mail["To"]): mail for mail in vendors.letters}
    assert len(first) == len(vendors.letters) == MAILED
    for mail in first.values():
        assert str(mail["From"]) == f"Rosa Marin <{MAILBOX}>"
        assert re.fullmatch(r"<[\w.-]+@summit\.example>", str(mail["Message-ID"]))
        assert mail["Subject"] == "A seat for you at Summit Dinner"
        assert str(mail["List-Unsubscribe"]).strip("<>").startswith(f"{PUBLIC}/u/")
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert mail["In-Reply-To"] is None
        assert "12 Pearl Street, Boulder, CO 80302" in words_of(mail)
        assert str(mail["List-Unsubscribe"]).strip("<>") in words_of(mail)
    assert len({str(mail["Message-ID"]) for mail in first.values()}) == MAILED
    assert "Hi Priya," in words_of(first[PRIYA])
    assert "Foothill & Main Realty" in words_of(first[PRIYA])
    assert "Hi Jérôme," in words_of(first["jerome@centralpark.example"])

    world.later(days=3, minutes=5)
    follow_ups = {str(mail["To"]): mail for mail in vendors.letters[MAILED:]}
    assert len(follow_ups) == MAILED
    for address, mail in follow_ups.items():
        invitation = str(first[address]["Message-ID"])
        assert str(mail["In-Reply-To"]) == str(mail["References"]) == invitation
        assert mail["Subject"] == "Re: A seat for you at Summit Dinner"

    world.later(days=2, minutes=5)
    assert len(vendors.texts) == len({text["To"] for text in vendors.texts}) == TEXTED
    for text in vendors.texts:
        assert text["From"] == NUMBER
        assert text["StatusCallback"] == twilio.hook_url
    (katies,) = vendors.texts_to(KATIES_NUMBER)
    assert katies["Body"] == "Hi Katie, Rosa here about Summit Dinner. Reply STOP to hear no more."

    world.later(days=3, minutes=5)
    assert len(vendors.letters) == 2 * MAILED
    assert len(vendors.texts) == TEXTED
    assert {launched.enrollment(address).reason for address in (PRIYA, TOM, KATIES_NUMBER)} == {"No answer"}


def test_a_reply_joins_its_conversation_calls_for_a_bdr_and_ends_the_campaign_for_them(
    world: World, launched: Bdr
) -> None:
    vendors = launched.vendors
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Yes, I would love to come."))
    world.later(minutes=2)
    assert (
        launched.enrollment(PRIYA).status,
        launched.enrollment(PRIYA).state,
        launched.enrollment(PRIYA).reason,
    ) == ("Needs BDR", "ended", "replied")
    inbox = launched.get("/inbox")
    assert "Yes, I would love to come." in inbox.text
    talk = inbox.follow("Priya Raman")
    assert "A seat for you at Summit Dinner" in talk.text
    assert "Yes, I would love to come." in talk.text
    assert "Needs BDR" in talk.text
    world.later(days=9)
    assert len(vendors.letters_to(PRIYA)) == 1
    assert vendors.texts_to(PRIYAS_NUMBER) == []
    assert len(vendors.letters_to(TOM)) == 2


def test_a_text_of_somebody_who_only_got_an_e_mail_answers_that(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    assert twilio.brings("Got your mail. Save me a seat.", sender=PRIYAS_NUMBER).status == 200
    world.work()
    assert (launched.enrollment(PRIYA).status, launched.enrollment(PRIYA).reason) == ("Needs BDR", "replied")
    world.later(days=9)
    assert len(launched.vendors.letters_to(PRIYA)) == 1
    assert launched.vendors.texts_to(PRIYAS_NUMBER) == []


def test_a_bounce_bars_the_address_and_ends_the_campaign_for_it(world: World, launched: Bdr) -> None:
    vendors = launched.vendors
    vendors.arrives(bounce_of(vendors.letters_to(MARCUS)[0]))
    vendors.arrives(bounce_of(vendors.letters_to(TOM)[0], status="4.2.2", action="delayed"))
    world.later(minutes=2)
    assert launched.enrollment(MARCUS).reason == "bounced"
    assert launched.enrollment(TOM).state == "waiting"
    world.later(days=9)
    assert len(vendors.letters_to(MARCUS)) == 1
    assert len(vendors.letters_to(TOM)) == 2
    launched.runs("Dinner invitation", "Summer dinner")
    world.later(days=9)
    assert len(vendors.letters_to(MARCUS)) == 1


def test_an_out_of_office_note_is_no_answer_and_the_next_step_waits_for_the_return(
    world: World, launched: Bdr
) -> None:
    vendors = launched.vendors
    vendors.arrives(away_note(vendors.letters_to(ELENA)[0]))
    world.later(minutes=2)
    enrollment = launched.enrollment(ELENA)
    assert (enrollment.status, enrollment.state) == ("Messaged", "waiting")
    assert "Nobody waits for you" in launched.get("/inbox").text
    world.later(days=3, minutes=5)
    # Back on Monday, she says: the working day after it is Tuesday.
    assert len(vendors.letters_to(ELENA)) == 1
    world.later(days=4)
    assert len(vendors.letters_to(ELENA)) == 2


def test_a_text_that_answers_reaches_the_inbox_by_either_address(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    world.later(days=3, minutes=5)
    world.later(days=2, minutes=5)
    answer = twilio.brings("Sounds great, what time?", sender=PRIYAS_NUMBER)
    assert (answer.status, answer.body) == (
        200,
        b'<?xml version="1.0" encoding="UTF-8"?><Response></Response>',
    )
    assert "text/xml" in answer.headers["Content-Type"]
    fields = inbound("Count me in", sender=KATIES_NUMBER)
    assert twilio.says(fields, url=f"{PUBLIC}/api/twilio/inbound-sms").status == 200
    world.work()
    for address in (PRIYA, KATIES_NUMBER):
        assert (launched.enrollment(address).status, launched.enrollment(address).reason) == (
            "Needs BDR",
            "replied",
        )
    inbox = launched.get("/inbox")
    assert "Sounds great, what time?" in inbox.text
    assert "Count me in" in inbox.text


def test_a_number_that_nobody_knows_still_becomes_a_conversation(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    twilio.brings("Who is this?", sender="+12125550199")
    world.work()
    assert "Who is this?" in launched.get("/inbox").text


def test_stop_opts_out_and_ends_without_an_answer(world: World, launched: Bdr, twilio: Twilio) -> None:
    world.later(days=3, minutes=5)
    world.later(days=2, minutes=5)
    before = len(launched.vendors.texts)
    answer = twilio.brings("Stop", sender=KATIES_NUMBER)
    assert answer.body.endswith(b"<Response></Response>")
    world.work()
    assert launched.enrollment(KATIES_NUMBER).reason == "opted_out"
    assert launched.enrollment(KATIES_NUMBER).status == "Messaged"
    launched.runs("Dinner invitation", "Summer dinner")
    world.later(days=9)
    assert len(launched.vendors.texts_to(KATIES_NUMBER)) == 1
    assert len(launched.vendors.texts) >= before


def test_forged_calls_are_refused_and_repeated_ones_do_nothing_twice(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    world.later(days=3, minutes=5)
    world.later(days=2, minutes=5)
    fields = inbound("STOP", sender=PRIYAS_NUMBER)
    assert twilio.says(fields, token="somebody else's token").status == 403
    assert twilio.says(fields, secret_url=f"{PUBLIC}/hooks/twilio/elsewhere").status == 403
    assert twilio.says(fields, url=f"{PUBLIC}/api/twilio/inbound-sms", token="wrong").status == 403
    assert twilio.says(fields, url=f"{PUBLIC}/hooks/twilio/no-such-token").status == 404
    world.work()
    assert launched.enrollment(PRIYA).state == "waiting"
    real = inbound("Tell me more", sender=PRIYAS_NUMBER)
    for _ in range(3):
        assert twilio.says(real).status == 200
        world.work()
    talk = launched.get("/inbox").follow("Priya Raman")
    assert "Tell me more" in talk.text
    with launched.acting() as session:
        assert session.scalar(select(func.count()).where(Message.text == "Tell me more")) == 1


def test_delivery_reports_are_shown_and_a_dead_number_is_left_alone(
    world: World, launched: Bdr, twilio: Twilio
) -> None:
    world.later(days=3, minutes=5)
    world.later(days=2, minutes=5)
    by_number = {message["to"]: message["sid"] for message in launched.vendors.twilio.messages}
    twilio.reports(by_number[PRIYAS_NUMBER], "delivered", to=PRIYAS_NUMBER)
    twilio.reports(by_number[KATIES_NUMBER], "undelivered", to=KATIES_NUMBER, error="30005")
    twilio.reports(by_number[KATIES_NUMBER], "undelivered", to=KATIES_NUMBER, error="30005")
    world.work()
    page = launched.get(f"/contacts/{launched.contact(PRIYA).id}")
    assert "Delivered" in page.text
    assert launched.enrollment(KATIES_NUMBER).reason == "bounced"


def test_one_click_unsubscribes_and_a_scanner_does_not(world: World, launched: Bdr) -> None:
    vendors = launched.vendors
    way_out = urlsplit(str(vendors.letters_to(GRACE)[0]["List-Unsubscribe"]).strip("<>")).path
    scanner = world.stranger()
    for _ in range(3):
        assert scanner.get(way_out).status_code == 200
        scanner.head(way_out)
    world.work()
    assert launched.enrollment(GRACE).state == "waiting"
    answer = scanner.post(way_out, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200
    assert (
        scanner.post(
            way_out, data={"List-Unsubscribe": (io.BytesIO(b""), "")}, content_type="multipart/form-data"
        ).status_code
        == 200
    )
    world.work()
    assert launched.enrollment(GRACE).reason == "opted_out"
    world.later(days=9)
    assert len(vendors.letters_to(GRACE)) == 1
    assert scanner.post(way_out[:-3] + "abc").status_code == 404


def test_an_answer_from_the_inbox_arrives_in_the_same_thread(world: World, launched: Bdr) -> None:
    vendors = launched.vendors
    invitation = vendors.letters_to(PRIYA)[0]
    reply = reply_to(invitation, "Which room is it?")
    vendors.arrives(reply)
    world.later(minutes=2)
    talk = launched.get("/inbox").follow("Priya Raman")
    kept = talk.send("/replies", "Save as draft", text="Hi {{contact.first_name}}, the Aspen")
    assert "Draft saved" in kept.text
    assert launched.get(talk.path).form("/replies").value("text") == "Hi {{contact.first_name}}, the Aspen"
    assert len(vendors.letters_to(PRIYA)) == 1
    launched.get(talk.path).send(
        "/replies", "Send and keep open", text="Hi {{contact.first_name}}, the Aspen room."
    )
    world.later(seconds=11)  # until then it can be taken back
    answer = vendors.letters_to(PRIYA)[1]
    assert answer["In-Reply-To"] == reply["Message-ID"]
    assert str(answer["References"]).split() == [str(invitation["Message-ID"]), str(reply["Message-ID"])]
    assert answer["Subject"] == "Re: A seat for you at Summit Dinner"
    assert words_of(answer).startswith("Hi Priya, the Aspen room.")
    assert answer["List-Unsubscribe"] is None
    assert "Nobody waits for you" in launched.get("/inbox").text
    vendors.arrives(reply_to(answer, "Perfect."))
    world.later(minutes=2)
    talk = launched.get("/inbox").follow("Priya Raman")
    for words in ("Which room is it?", "the Aspen room.", "Perfect."):
        assert words in talk.text


def test_a_text_is_answered_by_text_from_the_same_number(world: World, launched: Bdr, twilio: Twilio) -> None:
    world.later(days=3, minutes=5)
    world.later(days=2, minutes=5)
    twilio.brings("What time?", sender=PRIYAS_NUMBER)
    world.work()
    talk = launched.get("/inbox").follow("Priya Raman")
    assert talk.form("/replies").value("kind") == "sms"
    talk.send("/replies", "Send and close", text="At seven.")
    world.later(seconds=11)  # until then it can be taken back
    answer = launched.vendors.texts_to(PRIYAS_NUMBER)[-1]
    assert (answer["Body"], answer["From"]) == ("At seven.", NUMBER)
    assert "Nobody waits for you" in launched.get("/inbox").text


def test_files_come_in_and_go_out(world: World, launched: Bdr) -> None:
    vendors = launched.vendors
    mail = reply_to(vendors.letters_to(PRIYA)[0], "My logo is attached.")
    mail.add_attachment(b"\x89PNG\r\n\x1a\n picture", maintype="image", subtype="png", filename="lögo.png")
    vendors.arrives(mail)
    world.later(minutes=2)
    talk = launched.get("/inbox").follow("Priya Raman")
    assert "lögo.png" in talk.text
    came = launched.get(talk.links("/inbox/files/")[0]).answer
    assert came.body == b"\x89PNG\r\n\x1a\n picture"
    talk.form("/files").send(files={"files": [("agenda.pdf", b"%PDF-1.4 agenda", "application/pdf")]})
    launched.get(talk.path).send("/replies", "Send and keep open", text="And here is the agenda.")
    world.later(seconds=11)  # until then it can be taken back
    answer = vendors.letters_to(PRIYA)[1]
    (file,) = list(answer.iter_attachments())
    assert (file.get_filename(), file.get_content()) == ("agenda.pdf", b"%PDF-1.4 agenda")
    assert "agenda.pdf" in launched.get(talk.path).text


def test_mail_that_answers_nothing_opens_a_conversation_of_its_own(world: World, launched: Bdr) -> None:
    launched.vendors.arrives(
        fresh_mail(
            "Nina New <nina@new.example>", "A seat for you at Summit Dinner", "I heard of your dinner."
        )
    )
    world.later(minutes=2)
    talk = launched.get("/inbox").follow("nina@new.example")
    assert "I heard of your dinner." in talk.text
    assert launched.enrollment(PRIYA).status == "Messaged"
    talk.send("/replies", "Send and keep open", text="Welcome, Nina.")
    world.later(seconds=11)  # until then it can be taken back
    (answer,) = launched.vendors.letters_to("nina@new.example")
    assert answer["Subject"] == "Re: A seat for you at Summit Dinner"
    assert read(launched.vendors.smtp.received[-1].content)["In-Reply-To"] == answer["In-Reply-To"]
    assert clock.now() > world.begins_at
