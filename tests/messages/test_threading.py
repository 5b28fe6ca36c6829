"""Which conversation an answer belongs to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Conversation, Message
from loumass.messages.reply_addresses import conversation_of, reply_address
from tests.messages.letters import MAYA, brings, email, mailbox, number, one, rows, sms, told, written
from tests.messages.sending import people
from tests.world import World

PRIYA, TOM = "priya@foothill.example", "tom@okafor.example"


def test_an_answer_to_our_message_id_joins_its_conversation(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    older, asked = written(world.acme, box, priya), written(world.acme, box, priya)
    brings(world.acme, box, email(PRIYA, in_reply_to=older.rfc_message_id, subject="Something else"))
    reply = one(world.acme, Message, direction="in")
    assert reply.conversation_id == older.conversation_id != asked.conversation_id
    assert reply.contact_id == priya.id
    assert len(rows(world.acme, Conversation)) == 2


def test_references_are_enough_and_the_latest_counts(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    first, second = written(world.acme, box, priya), written(world.acme, box, priya)
    brings(
        world.acme,
        box,
        email(PRIYA, references=(first.rfc_message_id, second.rfc_message_id, "alien@elsewhere")),
    )
    assert one(world.acme, Message, direction="in").conversation_id == second.conversation_id


def test_the_providers_thread_is_next(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    written(world.acme, box, priya)
    with world.acme.acting() as session:
        get_or_404(Conversation, asked.conversation_id).provider_thread_id = "thread-1"
        session.commit()
    brings(world.acme, box, email(PRIYA, thread_id="thread-1"))
    assert one(world.acme, Message, direction="in").conversation_id == asked.conversation_id


def test_a_provider_that_puts_people_into_one_thread_does_not_mix_them(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    tom = world.acme.contact("Tom Okafor", TOM)
    asked, later = written(world.acme, box, priya), written(world.acme, box, tom)
    with world.acme.acting() as session:
        for one_of_both in (asked, later):
            get_or_404(Conversation, one_of_both.conversation_id).provider_thread_id = "same subject"
        session.commit()
    brings(world.acme, box, email(PRIYA, thread_id="same subject"))
    assert one(world.acme, Message, direction="in").conversation_id == asked.conversation_id


def test_then_a_token_in_the_address(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    written(world.acme, box, priya)
    address = reply_address(MAYA, asked.conversation_id)
    brings(world.acme, box, email(PRIYA, to=(address.upper(),)))
    assert one(world.acme, Message, direction="in").conversation_id == asked.conversation_id


def test_a_token_that_was_tampered_with_says_nothing(world: World) -> None:
    asked = written(world.acme, mailbox(world.acme), world.acme.contact())
    address = reply_address(MAYA, asked.conversation_id)
    assert conversation_of([address]) == asked.conversation_id
    other = "b" if address[6] != "b" else "c"
    assert conversation_of([address[:6] + other + address[7:], MAYA, "maya+news@acme.example"]) is None


def test_a_mailbox_with_a_long_name_gets_no_token_rather_than_an_impossible_address(world: World) -> None:
    long = f"{'m' * 60}@acme.example"
    assert reply_address(long, world.acme.id) == long


def test_then_the_senders_open_conversation(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, email("Priya@FOOTHILL.example"))
    assert one(world.acme, Message, direction="in").conversation_id == asked.conversation_id


def test_a_closed_conversation_is_not_joined_by_a_new_subject(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    with world.acme.acting() as session:
        get_or_404(Conversation, asked.conversation_id).closed_at = clock.now()
        session.commit()
    brings(world.acme, box, email(PRIYA, subject="Another thing"))
    reply = one(world.acme, Message, direction="in")
    assert reply.conversation_id != asked.conversation_id
    assert reply.contact_id == priya.id


def test_the_same_subject_never_merges_strangers(world: World) -> None:
    box = mailbox(world.acme)
    written(world.acme, box, world.acme.contact(), subject="A seat for you")
    brings(world.acme, box, email(TOM, subject="Re: A seat for you"))
    stranger = one(world.acme, Message, direction="in")
    assert stranger.contact_id is None
    assert get(world, stranger).counterpart == TOM


def test_somebody_else_who_answers_our_message_gets_a_linked_conversation(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    tom = world.acme.contact("Tom Okafor", TOM)
    asked = written(world.acme, box, priya)
    brings(world.acme, box, email(TOM, in_reply_to=asked.rfc_message_id))
    brings(world.acme, box, email(TOM, "One more thing", in_reply_to=asked.rfc_message_id))
    first, second = rows(world.acme, Message, direction="in")
    linked = get(world, first)
    assert (linked.linked_to_id, linked.contact_id) == (asked.conversation_id, tom.id)
    assert first.conversation_id == second.conversation_id
    with world.acme.acting():
        assert get_or_404(Conversation, asked.conversation_id).needs_reply_since is None


def test_fifty_who_answer_one_message_stay_apart(world: World) -> None:
    """It was forwarded, or sent through a list: all answers name one Message-ID, in whatever order and however often."""
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    known = people(world.acme, 25)
    own = {one_of_them.email: written(world.acme, box, one_of_them) for one_of_them in known}
    senders = [PRIYA, *own, *(f"stranger{n}@elsewhere.example" for n in range(24))]
    answers = [
        email(str(sender), in_reply_to=asked.rfc_message_id, references=(asked.rfc_message_id or "",))
        for sender in senders
    ]
    brings(world.acme, box, *answers[::2])
    brings(world.acme, box, *reversed(answers))
    replies = rows(world.acme, Message, direction="in")
    assert sorted(reply.from_address for reply in replies) == sorted(senders)
    threads = {reply.from_address: get(world, reply) for reply in replies}
    assert len({thread.id for thread in threads.values()}) == 50
    assert threads[PRIYA].id == asked.conversation_id
    for sender, thread in threads.items():
        assert thread.counterpart == sender
        owner = own.get(sender)
        assert thread.contact_id == (priya.id if sender == PRIYA else owner.contact_id if owner else None)


def test_a_forged_message_id_does_not_bring_a_stranger_into_a_conversation(world: World) -> None:
    box = mailbox(world.acme)
    brings(world.acme, box, email(PRIYA, message_id="same@foothill.example"))
    brings(world.acme, box, email(TOM, message_id="same@foothill.example"))
    priyas, toms = rows(world.acme, Message, direction="in")
    assert priyas.conversation_id != toms.conversation_id


def test_a_text_joins_the_numbers_conversation_and_opens_it_again(world: World) -> None:
    priya, line = world.acme.contact(phone="+13035550164"), number(world.acme)
    asked = written(world.acme, line, priya)
    with world.acme.acting() as session:
        get_or_404(Conversation, asked.conversation_id).closed_at = clock.now()
        session.commit()
    brings(world.acme, line, sms("+13035550164"))
    assert get(world, one(world.acme, Message, direction="in")).closed_at is None
    assert len(rows(world.acme, Conversation)) == 1


def test_a_text_finds_its_person_by_the_last_ten_digits(world: World) -> None:
    priya, line = world.acme.contact(phone="+523035550164"), number(world.acme)
    brings(world.acme, line, sms("+13035550164"))
    assert one(world.acme, Message, direction="in").contact_id == priya.id


def test_the_exact_number_goes_before_the_last_ten_digits(world: World) -> None:
    world.acme.contact(phone="+523035550164")
    tom = world.acme.contact("Tom Okafor", TOM, "+13035550164")
    line = number(world.acme)
    brings(world.acme, line, sms("+13035550164"))
    assert one(world.acme, Message, direction="in").contact_id == tom.id


def test_of_two_people_with_one_number_the_one_we_wrote_to_last_answers(world: World) -> None:
    line = number(world.acme)
    priya = world.acme.contact(phone="+13035550164")
    tom = world.acme.contact("Tom Okafor", TOM, "+13035550164")
    written(world.acme, line, priya)
    later = written(world.acme, line, tom, thread_key=f"+13035550164#{tom.id}", occurred_at=clock.now())
    brings(world.acme, line, sms("+13035550164"))
    reply = one(world.acme, Message, direction="in")
    assert (reply.contact_id, reply.conversation_id) == (tom.id, later.conversation_id)


@pytest.mark.parametrize("sender", ["+17205550117", "72975", "AMAZON"])
def test_an_unknown_number_becomes_a_conversation_of_its_own(world: World, sender: str) -> None:
    line = number(world.acme)
    brings(world.acme, line, sms(sender), sms(sender, "hello?"))
    conversation = one(world.acme, Conversation)
    assert conversation.contact_id is None
    assert conversation.counterpart == sender.lower()
    assert conversation.needs_reply_since is not None
    assert len(rows(world.acme, Message, conversation_id=conversation.id)) == 2


def test_a_message_that_names_nobody_is_kept_all_the_same(world: World) -> None:
    box = mailbox(world.acme)
    brings(world.acme, box, email("", message_id=""), email("", message_id=""))
    assert len(rows(world.acme, Conversation)) == 2


def test_a_person_known_by_now_takes_over_the_conversation_of_their_address(world: World) -> None:
    box = mailbox(world.acme)
    brings(world.acme, box, email(TOM))
    tom = world.acme.contact("Tom Okafor", TOM)
    brings(world.acme, box, email(TOM, "Still there?"))
    assert one(world.acme, Conversation).contact_id == tom.id


def test_globex_has_other_threads_for_the_same_ids(world: World) -> None:
    priya, box = world.acme.contact(), mailbox(world.acme)
    asked = written(world.acme, box, priya)
    theirs = mailbox(world.globex, "info@globex.example")
    brings(
        world.globex,
        theirs,
        email(PRIYA, in_reply_to=asked.rfc_message_id, to=(reply_address(MAYA, asked.conversation_id),)),
    )
    assert one(world.globex, Message, direction="in").contact_id is None
    assert rows(world.acme, Message, direction="in") == []
    assert told(world.acme, "message.received") == []


def test_an_answer_to_their_own_message_stays_in_the_thread(world: World) -> None:
    box = mailbox(world.acme)
    world.acme.contact()
    first = email(PRIYA)
    brings(world.acme, box, first)
    brings(
        world.acme,
        box,
        replace(
            first, message_id="two@foothill.example", in_reply_to=first.message_id, subject="New subject"
        ),
    )
    assert len(rows(world.acme, Conversation)) == 1


def get(world: World, message: Message) -> Conversation:
    """The conversation of Acme's `message`."""
    with world.acme.acting():
        return get_or_404(Conversation, message.conversation_id)
