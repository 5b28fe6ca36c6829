"""Several mailboxes share a campaign: who is new is spread, who was written to keeps theirs, and one that fails holds up its own."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert

from loumass.campaigns.models import CampaignSender
from loumass.campaigns.pooling import pool_of
from loumass.campaigns.preflight.finishing import Pace, finished
from loumass.campaigns.waking import wake_engine
from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import Contact
from loumass.core.ids import uuid7
from loumass.core.tenancy import get_or_404
from loumass.messages.models import Conversation, Message
from loumass.messages.pooling import Sender, a_day, senders_now, spread
from tests.campaigns.cast import Run, drafted, send, step, wait
from tests.campaigns.test_preflight import found
from tests.messages import sending
from tests.messages.limits import did
from tests.messages.sending import changed
from tests.world import Tenant, World

FOLLOW_UP = [send("hello", "Hello from {{sender.email}}"), wait("pause", amount=3, unit="days", after="sent"), send("again"), step("done", "end")]  # fmt: skip
EVERY_DAY = frozenset(range(1, 8))


def mailbox(tenant: Tenant, address: str = "mia@acme.example", **limits: Any) -> Channel:
    """A mailbox beside the one that every campaign of the tests has."""
    return sending.mailbox(tenant, address, **limits)


def pooled(world: World, channels: list[Channel], count: int) -> tuple[Run, list[Contact]]:
    """A campaign that runs over `channels`, with `count` people in it, not advanced yet."""
    first, *others = channels
    run = drafted(world.acme, FOLLOW_UP, email_channel_id=first.id, sms_channel_id=None)
    crowd = world.acme.contacts(
        [{"name": f"P{n} Silent", "email": f"p{n}.silent@r.example"} for n in range(count)]
    )
    run.add(*crowd)
    with world.acme.acting() as session:
        session.execute(
            insert(CampaignSender), [{"campaign_id": run.id, "channel_id": one.id} for one in others]
        )
        session.commit()
    start(run)
    return run, crowd


def start(run: Run) -> None:
    changed(run.tenant, run.now(), state="running")
    with run.tenant.acting() as session:
        wake_engine([run.id])
        session.commit()


def by_channel(messages: list[Message]) -> Counter[UUID | None]:
    return Counter(one.channel_id for one in messages)


def test_new_people_are_spread_by_cap_warm_up_and_health_and_keep_their_mailbox(world: World) -> None:
    maya = mailbox(world.acme, daily_cap=40)
    ben = mailbox(world.acme, "ben@acme.example", daily_cap=40, warmup_start=20, warmup_step=1, warmup_ceiling=40,
                  warmup_since=date(2026, 3, 3))  # fmt: skip
    bad, gone = (
        mailbox(world.acme, "bad@acme.example", daily_cap=40),
        mailbox(world.acme, "gone@acme.example"),
    )
    changed(world.acme, gone, state="disconnected", state_reason="No password.")
    with world.acme.acting() as session:
        session.add(ChannelDay(channel_id=bad.id, day=date(2026, 3, 1), sent=100, bounced=6))
        session.commit()
    run, crowd = pooled(world, [maya, ben, bad, gone], 35)
    world.work()
    assert by_channel(run.messages()) == {maya.id: 20, ben.id: 10, bad.id: 5}
    before = {one.contact_id: one.channel_id for one in run.messages()}
    # The second message answers the first from the same mailbox, also where it left the pool meanwhile.
    with world.acme.acting() as session:
        session.delete(session.get_one(CampaignSender, (world.acme.id, run.id, ben.id)))
        session.commit()
    for _ in range(4):
        world.later(days=1)
    messages = run.messages()
    assert len(messages) == 70
    assert {one.contact_id: one.channel_id for one in messages} == before
    for person in crowd[:3]:
        first, second = run.messages(person)
        assert (second.channel_id, second.conversation_id, second.in_reply_to) == (
            first.channel_id, first.conversation_id, first.rfc_message_id,
        )  # fmt: skip


def test_a_mailbox_that_fails_holds_up_its_own_people_and_one_click_moves_them(world: World) -> None:
    maya, ben = mailbox(world.acme, daily_cap=50), mailbox(world.acme, "ben@acme.example", daily_cap=50)
    run, _ = pooled(world, [maya, ben], 6)
    world.work()
    mine = [one for one in run.messages() if one.channel_id == maya.id]
    assert len(mine) == 3
    changed(world.acme, maya, state="disconnected", state_reason="No password.")
    late = world.acme.contact("Late Silent", email="late.silent@r.example")
    run.add(late)
    start(run)
    world.work()
    [message] = run.messages(late)
    assert (message.channel_id, message.state) == (ben.id, "sent")
    world.later(days=3, hours=1)
    stuck = [one for one in run.messages() if one.state == "queued"]
    assert {one.channel_id for one in stuck} == {maya.id}
    assert {one.contact_id for one in stuck} == {one.contact_id for one in mine}
    page = world.acme.member.get(f"/campaigns/{run.id}")
    assert "3 people wait" in page.text
    assert "is disconnected: No password" in page.text
    assert world.acme.agent.post(f"/campaigns/{run.id}/senders/{maya.id}/move").status_code == 403
    answer = world.acme.member.post(f"/campaigns/{run.id}/senders/{maya.id}/move", follow_redirects=True)
    assert "3 messages moved to the other senders" in answer.text
    world.work()
    moved = [one for one in run.messages() if one.id in {message.id for message in stuck}]
    assert {(one.state, one.channel_id, one.from_address) for one in moved} == {
        ("sent", ben.id, "ben@acme.example")
    }
    with world.acme.acting():
        for one in moved:
            assert get_or_404(Conversation, one.conversation_id).channel_id == ben.id
            assert one.rfc_message_id == f"{one.id}@acme.example"
            assert one.in_reply_to is not None
    refused = world.acme.member.post(f"/campaigns/{run.id}/senders/{ben.id}/move", follow_redirects=True)
    assert "No other mailbox of this campaign can send" in refused.text


def test_where_nobody_can_send_new_people_wait_for_the_first(world: World) -> None:
    maya, ben = mailbox(world.acme), mailbox(world.acme, "ben@acme.example")
    for one in (maya, ben):
        changed(world.acme, one, state="paused")
    run, _ = pooled(world, [maya, ben], 2)
    world.work()
    assert {(one.state, one.channel_id) for one in run.messages()} == {("queued", maya.id)}


def test_what_waits_on_a_mailbox_counts_as_its_load(world: World) -> None:
    maya, ben = mailbox(world.acme, daily_cap=10), mailbox(world.acme, "ben@acme.example", daily_cap=10)
    did(world.acme, maya, date(2026, 3, 3))
    with world.acme.acting():
        first, second = senders_now([maya.id, ben.id])
    assert (first.rate, first.load, second.rate, second.load) == (10, 1, 10, 0)


def test_the_pool_is_chosen_on_the_campaigns_page(world: World) -> None:
    maya, ben = mailbox(world.acme), mailbox(world.acme, "ben@acme.example")
    run = drafted(world.acme, FOLLOW_UP, email_channel_id=maya.id, sms_channel_id=None)
    fields = {
        "name": "Broker Night",
        "owner": "",
        "event_type": "",
        "email_channel": str(maya.id),
        "email_pool": [str(ben.id)],
        "sms_channel": "",
    }
    answer = world.acme.member.post(f"/campaigns/{run.id}/settings", fields, follow_redirects=True)
    assert "Settings saved." in answer.text
    with world.acme.acting():
        assert pool_of(run.id) == {ben.id}
    strange = world.acme.member.post(
        f"/campaigns/{run.id}/settings", {**fields, "email_pool": [str(uuid7())]}
    )
    assert strange.status_code == 422


def test_preflight_adds_up_the_pool_with_its_warm_ups(world: World) -> None:
    maya = mailbox(world.acme, daily_cap=2)
    ben = mailbox(world.acme, "ben@acme.example", daily_cap=10, warmup_start=1, warmup_step=1, warmup_ceiling=3,
                  warmup_since=date(2026, 3, 3))  # fmt: skip
    gone = mailbox(world.acme, "gone@acme.example")
    changed(world.acme, gone, state="disconnected", state_reason="No password.")
    run, _ = pooled(world, [maya, ben, gone], 6)
    here = found(run)
    assert here["disconnected"].severity == "warning"
    # 3 on Tuesday, 4 on Wednesday, 5 on Thursday.
    assert here["arithmetic"].sentence == (
        "6 people × up to 2 e-mails = 12 at 3 a day, rising to 5 as they warm up, from 2 mailboxes: 3 days, so the last "
        "goes out on Thu 5 March at the earliest."
    )


@pytest.mark.parametrize(
    ("senders", "count", "shares"),
    [
        ([(10, 0), (30, 0)], 40, [10, 30]),
        ([(10, 5), (10, 0)], 15, [5, 10]),
        ([(0, 0), (5, 0)], 7, [0, 7]),
        ([(0, 0), (0, 0)], 3, [3, 0]),
        ([(1, 0), (100_000, 0)], 50, [0, 50]),
    ],
)
def test_whoever_is_done_soonest_gets_the_next(
    senders: list[tuple[int, int]], count: int, shares: list[int]
) -> None:
    ids = [uuid7() for _ in senders]
    chosen = Counter(
        spread([Sender(one, rate, load) for one, (rate, load) in zip(ids, senders, strict=True)], count)
    )
    assert [chosen[one] for one in ids] == shares
    assert spread([], 3) == []


def test_a_day_is_bounded_by_cap_rate_and_gap() -> None:
    assert (a_day(None, None, 0), a_day(50, 1, 0), a_day(None, 1, 0), a_day(None, None, 90)) == (
        100_000, 50, 1440, 960,
    )  # fmt: skip


def test_a_forecast_knows_weekdays_and_gives_up_on_what_never_ends() -> None:
    weekdays = frozenset({1, 2, 3, 4, 5})
    friday = date(2026, 3, 6)
    assert finished([Pace(2, weekdays)], 5, friday).last == friday + timedelta(days=4)
    assert finished([Pace(2, EVERY_DAY, used=2)], 2, friday).last == friday + timedelta(days=1)
    assert finished([Pace(0, EVERY_DAY)], 1, friday).last is None
