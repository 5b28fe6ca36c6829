"""What users of such products suffer most, each line as a test on the whole of ours."""

from __future__ import annotations

import csv
import io
import threading
from collections import Counter
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from loumass.campaigns.models import Enrollment, Step
from loumass.core import clock, jobs
from loumass.messages.models import Message
from tests.stories.browsing import Page
from tests.stories.cast import SAMPLE, Bdr
from tests.stories.funnels import INVITATION, funnel, step
from tests.stories.letters import MAILBOX, away_note, fresh_mail, reply_to
from tests.world import World

PRIYA, TOM, GRACE, HANNAH = (
    "priya@foothillmain.example", "tom.okafor@cherrycreek.example", "grace@lohihomes.example", "hannah@weiss.example",
)  # fmt: skip
MAILED, EVERYBODY = 11, 12
DENVER = ZoneInfo("America/Denver")


@pytest.fixture
def listed(rosa: Bdr) -> Bdr:
    """The sample list is in, and the funnel is published."""
    rosa.imports("leads.csv", SAMPLE.read_bytes())
    rosa.imports_template(INVITATION)
    return rosa


def people_in(rosa: Bdr, campaign: Page) -> list[dict[str, str]]:
    """Everybody in a campaign, as its export tells."""
    content = rosa.get(f"{campaign.path}/people.csv").answer.body.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(content)))


def sends(rosa: Bdr) -> Counter[tuple[str, str]]:
    """How often each address got each subject."""
    return Counter((str(mail["To"]), str(mail["Subject"])) for mail in rosa.vendors.letters)


# 1. Pause and resume, or two workers at once, send nothing a second time.


def test_pausing_and_resuming_goes_on_where_everybody_stood(world: World, listed: Bdr) -> None:
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    for _ in range(3):
        listed.get(campaign.path).send("/pause")
        world.later(minutes=20)
        listed.get(campaign.path).send("/resume")
        world.work()
    world.later(days=3, minutes=5)
    assert len(sends(listed)) == 2 * MAILED
    assert set(sends(listed).values()) == {1}
    with listed.acting() as session:
        visits = session.execute(select(Step.enrollment_id, Step.node_id)).all()
    assert len(visits) == len(set(visits))


def test_workers_that_do_the_same_at_the_same_time_send_once(world: World, listed: Bdr) -> None:
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    listed.launches(campaign)
    for _ in range(12):
        world._ring_due()
        rings = list(world.bell.rings)
        pairs = [threading.Thread(target=_do, args=(ring,)) for ring in rings for _ in range(2)]
        for thread in pairs:
            thread.start()
        for thread in pairs:
            thread.join(60)
        clock.advance(timedelta(seconds=3))
    world.work()
    assert len(sends(listed)) == MAILED
    assert set(sends(listed).values()) == {1}


def _do(ring: jobs.Ring) -> None:
    jobs.run(ring.job, str(ring.organization_id), ring.key)


# 2. Nobody is forgotten, and everybody can be seen.


def test_every_number_of_a_campaign_adds_up_to_people_who_can_be_listed(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    vendors.smtp.on_recipient[TOM] = "550 5.1.1 nobody of that name"
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    vendors.arrives(reply_to(vendors.letters_to(PRIYA)[0], "Yes"))
    for _ in range(4):
        world.later(days=4)
    page = listed.get(campaign.path)
    assert "Finished" in page.text
    assert f"{EVERYBODY} enrolled" in page.text
    assert f"Left so far: {EVERYBODY} people" in page.text
    rows = people_in(listed, campaign)
    assert len(rows) == EVERYBODY
    assert all(row["State"] == "ended" and row["Why"] for row in rows)
    for link in page.links("reason="):
        listed_there = listed.get(link)
        assert "Nobody matches" not in listed_there.text
    assert listed.enrollment(TOM).reason == "bounced"
    assert listed.enrollment(PRIYA).reason == "replied"
    with listed.acting() as session:
        states = Counter(session.scalars(select(Message.state).where(Message.direction == "out")))
    assert set(states) == {"sent", "failed"}


def test_lists_of_people_with_equal_times_show_everybody_once_on_their_pages(
    world: World, listed: Bdr
) -> None:
    rows = "".join(f"Same,Time{number:03},same{number}@list.example\n" for number in range(130))
    listed.imports("more.csv", f"First name,Last name,Email\n{rows}".encode())
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    for start in (campaign.path, "/contacts", "/inbox?view=everything"):
        names: list[str] = []
        page: Page | None = listed.get(start)
        while page is not None:
            links = page.tree.xpath(
                "//main//a[starts-with(@href, '/contacts/') or starts-with(@href, '/inbox/')]"
            )
            names += [
                " ".join(link.itertext()).strip() for link in links if "Same" in "".join(link.itertext())
            ]
            following = [one for one in page.links("after=") if "after=" in one]
            page = listed.get(following[0]) if following else None
        assert Counter(names) == Counter(f"Same Time{number:03}" for number in range(130)), start


# 3. Pause stops what is queued; going on and publishing again flood nobody.


def test_a_pause_stops_what_is_queued_already_and_going_on_asks(world: World, listed: Bdr) -> None:
    vendors = listed.vendors
    campaign = listed.adds_everybody(listed.makes_a_campaign("Dinner invitation", "Spring dinner"))
    mailbox = next(
        one
        for one in listed.get("/channels").links("/channels/")
        if "Rosa's mailbox" in listed.get(one).title
    )
    listed.get(mailbox).send("/pause")
    listed.launches(campaign)
    world.work()
    listed.get(campaign.path).send("/pause")
    listed.get(mailbox).send("/resumption")
    world.later(hours=5)
    assert vendors.letters == []
    asked = listed.get(campaign.path).send("/resume")
    assert "became due while it was paused" in asked.text
    assert vendors.letters == []
    asked.send("/resume", "Resume campaign", what="spread", hours="11")
    world.later(minutes=5)
    assert 0 < len(vendors.letters) < MAILED / 2
    for _ in range(13):
        world.later(hours=1)
    assert len(sends(listed)) == len(vendors.letters) == MAILED


def test_past_due_steps_may_be_skipped_or_ended(world: World, listed: Bdr) -> None:
    for choice, ends in (("skip", False), ("end", True)):
        campaign = listed.runs("Dinner invitation", f"Dinner, {choice}")
        listed.get(campaign.path).send("/pause")
        world.later(days=4)
        before = len(listed.vendors.letters)
        listed.get(campaign.path).send("/resume").send("/resume", "Resume campaign", what=choice)
        world.later(minutes=5)
        assert len(listed.vendors.letters) == before
        assert ("Finished" in listed.get(campaign.path).text) == ends
        assert all(row["Why"] for row in people_in(listed, campaign))


def test_publishing_the_template_again_touches_no_running_campaign(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    draft = listed.get("/templates").follow("Dinner invitation")
    draft.send("/steps", "Add step", kind="email_send")
    world.later(days=1)
    assert len(listed.vendors.letters) == MAILED
    world.later(days=2, minutes=5)
    assert len(listed.vendors.letters) == 2 * MAILED


# 4. One bad recipient, one odd character, one unreadable mail stop nobody else.


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
    why = {row["E-mail"]: row["Why"] for row in people_in(listed, campaign)}
    assert set(why) >= {TOM, GRACE, HANNAH}


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


# 5. A scanner's GET unsubscribes nobody and counts nowhere.


def test_scanners_neither_unsubscribe_nor_pollute_the_figures(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    before = listed.get("/").text
    scanner = world.stranger()
    for mail in listed.vendors.letters:
        way_out = urlsplit(str(mail["List-Unsubscribe"]).strip("<>")).path
        scanner.head(way_out)
        assert scanner.get(way_out, headers={"User-Agent": "Mozilla/5.0 Chrome/120"}).status_code == 200
    world.work()
    assert all(row["State"] != "ended" for row in people_in(listed, _campaign(listed)))
    assert listed.get("/").text == before
    assert "nobody" in listed.get("/suppression").text.lower()


def _campaign(rosa: Bdr) -> Page:
    return rosa.get("/campaigns").follow("Spring dinner")


# 6. The own Sent copy is no reply, and an absence note stops nothing.


def test_own_copies_and_absence_notes_move_nobody(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    vendors = listed.vendors
    vendors.keeps_copies()
    for address in (PRIYA, TOM):
        vendors.arrives(away_note(vendors.letters_to(address)[0]))
    world.later(minutes=2)
    assert all(
        (row["Status"], row["State"]) == ("Messaged", "waiting")
        for row in people_in(listed, _campaign(listed))
        if row["E-mail"]
    )
    assert "Nobody waits for you" in listed.get("/inbox").text
    talk = listed.get(f"/contacts/{listed.contact(GRACE).id}")
    assert talk.text.count("A seat for you at Summit Dinner") == 1


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


# 7. Follow-ups thread; subjects and shared references merge no strangers.


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


# 8. What arrived while the mailbox could not be reached is fetched.


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


# 9. Local times hold over a change of summer time; nobody walks twice at once.


def test_a_local_hour_stays_that_hour_over_the_change_of_summer_time(world: World, listed: Bdr) -> None:
    morning = {"weekdays": [0, 1, 2, 3, 4, 5, 6], "opens": "08:30", "closes": "08:45"}
    listed.imports_template(
        funnel(
            "Mornings",
            step("first", "email_send", subject="First", text="One"),
            step("till-morning", "wait", "Next morning", amount=3, unit="days", after="sent", **morning),
            step("second", "email_send", subject="Second", text="Two"),
            step("over", "end"),
        )
    )
    world.later(days=2)  # Thursday 9:00; the clocks change on Sunday
    listed.runs("Mornings", "Over the change")
    world.later(days=3, hours=22)  # Monday 8:00
    assert len(listed.vendors.letters) == MAILED
    for _ in range(9):
        world.later(minutes=5)
    sent = [
        datetime.strptime(str(mail["Date"]), "%a, %d %b %Y %H:%M:%S %z").astimezone(DENVER)
        for mail in listed.vendors.letters
        if mail["Subject"] == "Second"
    ]
    assert len(sent) == MAILED
    assert all((8, 30) <= (moment.hour, moment.minute) <= (8, 36) for moment in sent)
    assert all(moment.utcoffset() == timedelta(hours=-6) for moment in sent)


def test_nobody_walks_the_same_campaign_twice_at_once(world: World, listed: Bdr) -> None:
    campaign = listed.runs("Dinner invitation", "Spring dinner")
    again = listed.get(campaign.path).follow("Add people").follow("Everybody")
    assert f"Inside already {EVERYBODY} people" in again.text
    contact = listed.contact(PRIYA)
    forced = again.browser.ask(
        "POST", f"{campaign.path}/people", [("ids", str(contact.id)), ("ids", str(contact.id))]
    )
    assert "0 people added to Spring dinner. Left out: 1 inside already." in forced.text
    world.later(days=3, minutes=5)
    assert set(sends(listed).values()) == {1}
    world.later(days=3)
    world.later(days=4)
    assert listed.enrollment(PRIYA).state == "ended"
    forecast = listed.get(campaign.path).follow("Add people").follow("Everybody")
    forecast.send("/people", f"Add {EVERYBODY} people")
    world.work()
    with listed.acting() as session:
        states = session.scalars(select(Enrollment.state).where(Enrollment.contact_id == contact.id)).all()
    assert sorted(states) == ["ended", "waiting"]


# 10. An unsubscribe in the middle gets no next step, not even one that is queued.


def test_an_unsubscribe_stops_what_is_queued_for_the_person(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    mailbox = next(
        one
        for one in listed.get("/channels").links("/channels/")
        if "Rosa's mailbox" in listed.get(one).title
    )
    listed.get(mailbox).send("/pause")
    world.later(days=3, minutes=5)
    way_out = urlsplit(str(listed.vendors.letters_to(GRACE)[0]["List-Unsubscribe"]).strip("<>")).path
    world.stranger().post(way_out, data={"List-Unsubscribe": "One-Click"})
    listed.get(mailbox).send("/resumption")
    world.later(minutes=5)
    assert len(listed.vendors.letters_to(GRACE)) == 1
    assert len(listed.vendors.letters_to(PRIYA)) == 2
    assert listed.enrollment(GRACE).reason == "opted_out"


def test_an_address_barred_by_hand_is_left_alone_from_then_on(world: World, listed: Bdr) -> None:
    listed.runs("Dinner invitation", "Spring dinner")
    listed.get(f"/contacts/{listed.contact(TOM).id}/stop").send("/stop")
    for _ in range(3):
        world.later(days=3)
    assert len(listed.vendors.letters_to(TOM)) == 1
    assert listed.vendors.texts_to("+13035550102") == []
    assert len(listed.vendors.letters_to(PRIYA)) == 2
