"""Warm-up, brand, rules for all channels, and what was due while a channel stood still."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, select

from loumass.accounts.models import AuditEntry
from loumass.channels.brands import brand_of
from loumass.channels.models import BrandDay, Channel, SendingRule
from loumass.channels.room import rooms_of
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.database import engine
from loumass.core.tenancy import get_or_404
from loumass.messages import outbox_lease, quota
from tests.analytics.figures import attention_of, campaign_of, page_of
from tests.api import program_of
from tests.channels.connected import sandbox_mailbox, twilio_number
from tests.channels.looking import TWILIO, audited, now
from tests.channels.test_pages import LIMITS
from tests.messages.limits import branded, did
from tests.messages.sending import campaign, changed, events, mailbox, message, number, people, states, stream
from tests.world import Person, World

WARMUP = {"warmup_start": "10", "warmup_step": "5", "warmup_ceiling": "40", "gap_jitter": "50"}
RULES = {"contact_per_day": "2", "contact_per_week": "5", "quiet_until": "9:00", "quiet_from": "20:00"}


def test_a_warm_up_is_kept_begins_today_and_is_said_in_words(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    assert admin.post(f"/channels/{channel.id}/limits", {**LIMITS, **WARMUP}).status_code == 302
    kept = now(world.acme, channel)
    assert (kept.warmup_start, kept.warmup_step, kept.warmup_ceiling) == (10, 5, 40)
    assert (kept.warmup_since, kept.gap_jitter) == (date(2026, 3, 3), 50)
    page = admin.get("/channels").text
    assert "of 10, day 1 of its warm-up" in page
    assert "Warming up" in page
    assert "30 to 45 s apart" in admin.get(f"/channels/{channel.id}").text
    clock.advance(timedelta(days=2))
    did(world.acme, channel, date(2026, 3, 3), date(2026, 3, 4))
    assert (
        admin.post(f"/channels/{channel.id}/limits", {**LIMITS, **WARMUP, "daily_cap": "60"}).status_code
        == 302
    )
    assert now(world.acme, channel).warmup_since == date(2026, 3, 3)
    assert "of 20, day 3 of its warm-up" in admin.get(f"/channels/{channel.id}").text
    assert admin.post(f"/channels/{channel.id}/limits", LIMITS).status_code == 302
    assert now(world.acme, channel).warmup_since is None


def test_pages_and_the_claim_agree_on_the_room_of_the_day(world: World) -> None:
    maya = mailbox(
        world.acme,
        daily_cap=30,
        warmup_start=10,
        warmup_step=5,
        warmup_ceiling=40,
        warmup_since=date(2026, 2, 1),
    )
    for count in range(6):
        did(world.acme, maya, date(2026, 2, 10 + count))
        with world.acme.acting() as session:
            row = get_or_404(Channel, maya.id)
            room = rooms_of([row], date(2026, 3, 3))[maya.id]
            lease = outbox_lease.take(maya.id)
            assert lease is not None
            assert (
                outbox_lease.allowance(lease, 10).campaign_most == room.cap == min(10 + 5 * (count + 1), 30)
            )
            session.rollback()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"warmup_step": "5"}, "A warm-up needs all three figures"),
        ({**WARMUP, "warmup_ceiling": "5"}, "The warm-up ends below its first day"),
        ({"gap_jitter": "101"}, "Use a number from 0 to 100"),
        ({"brand_name": "Acme"}, "Say how many segments"),
    ],
)
def test_limits_that_make_no_sense_are_refused_with_a_sentence(
    world: World, admin: Person, fields: dict[str, str], sentence: str
) -> None:
    channel = number(world.acme)
    answer = admin.post(f"/channels/{channel.id}/limits", {**LIMITS, **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert now(world.acme, channel).warmup_start is None


def test_numbers_take_a_brand_share_it_and_leave_it(world: World, admin: Person) -> None:
    one, two = number(world.acme), number(world.acme, "+13035550101")
    for channel, segments in ((one, "400"), (two, "300")):
        fields = {**LIMITS, "brand_name": " Acme Events ", "brand_segments": segments}
        assert admin.post(f"/channels/{channel.id}/limits", fields).status_code == 302
    with world.acme.acting():
        first, second = brand_of(one.id), brand_of(two.id)
        assert first is not None
        assert second is not None
        assert (first.id, first.name, first.segments_per_day) == (second.id, "Acme Events", 300)
    assert "Acme Events" in admin.get(f"/channels/{one.id}").text
    assert admin.post(f"/channels/{one.id}/limits", {**LIMITS, "brand_name": ""}).status_code == 302
    with world.acme.acting():
        assert brand_of(one.id) is None
    assert audited(world.acme).count("channel.brand_changed") == 3


def test_people_are_told_once_a_day_when_four_fifths_of_the_cap_are_used_and_when_all_is(
    world: World, admin: Person
) -> None:
    campaign_of(world.acme)
    maya = mailbox(world.acme, daily_cap=5)
    crowd = people(world.acme, 6)
    ids = campaign(world.acme, maya, crowd[:3], stream(world.acme))
    world.work()
    assert events(world.acme, "quota.warning") == []
    campaign(world.acme, maya, crowd[3:4], stream(world.acme))
    world.work()
    [told] = events(world.acme, "quota.warning")
    assert (told.channel_id, told.facts) == (maya.id, {"used": 4, "cap": 5, "share": 80})
    assert "Near its cap" in admin.get("/channels").text
    more = campaign(
        world.acme,
        maya,
        crowd[4:],
        stream(world.acme),
        due_at=clock.now() + timedelta(hours=1),
    )
    assert (
        "maya@acme.example is near its cap 4 of 5 today. 2 messages wait." in attention_of(page_of(admin))[0]
    )
    world.later(hours=2)
    assert [one.facts["share"] for one in events(world.acme, "quota.warning")] == [80, 100]
    assert (
        "maya@acme.example is at its cap 5 of 5 today. 1 message goes tomorrow."
        in attention_of(page_of(admin))[0]
    )
    world.later(days=1)
    assert states(world.acme, [*ids, *more]) == ["sent"] * 5


def test_people_are_told_once_a_day_when_a_brand_has_little_left_and_when_it_has_nothing(
    world: World, admin: Person
) -> None:
    campaign_of(world.acme)
    one, two, alone = (number(world.acme, f"+1303555010{n}") for n in range(3))
    brand = branded(world.acme, 5, one, two)
    crowd = people(world.acme, 7, timezone="America/Denver")

    def texts(channel: Channel, *people: Contact) -> list[UUID]:
        ids = campaign(world.acme, channel, people, stream(world.acme), text="Will you come?")
        world.work()
        return ids

    def told() -> list[dict[str, Any]]:
        return [one.facts for one in events(world.acme, "quota.warning")]

    texts(one, *crowd[:2])
    texts(two, crowd[2])
    texts(alone, *crowd[3:5])
    assert told() == []
    texts(two, crowd[3])
    near = {"of": "brand", "brand_id": str(brand), "brand": "Acme Events", "used": 4, "cap": 5, "share": 80}
    assert told() == [near]
    page = admin.get("/channels").text
    assert page.count("Brand near its cap") == page.count("Acme Events: 4 of 5 segments") == 2
    assert "4 of 5" in admin.get(f"/channels/{two.id}").text
    texts(one, crowd[4])
    assert told() == [near, near | {"used": 5, "share": 100}]
    late = texts(two, *crowd[5:])
    assert states(world.acme, late) == ["queued"] * 2
    assert len(told()) == 2
    assert "Brand at its cap" in admin.get(f"/channels/{one.id}").text
    said = "Acme Events has used its segments 5 of 5 today, on all its numbers. 2 texts wait."
    assert said in attention_of(page_of(admin))[0]
    program = program_of(admin)
    assert program.got(f"/channels/{one.id}")["segments"]["used"] == 5
    assert program.got(f"/channels/{alone.id}")["segments"] is None
    clock.advance(timedelta(days=1))
    world.work()
    assert states(world.acme, late) == ["sent"] * 2
    assert len(told()) == 2, "another day, of which much is left"
    texts(one, *crowd[:2])
    assert told()[2:] == [near]


def test_a_brand_that_is_used_up_by_one_slice_is_told_of_once(world: World) -> None:
    brand = branded(world.acme, 5, number(world.acme))
    with world.acme.acting() as session:
        session.add(BrandDay(brand_id=brand, day=date(2026, 3, 3), used=5))
        session.commit()
        for _ in range(2):
            quota.warn_of_brand(brand, date(2026, 3, 3))
            session.commit()
        quota.warn_of_brand(brand, date(2026, 3, 4))
        session.commit()
    assert [one.facts["share"] for one in events(world.acme, "quota.warning")] == [100]


def test_where_no_brand_bounds_a_number_nothing_is_asked_of_brands(world: World) -> None:
    campaign(
        world.acme, number(world.acme), people(world.acme, 3, timezone="America/Denver"), stream(world.acme)
    )
    asked: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(engine(), "before_cursor_execute", note)
    world.work()
    event.remove(engine(), "before_cursor_execute", note)
    assert any("UPDATE channel" in one for one in asked)
    assert [one for one in asked if "UPDATE brand_day SET warned_at" in one] == []


def test_fewer_hours_are_free_and_more_need_a_reason_that_is_recorded(world: World, admin: Person) -> None:
    assert "Rules for all channels" in world.acme.viewer.get("/channels/rules").text
    assert world.acme.member.post("/channels/rules", RULES).status_code == 403
    assert admin.post("/channels/rules", RULES).status_code == 303
    wide = {**RULES, "quiet_until": "7:00"}
    refused = admin.post("/channels/rules", wide)
    assert refused.status_code == 422
    assert "go past the law" in refused.text
    with world.acme.acting() as session:
        kept = session.scalars(select(SendingRule)).one()
        assert (kept.contact_per_day, kept.contact_per_week) == (2, 5)
        assert (kept.quiet_until, kept.quiet_from, kept.quiet_reason) == (540, 1200, "")
    assert (
        admin.post("/channels/rules", {**wide, "quiet_reason": "All asked for it in writing."}).status_code
        == 303
    )
    page = admin.get("/channels/rules").text
    assert "Texts go out at hours past the law" in page
    assert "All asked for it in writing. Recorded by Ada Admin" in page
    with world.acme.acting() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "rules.quiet_hours_widened")
        ).one()
        hours = {"before": {"until": 540, "begins": 1200}, "after": {"until": 420, "begins": 1200}}
    assert entry.facts == {"reason": "All asked for it in writing."} | hours
    assert admin.post("/channels/rules", {**RULES, "quiet_until": "20:00"}).status_code == 422
    assert admin.post("/channels/rules", RULES).status_code == 303
    assert "hours past the law" not in admin.get("/channels/rules").text


def test_wider_hours_let_texts_go_at_once_and_a_higher_budget_too(world: World, admin: Person) -> None:
    channel = number(world.acme)
    anna = world.acme.contact("Anna Silent", phone="+13035550117", timezone="America/Denver")
    clock.advance(timedelta(hours=-2))  # 7:00 in Denver
    (early,) = campaign(world.acme, channel, [anna], stream(world.acme))
    world.work()
    assert message(world.acme, early).waiting_for == "quiet_hours"
    rules = {**RULES, "contact_per_day": "1", "quiet_until": "6:30", "quiet_reason": "They asked for it."}
    admin.post("/channels/rules", rules)
    (second,) = campaign(world.acme, channel, [anna], stream(world.acme))
    world.work()
    assert states(world.acme, [early, second]) == ["sent", "queued"]
    assert message(world.acme, second).waiting_for == "frequency"
    admin.post("/channels/rules", {**rules, "contact_per_day": ""})
    world.work()
    assert states(world.acme, [early, second]) == ["sent", "sent"]


def waits(world: World, channel: Channel, days: float) -> list:
    """Three messages in the queue of a channel that was paused, and so many days later."""
    changed(world.acme, channel, state="paused", stopped_at=clock.now())
    ids = campaign(world.acme, channel, people(world.acme, 3), stream(world.acme))
    world.later(days=days)
    return ids


def test_a_short_rest_asks_nothing(world: World, admin: Person) -> None:
    channel = sandbox_mailbox(world.acme)
    ids = waits(world, channel, 0.5)
    assert "Nothing is past due" in admin.get(f"/channels/{channel.id}/resumption").text
    assert admin.post(f"/channels/{channel.id}/resumption").status_code == 302
    world.work()
    assert states(world.acme, ids) == ["sent"] * 3


@pytest.mark.parametrize(
    ("fields", "at_once", "later"),
    [
        ({"what": "continue"}, ["sent"] * 3, ["sent"] * 3),
        ({"what": "spread", "hours": "3"}, ["sent", "queued", "queued"], ["sent"] * 3),
        ({"what": "drop"}, ["cancelled"] * 3, ["cancelled"] * 3),
    ],
)
def test_after_a_long_rest_a_person_chooses_what_becomes_of_what_was_due(
    world: World, admin: Person, fields: dict[str, str], at_once: list[str], later: list[str]
) -> None:
    channel = sandbox_mailbox(world.acme)
    ids = waits(world, channel, 3)
    url = f"/channels/{channel.id}/resumption"
    assert admin.post(url).location.endswith(url)
    page = admin.get(url).text
    assert "3 messages that wait for it were due more than a day ago" in page
    assert admin.post(url, {"what": "spread", "hours": "0"}).status_code == 422
    assert now(world.acme, channel).state == "paused"
    world.work()
    assert states(world.acme, ids) == ["queued"] * 3
    assert admin.post(url, fields).status_code == 302
    world.work()
    assert states(world.acme, ids) == at_once
    world.later(hours=3)
    assert states(world.acme, ids) == later
    assert now(world.acme, channel).stopped_at is None
    assert "channel.past_due_settled" in audited(world.acme)


@pytest.mark.usefixtures("twilio")
def test_reconnecting_after_long_waits_for_a_person_too(world: World, admin: Person) -> None:
    channel = twilio_number(world.acme)
    changed(world.acme, channel, state="disconnected", stopped_at=clock.now(), state_reason="No password.")
    crowd = people(world.acme, 2, timezone="America/Denver")
    ids = campaign(world.acme, channel, crowd, stream(world.acme))
    world.later(days=2)
    answer = admin.post(f"/channels/{channel.id}/credentials", TWILIO)
    assert answer.location.endswith(f"/channels/{channel.id}/resumption")
    kept = now(world.acme, channel)
    assert (kept.state, kept.state_reason) == ("paused", "Waits for you: 2 messages are past due.")
    world.work()
    assert states(world.acme, ids) == ["queued"] * 2
    changed(world.acme, channel, state="disconnected")
    assert admin.post(f"/channels/{channel.id}/test").location.endswith(f"/channels/{channel.id}/resumption")
    assert now(world.acme, channel).state == "paused"
    assert admin.post(f"/channels/{channel.id}/resumption", {"what": "continue"}).status_code == 302
    world.work()
    assert states(world.acme, ids) == ["sent"] * 2
