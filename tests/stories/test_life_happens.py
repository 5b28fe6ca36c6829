"""What happens while a campaign runs: passwords change, people are deleted, merged and forgotten, vendors say no."""

from __future__ import annotations

from email.utils import format_datetime

from loumass.core import clock
from tests.fakes.smtp import Twist
from tests.fakes.twilio import Failure
from tests.stories.cast import SAMPLE, Bdr, Twilio
from tests.stories.funnels import funnel, step
from tests.stories.letters import MAILBOX, reply_to
from tests.stories.looking import channel, people_in
from tests.stories.sample import GRACE, KATIES_NUMBER, MAILED, OWEN, PRIYA, PRIYAS_NUMBER, TOM, TOMS_NUMBER
from tests.world import World

TEXT_ONLY = funnel(
    "One text", step("hello", "sms_send", text="Hi {{contact.first_name}}"), step("over", "end")
)


def test_a_changed_password_stops_the_mailbox_and_the_new_one_lets_everything_go(
    world: World, listed: Bdr
) -> None:
    vendors = listed.vendors
    vendors.smtp.on_login = "535 5.7.8 the password was changed"
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    assert vendors.letters == []
    assert "disconnected" in listed.get("/").text.lower()
    assert "Disconnected" in channel(listed, "Rosa's mailbox").text
    # Each of them, and what stands above them all.
    assert listed.get(campaign.path).text.count("Rosa's mailbox is disconnected") == MAILED + 1
    world.later(hours=3)
    vendors.smtp.on_login = ""
    channel(listed, "Rosa's mailbox").send("/test")
    world.later(minutes=1)
    assert len(vendors.letters) == MAILED


def test_a_daily_cap_is_kept_and_the_launch_page_says_when_it_would_end(world: World, listed: Bdr) -> None:
    channel(listed, "Rosa's mailbox").send("/limits", daily_cap="5")
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    assert "cap" in listed.get(campaign.path).follow("Check and start").text
    listed.launches(campaign)
    world.work()
    counts = [len(listed.vendors.letters)]
    for _ in range(2):
        world.later(hours=24)
        counts.append(len(listed.vendors.letters))
    assert counts == [5, 10, 11]
    assert len({str(mail["To"]) for mail in listed.vendors.letters}) == MAILED


def test_a_campaign_starts_by_itself_at_its_time(world: World, listed: Bdr) -> None:
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    page = listed.get(campaign.path).follow("Check and start").send("/schedule", at="2026-03-04T08:30")
    assert "Scheduled" in page.text
    world.later(hours=23)
    assert listed.vendors.letters == []
    world.later(minutes=31)
    assert len(listed.vendors.letters) == MAILED
    assert "Running" in listed.get(campaign.path).text


def test_cancelling_ends_it_for_everybody_and_nothing_queued_leaves(world: World, listed: Bdr) -> None:
    channel(listed, "Rosa's mailbox").send("/pause")
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    listed.get(campaign.path).follow("Cancel campaign").send("/cancellation")
    channel(listed, "Rosa's mailbox").send("/resumption")
    world.later(days=4)
    assert listed.vendors.letters == []
    assert {row["State"] for row in people_in(listed, campaign).values()} == {"ended"}
    assert "Cancelled" in listed.get(campaign.path).text


def test_deleted_merged_and_erased_people_get_nothing_more(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    vendors.arrives(reply_to(vendors.letters_to(OWEN)[0], "Call me at home."))
    world.later(minutes=2)
    priya, tom, grace, owen = (listed.contact(one) for one in (PRIYA, TOM, GRACE, OWEN))
    listed.get(f"/contacts/{grace.id}").send("/deletion")
    listed.get(f"/contacts/{priya.id}/merge?other={tom.id}").send("/merge")
    listed.get(f"/contacts/{owen.id}/erasure").send("/erasure")
    world.later(days=3, minutes=5)
    assert len(vendors.letters_to(GRACE)) == 1
    assert len(vendors.letters_to(OWEN)) == 1
    assert len(vendors.letters_to(PRIYA)) + len(vendors.letters_to(TOM)) == 3
    pages = "".join(
        listed.get(one).text for one in ("/inbox?view=everything", "/contacts", "/suppression", "/")
    )
    for trace in ("Owen", "owen@platteriver", "Call me at home."):
        assert trace not in pages
    again = listed.imports("leads-again.csv", SAMPLE.read_bytes())
    assert "This person asked to be erased" in again.text
    assert "Owen" not in listed.get("/contacts").text


def test_a_reply_proves_that_a_send_in_doubt_arrived(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.smtp.on_content[PRIYA] = Twist.CUT_BEFORE_ANSWER
    listed.runs("Dinner invitation", "Spring dinner")
    world.later(minutes=1)
    assert "Priya Raman" in listed.get("/messages/in-doubt").text
    assert len(vendors.letters_to(PRIYA)) == 1
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "I will come."))
    world.later(minutes=2)
    assert "No send is in doubt" in listed.get("/messages/in-doubt").text
    assert (listed.enrollment(PRIYA).status, listed.enrollment(PRIYA).reason) == ("Needs BDR", "replied")
    world.later(days=4)
    assert len(vendors.letters_to(PRIYA)) == 1


def test_a_copy_in_the_sent_folder_settles_a_send_in_doubt(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.smtp.on_content[PRIYA] = Twist.CUT_BEFORE_ANSWER
    listed.runs("Dinner invitation", "Spring dinner")
    world.later(minutes=1)
    vendors.keeps_copies()
    world.later(minutes=10)
    assert "No send is in doubt" in listed.get("/messages/in-doubt").text
    vendors.smtp.on_content.clear()
    world.later(days=3, minutes=5)
    assert len(vendors.letters_to(PRIYA)) == 2


def test_who_opted_out_at_the_vendor_is_opted_out_here(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.twilio.on_send[KATIES_NUMBER] = Failure(400, 21610, "unsubscribed recipient")
    vendors.twilio.on_send[TOMS_NUMBER] = Failure(400, 21614, "not a mobile number")
    listed.imports_template(TEXT_ONLY)
    campaign = listed.runs("One text", "Texts")
    assert people_in(listed, campaign)[KATIES_NUMBER]["Why"].startswith("Opted out")
    assert people_in(listed, campaign)[TOM]["Why"].startswith("The address bounced")
    tried = len(vendors.texts)
    listed.runs("One text", "Texts again")
    assert len(vendors.texts) == tried + 8


def test_a_complaint_bars_the_address(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    mail = vendors.letters_to(TOM)[0]
    vendors.arrives(
        (
            f"From: feedback@isp.example\r\nTo: {MAILBOX}\r\nSubject: Abuse report\r\nDate: {format_datetime(clock.now())}\r\n"
            "Message-ID: <report@isp.example>\r\nMIME-Version: 1.0\r\n"
            'Content-Type: multipart/report; report-type=feedback-report; boundary="line"\r\n\r\n'
            "--line\r\nContent-Type: text/plain\r\n\r\nThis is an abuse report.\r\n\r\n"
            "--line\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: isp/1\r\nVersion: 1\r\n\r\n"
            f"--line\r\nContent-Type: message/rfc822\r\n\r\nFrom: {mail['From']}\r\nTo: {mail['To']}\r\n"
            f"Subject: {mail['Subject']}\r\nMessage-ID: {mail['Message-ID']}\r\n\r\nHi\r\n\r\n--line--\r\n"
        ).encode()
    )
    world.later(minutes=2)
    assert listed.enrollment(TOM).reason == "opted_out"
    world.later(days=4)
    assert len(vendors.letters_to(TOM)) == 1
    assert "spam" in listed.get("/suppression").text


def test_a_picture_by_text_arrives_with_its_picture(world: World, listed: Bdr) -> None:
    hook = str(
        channel(listed, "Rosa's number").tree.xpath("//input[contains(@value, '/hooks/twilio/')]/@value")[0]
    )
    vendors = listed.vendors
    vendors.twilio.media["/2010-04-01/Accounts/media/ME1"] = ("image/png", b"\x89PNG\r\n\x1a\n a house")
    media = f"{vendors.twilio.base_url}/2010-04-01/Accounts/media/ME1"
    Twilio(world, hook).brings(
        "My house", sender=PRIYAS_NUMBER, NumMedia="1", MediaUrl0=media, MediaContentType0="image/png"
    )
    world.work()
    talk = listed.get("/inbox").follow("Priya Raman")
    assert listed.get(talk.links("/inbox/files/")[0]).answer.body == b"\x89PNG\r\n\x1a\n a house"


def test_an_answer_that_cannot_be_sent_is_kept_as_a_draft(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Which room?"))
    world.later(minutes=2)
    talk = listed.get("/inbox").follow("Priya Raman")
    refused = talk.send("/replies", "Send and keep open", 422, text="Hi {{contact.frist_name}}")
    assert "first_name" in refused.text
    assert listed.get(talk.path).form("/replies").value("text") == "Hi {{contact.frist_name}}"
    world.work()
    assert len(vendors.letters_to(PRIYA)) == 1
    vendors.smtp.on_recipient[PRIYA] = "550 5.7.1 not today"
    listed.get(talk.path).send("/replies", "Send and keep open", text="Hi Priya, the Aspen.")
    world.later(seconds=11)  # until then it can be taken back
    assert "not today" in listed.get(talk.path).text
    vendors.smtp.on_recipient.clear()
    listed.get(talk.path).send("/repetition", "Send again")
    world.work()
    assert len(vendors.letters_to(PRIYA)) == 2


def test_words_changed_while_it_runs_reach_those_who_come_later(world: World, listed: Bdr) -> None:
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    steps = listed.get(campaign.path).follow("Funnel").follow("Outline")
    follow_up = next(
        one
        for one in (listed.get(link) for link in steps.links("/steps/"))
        if one.form(button="Save step").value("name") == "Follow-up"
    )
    follow_up.send("", "Save step", text="Entirely new words for {{contact.first_name}}.")
    world.later(days=3, minutes=5)
    second = listed.vendors.letters_to(PRIYA)[1]
    assert "Entirely new words for Priya." in second.get_content()
