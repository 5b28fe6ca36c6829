"""What is broken or waits for somebody is named with what hangs on it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import ContactImport
from loumass.core import clock
from loumass.messages.models import Conversation, Message
from tests.analytics.figures import attention_of, campaign_of, channel_of, enrolled, page_of, words
from tests.world import Tenant, World


def message_in(tenant: Tenant, channel: Channel, **also: Any) -> None:
    with tenant.acting() as session:
        conversation = Conversation(
            channel_id=channel.id,
            medium="email",
            counterpart="a@b.example",
            thread_key=str(clock.now()) + str(also),
        )
        session.add(conversation)
        session.flush()
        session.add(
            Message(
                conversation_id=conversation.id,
                channel_id=channel.id,
                direction="out",
                medium="email",
                **also,
            )
        )
        session.commit()


def test_what_is_broken_is_named_with_what_waits(world: World) -> None:
    campaign_of(world.acme)
    mailbox = channel_of(
        world.acme,
        "andre@acme.example",
        state="disconnected",
        state_reason="Google withdrew access at 07:58.",
    )
    message_in(world.acme, mailbox, state="queued")
    message_in(world.acme, mailbox, state="in_doubt", attempted_at=clock.now())
    channel_of(world.acme, "ruth@acme.example", state="paused")
    channel_of(world.acme, "fine@acme.example")
    with world.acme.acting() as session:
        session.add(
            ContactImport(
                file_key="k",
                file_name="march.csv",
                file_size=1,
                file_sha256="x",
                state="done",
                refused_count=38,
                created_count=1202,
            )
        )
        session.add(
            ContactImport(
                file_key="k",
                file_name="clean.csv",
                file_size=1,
                file_sha256="x",
                state="done",
                created_count=5,
            )
        )
        session.commit()
    lines = attention_of(page_of(world.acme.admin))
    assert len(lines) == 4
    assert lines[0].startswith(
        "andre@acme.example is disconnected Google withdrew access at 07:58. 1 message waits, it is not lost."
    )
    assert lines[1].startswith("ruth@acme.example is paused")
    assert lines[2].startswith("1 send in doubt")
    assert lines[3].startswith("Import: 38 rows refused march.csv, 1,202 rows went in.")


def test_a_reached_cap_matters_only_while_messages_wait(world: World) -> None:
    campaign_of(world.acme)
    number_ = channel_of(world.acme, "+13035550142", daily_cap=40)
    with world.acme.acting() as session:
        session.add(ChannelDay(channel_id=number_.id, day=clock.now().date(), used=40))
        session.commit()
    assert attention_of(page_of(world.acme.admin)) == []
    message_in(world.acme, number_, state="queued")
    assert attention_of(page_of(world.acme.admin))[0].startswith(
        "+1 303 555 0142 is at its cap 40 of 40 today. 1 message goes tomorrow."
    )


def test_people_who_are_held_are_named_with_their_campaign(world: World) -> None:
    campaign = campaign_of(world.acme)
    for n in range(2):
        enrolled(world.acme, campaign, n, state="held", reason="failed")
    assert attention_of(page_of(world.acme.member))[0].startswith(
        "2 people stand still Denver Broker Night holds them"
    )


def test_who_waits_for_an_answer_stands_in_the_greeting(world: World) -> None:
    campaign_of(world.acme)
    mailbox = channel_of(world.acme)
    with world.acme.acting() as session:
        for key, since, closed in (("a", 17, None), ("b", 2, None), ("c", 3, clock.now())):
            session.add(Conversation(channel_id=mailbox.id, medium="email", counterpart=key, thread_key=key, closed_at=closed,
                                     needs_reply_since=clock.now() - timedelta(hours=since)))  # fmt: skip
        session.commit()
    text = words(page_of(world.acme.agent).xpath("//*[@class='greeting']")[0])
    assert "Good morning, Ann" in text
    assert "2 people are waiting for you , the oldest since Mon 16:00." in text
