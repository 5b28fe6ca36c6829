"""What a delivery changes: the message, its conversation, the counters and the news."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from loumass.channels.models import Channel
from loumass.contacts.models import Contact
from loumass.core import clock, storage
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404, serving
from loumass.messages.attachments import LARGEST_FILE, clean_name, kind_of
from loumass.messages.models import Attachment, Conversation, Message
from loumass.messages.receiving import keep_files
from loumass.providers import events
from loumass.providers.events import Media, MessageArrived
from tests.messages.letters import (
    brings,
    count_of,
    email,
    figures,
    mailbox,
    number,
    one,
    rows,
    sms,
    stream,
    told,
    written,
)
from tests.world import World

PRIYA = "priya@foothill.example"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


def test_a_reply_is_told_with_the_enrollment_it_answers(world: World) -> None:
    priya, box, campaign, enrollment = world.acme.contact(), mailbox(world.acme), stream(world.acme), uuid7()
    asked = written(world.acme, box, priya, stream_id=campaign, enrollment_id=enrollment)
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id))
    reply = one(world.acme, Message, direction="in")
    (news,) = told(world.acme, "message.replied")
    assert (news.enrollment_id, news.campaign_id) == (enrollment, campaign)
    assert (news.message_id, news.contact_id, news.channel_id) == (reply.id, priya.id, box.id)
    assert len(told(world.acme, "message.received")) == 1
    assert figures(world.acme).replied == 1


def test_a_reply_without_any_id_belongs_to_the_enrollment_that_last_wrote_on_the_channel(
    world: World,
) -> None:
    priya, line = world.acme.contact(phone="+13035550164"), number(world.acme)
    older, newer = uuid7(), uuid7()
    written(world.acme, line, priya, enrollment_id=older, occurred_at=clock.now() - timedelta(days=2))
    written(world.acme, line, priya, enrollment_id=newer)
    written(world.acme, mailbox(world.acme), priya, enrollment_id=uuid7(), occurred_at=clock.now())
    brings(world.acme, line, sms("+13035550164"))
    assert told(world.acme, "message.replied")[0].enrollment_id == newer


def test_mail_read_days_later_belongs_to_who_had_written_by_then(world: World) -> None:
    priya, line = world.acme.contact(phone="+13035550164"), number(world.acme)
    older, newer = uuid7(), uuid7()
    written(world.acme, line, priya, enrollment_id=older, occurred_at=clock.now() - timedelta(days=4))
    written(world.acme, line, priya, enrollment_id=newer)
    brings(world.acme, line, sms("+13035550164", received_at=clock.now() - timedelta(days=3)))
    assert told(world.acme, "message.replied")[0].enrollment_id == older


def test_who_writes_first_has_not_replied(world: World) -> None:
    world.acme.contact()
    brings(world.acme, mailbox(world.acme), email(PRIYA))
    assert told(world.acme, "message.replied") == []
    assert len(told(world.acme, "message.received")) == 1
    assert one(world.acme, Conversation).needs_reply_since is not None


def test_a_human_message_marks_and_opens_the_conversation(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    with world.acme.acting() as session:
        conversation = get_or_404(Conversation, asked.conversation_id)
        conversation.closed_at, conversation.snoozed_until = clock.now(), clock.now() + timedelta(days=3)
        session.commit()
    at = clock.now()
    brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id, received_at=at))
    conversation = one(world.acme, Conversation)
    assert conversation.closed_at is conversation.snoozed_until is None
    assert conversation.last_message_at == conversation.last_inbound_at == at
    assert conversation.unread_since == conversation.needs_reply_since == at
    assert one(world.acme, Contact).last_inbound_at == at


def test_an_out_of_office_is_recorded_but_is_no_reply(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya, enrollment_id=uuid7())
    with world.acme.acting() as session:
        get_or_404(Conversation, asked.conversation_id).closed_at = clock.now()
        session.commit()
    brings(world.acme, box, email(PRIYA, "I am away", in_reply_to=asked.rfc_message_id, is_automatic=True))
    conversation = one(world.acme, Conversation)
    assert one(world.acme, Message, direction="in").is_automatic
    assert told(world.acme, "message.replied") == []
    assert len(told(world.acme, "message.auto_replied")) == 1
    assert conversation.needs_reply_since is conversation.unread_since is None
    assert conversation.closed_at is not None
    assert figures(world.acme).replied == 0


def test_the_same_delivery_twice_changes_nothing(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    nameless = email(PRIYA, message_id="")
    delivery = brings(world.acme, box, email(PRIYA, in_reply_to=asked.rfc_message_id), nameless)
    before = (count_of(world.acme, Message), len(told(world.acme, "message.replied")), figures(world.acme))
    brings(
        world.acme,
        box,
        email(PRIYA, message_id=rows(world.acme, Message, direction="in")[0].rfc_message_id),
        nameless,
        delivery_id=delivery,
    )
    assert (
        count_of(world.acme, Message),
        len(told(world.acme, "message.replied")),
        figures(world.acme),
    ) == before


def test_the_same_message_in_two_deliveries_is_one_message(world: World) -> None:
    priya, box, line = world.acme.contact(phone="+13035550164"), mailbox(world.acme), number(world.acme)
    mail, text = email(PRIYA), sms("+13035550164")
    for _ in range(2):
        brings(world.acme, box, mail)
        brings(world.acme, line, text)
    assert len(rows(world.acme, Message, contact_id=priya.id)) == 2


def test_a_mail_to_two_of_our_mailboxes_is_one_message(world: World) -> None:
    world.acme.contact()
    mail = email(PRIYA, to=("maya@acme.example", "ben@acme.example"))
    brings(world.acme, mailbox(world.acme), mail)
    brings(world.acme, mailbox(world.acme, "ben@acme.example"), mail)
    assert count_of(world.acme, Message) == 1


def test_what_postgresql_cannot_keep_is_cleaned(world: World) -> None:
    odd = email(
        PRIYA,
        "Hi\x00 there \ud83d",
        subject="A\x00B\udfff",
        html="<p>\x00</p>",
        sender_name="\ud800Priya",
        cc=("a\x00@x.example",),
    )
    brings(world.acme, mailbox(world.acme), odd)
    message = one(world.acme, Message)
    assert message.text == "Hi there \ufffd"
    assert message.subject == "AB\ufffd"
    assert message.html == "<p></p>"
    assert message.from_name == "\ufffdPriya"
    assert message.cc == ["a@x.example"]


def test_what_could_not_be_read_is_said(world: World) -> None:
    brings(world.acme, mailbox(world.acme), email(PRIYA, defects=("The second part is broken.",)))
    assert "[The second part is broken.]" in one(world.acme, Message).text


def test_a_message_from_the_future_counts_from_now(world: World) -> None:
    brings(world.acme, mailbox(world.acme), email(PRIYA, received_at=clock.now() + timedelta(days=900)))
    assert one(world.acme, Message).occurred_at <= clock.now()


def test_files_are_kept_with_their_true_kind_and_a_safe_name(world: World) -> None:
    files = (
        events.Attachment("..\\..\\plan\u202egnp.exe", "image/png", b"MZ no picture"),
        events.Attachment("photo.jpg", "application/octet-stream", PNG, content_id="photo1"),
    )
    brings(world.acme, mailbox(world.acme), email(PRIYA, attachments=files))
    photo, odd = sorted(rows(world.acme, Attachment), key=lambda file: file.file_name)
    assert (odd.file_name, odd.content_type) == ("plan gnp.exe", "application/octet-stream")
    assert (photo.file_name, photo.content_type, photo.content_id) == ("photo.jpg", "image/png", "photo1")
    assert b"".join(storage.chunks(photo.file_key)) == PNG
    assert photo.message_id == one(world.acme, Message).id


def test_a_file_that_is_too_large_is_named_but_not_kept(world: World) -> None:
    huge = events.Attachment("film.mp4", "video/mp4", bytes(LARGEST_FILE + 1))
    brings(world.acme, mailbox(world.acme), email(PRIYA, attachments=(huge,)))
    film = one(world.acme, Attachment)
    assert (film.file_name, film.size, film.file_key) == ("film.mp4", LARGEST_FILE + 1, "")


def test_files_of_a_known_message_are_not_kept_twice(world: World) -> None:
    mail = email(PRIYA, attachments=(events.Attachment("a.png", "image/png", PNG),))
    box = mailbox(world.acme)
    brings(world.acme, box, mail)
    brings(world.acme, box, mail)
    assert count_of(world.acme, Attachment) == 1


def test_pictures_of_a_text_are_fetched_before_it_is_recorded(world: World) -> None:
    asked: list[str] = []

    def download(media: Media) -> events.Attachment:
        asked.append(media.url)
        return events.Attachment("media", media.content_type, PNG)

    text = sms("+17205550117", media=(Media("https://api.example/1", "image/png"),))
    with serving(world.acme.organization.id):
        kept = keep_files([text], download)
    assert asked == ["https://api.example/1"]
    assert [file.content_type for file in kept[0]] == ["image/png"]


@pytest.mark.parametrize(
    ("beginning", "claimed", "kind"),
    [
        (b"%PDF-1.7", "text/html", "application/pdf"),
        (b"<html>", "image/png", "application/octet-stream"),
        (b"RIFF....WEBPVP8", "x", "image/webp"),
        (b"a,b", "text/csv; charset=utf-8", "text/csv"),
        (b"a", "text/html\r\nX: y", "application/octet-stream"),
    ],
)
def test_a_file_is_what_its_first_bytes_say(beginning: bytes, claimed: str, kind: str) -> None:
    assert kind_of(beginning, claimed) == kind


def test_names_of_files_lose_folders_and_tricks() -> None:
    assert clean_name("../../etc/passwd") == "passwd"
    assert clean_name("  ") == "attachment"
    assert clean_name('a"b\r\nc.pdf') == "a b c.pdf"
    assert clean_name("x" * 300 + ".pdf").endswith(".pdf")


def test_our_own_copy_of_a_message_in_doubt_settles_it(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya, state="in_doubt", sent_at=None)
    brings(world.acme, box, own_copy(box, message_id=asked.rfc_message_id))
    message = one(world.acme, Message)
    assert (message.state, message.sent_at) == ("sent", asked.attempted_at)
    assert len(told(world.acme, "message.sent")) == 1


def test_our_own_copy_of_a_sent_message_is_nothing_new(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, own_copy(box, message_id=asked.rfc_message_id))
    assert count_of(world.acme, Message) == 1
    assert told(world.acme, "message.sent") == told(world.acme, "message.received") == []


def test_an_answer_written_in_another_program_is_an_outgoing_copy(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    brings(world.acme, box, email(PRIYA, message_id="question@foothill.example"))
    clock.advance(timedelta(minutes=5))
    copy = own_copy(
        box, in_reply_to="question@foothill.example", text="See you there", reply_text="See you there"
    )
    brings(world.acme, box, copy)
    brings(world.acme, box, copy)
    question, answer = rows(world.acme, Message)
    assert (answer.direction, answer.state, answer.text) == ("out", "sent", "See you there")
    assert answer.conversation_id == question.conversation_id
    assert answer.contact_id == priya.id
    conversation = one(world.acme, Conversation)
    assert conversation.needs_reply_since is conversation.unread_since is None
    assert told(world.acme, "message.replied") == []


def test_mail_to_a_stranger_from_another_program_opens_a_quiet_conversation(world: World) -> None:
    box = mailbox(world.acme)
    brings(world.acme, box, own_copy(box, to=("maya@acme.example", "tom@okafor.example")))
    conversation = one(world.acme, Conversation)
    assert (conversation.counterpart, conversation.contact_id) == ("tom@okafor.example", None)
    assert conversation.needs_reply_since is conversation.unread_since is None


def test_a_question_found_after_its_answer_needs_no_answer(world: World) -> None:
    world.acme.contact()
    box = mailbox(world.acme)
    asked_at = clock.now() - timedelta(hours=5)
    question = email(PRIYA, message_id="q@foothill.example", received_at=asked_at)
    brings(world.acme, box, own_copy(box, received_at=asked_at + timedelta(hours=1)))
    brings(world.acme, box, question)
    assert one(world.acme, Conversation).needs_reply_since is None


def own_copy(box: Channel, **also: object) -> MessageArrived:
    """What the Sent folder of `box` holds."""
    copy = email(box.address, to=(PRIYA,), is_own_copy=True)
    return replace(copy, **also)  # pyright: ignore[reportArgumentType]


def test_endless_ids_and_addresses_do_not_stop_a_message(world: World) -> None:
    long = "\u4e2d" * 3000
    brings(
        world.acme,
        mailbox(world.acme),
        email(
            f"{long}@x.example",
            message_id=long,
            in_reply_to=long,
            references=(long,),
            subject=long,
            thread_id=long,
        ),
    )
    assert one(world.acme, Message).subject.startswith("\u4e2d")
