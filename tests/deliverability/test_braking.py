"""Too much comes back: a channel slows down, stops and says why; a recipients' domain is left alone for a while."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loumass.channels.models import Channel, ChannelDay
from loumass.contacts.models import Contact, Suppression
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.deliverability import jobs
from loumass.deliverability.budgets import next_gap, overrun
from loumass.deliverability.models import DomainBrake, TroubleHour
from loumass.messages import outbox_lease
from loumass.messages.gates_waiting import why_wait
from loumass.providers.base import OutgoingMessage
from loumass.providers.errors import Rejected, Sent
from loumass.providers.events import Complained, MessageBounced
from tests.messages.letters import brings
from tests.messages.sending import (
    Postbox,
    campaign,
    changed,
    events,
    handing_to,
    message,
    queue,
    states,
    stream,
)
from tests.messages.sending import mailbox as sandbox_mailbox
from tests.world import Tenant, World


class Refusing(Postbox):
    """Refuses whoever is not at a good address."""

    def send(self, message: OutgoingMessage) -> Sent:
        if "dead" in message.to:
            raise Rejected("Nobody has this address.", "5.1.1", address_is_dead=True)
        if "spam" in message.to:
            raise Rejected("Your mail is not wanted here.", "5.7.1")
        return super().send(message)


def mailbox(tenant: Tenant, address: str = "maya@acme.example", **limits: Any) -> Channel:
    """A mailbox that really sends: what a sandbox invents brakes nothing."""
    box = sandbox_mailbox(tenant, address, **limits)
    changed(tenant, box, provider="smtp")
    return box


def people(world: World, count: int, domain: str, word: str = "p") -> list[Contact]:
    return world.acme.contacts(
        [{"name": f"{word} {n}", "email": f"{word}{n}@{domain.format(n)}"} for n in range(count)]
    )


def sent_before(world: World, channel: Channel, count: int) -> None:
    """The channel sent so many today already."""
    with world.acme.acting() as session:
        day = clock.now().date()
        session.add(ChannelDay(channel_id=channel.id, day=day, used=count, sent=count))
        session.commit()


def now(world: World, channel: Channel) -> Channel:
    with world.acme.acting():
        return get_or_404(Channel, channel.id)


@pytest.mark.parametrize(
    ("total", "troubles", "kind"),
    [
        (3, {"bounced": 1}, None), (20, {"bounced": 4}, None), (120, {"bounced": 6}, None), (120, {"bounced": 7}, "bounced"),
        (1000, {"complained": 2}, None), (900, {"complained": 3}, "complained"), (90, {"rejected": 10}, "rejected"),
        (120, {"bounced": 7, "complained": 3}, "complained"), (0, {"bounced": 5}, "bounced"),
    ],
)  # fmt: skip
def test_budgets(total: int, troubles: dict[str, int], kind: str | None) -> None:
    past = overrun(total, troubles)
    assert (past.budget.kind if past else None) == kind


def test_figures_are_said() -> None:
    past = overrun(120, {"bounced": 7})
    assert past is not None
    assert past.sentence == "7 of 120 messages since yesterday bounced (5.8%); the limit is 5%."
    assert [next_gap(seconds) for seconds in (0, 30, 240, 480)] == [30, 60, 480, 480]


def test_a_channel_slows_then_stops_and_a_person_resumes_it(world: World) -> None:
    box = mailbox(world.acme)
    sent_before(world, box, 100)
    with handing_to(Refusing()):
        queue(world.acme, box, people(world, 6, "d{}.example", "dead"))
        world.work()
        slowed = now(world, box)
        assert (slowed.state, slowed.brake_gap_seconds) == ("active", 30)
        assert slowed.brake_because.startswith(
            "6 of 106 messages since yesterday bounced (5.7%); the limit is 5%."
        )
        assert outbox_lease.burst(slowed) == 1
        assert outbox_lease.pause_after(slowed, 1) == timedelta(seconds=30)
        [alert] = events(world.acme, "deliverability.alert")
        assert (alert.channel_id, alert.facts["what"], alert.facts["count"]) == (box.id, "slowed", 6)
        assert "sends slower" in world.acme.viewer.get("/deliverability").text
        assert "maya@acme.example sends slower" in world.acme.viewer.get("/deliverability/alerts").text
        assert "Sends slower" in world.acme.viewer.get("/channels").text
        ids = queue(world.acme, box, people(world, 7, "e{}.example", "dead"))
        for _ in range(6):
            world.later(minutes=10)
        stopped = now(world, box)
        assert (stopped.state, stopped.state_reason.endswith("nothing resumes it by itself.")) == (
            "paused",
            True,
        )
        assert "queued" in states(world.acme, ids)
    assert world.acme.member.post(f"/channels/{box.id}/resumption").status_code == 403
    with handing_to(Postbox()):
        assert world.acme.admin.post(f"/channels/{box.id}/resumption").status_code == 302
        world.later(minutes=10)
        resumed = now(world, box)
    assert (resumed.state, resumed.brake_gap_seconds, resumed.brake_because) == ("active", 0, "")
    assert "queued" not in states(world.acme, ids)


def test_a_slowed_channel_is_let_go_by_a_person_or_by_better_figures(world: World) -> None:
    box, other = mailbox(world.acme), mailbox(world.acme, "ben@acme.example")
    for channel in (box, other):
        sent_before(world, channel, 100)
        with handing_to(Refusing()):
            queue(world.acme, channel, people(world, 6, f"{channel.address[0]}.example", "dead"))
            world.work()
    assert world.acme.agent.post(f"/deliverability/channels/{box.id}/release").status_code == 403
    assert world.acme.admin.post(f"/deliverability/channels/{box.id}/release").status_code == 303
    assert world.acme.admin.post(f"/deliverability/channels/{box.id}/release").status_code == 409
    assert now(world, box).brake_gap_seconds == 0
    with world.acme.acting() as session:
        jobs.ease.later()
        session.commit()
    world.work()
    assert now(world, other).brake_gap_seconds == 30
    clock.advance(timedelta(days=2))
    with world.acme.acting() as session:
        jobs.ease.later()
        session.commit()
    world.work()
    assert now(world, other).brake_gap_seconds == 0


def test_few_troubles_brake_nothing_and_cost_no_row_where_all_goes_well(world: World) -> None:
    box = mailbox(world.acme)
    with handing_to(Refusing()):
        queue(world.acme, box, people(world, 3, "good.example"))
        world.work()
        assert _troubles(world) == []
        queue(
            world.acme, box, people(world, 2, "bad.example", "dead") + people(world, 1, "bad.example", "spam")
        )
        world.work()
    assert [(row.domain, row.bounced, row.rejected) for row in _troubles(world)] == [("bad.example", 2, 1)]
    assert now(world, box).brake_gap_seconds == 0


def test_what_a_sandbox_invents_is_shown_and_brakes_nothing(world: World) -> None:
    box = sandbox_mailbox(world.acme)
    with handing_to(Refusing()):
        queue(world.acme, box, people(world, 12, "bad.example", "dead"))
        world.work()
    assert (now(world, box).state, now(world, box).brake_gap_seconds, _brakes(world)) == ("active", 0, [])
    assert "12 (100%)" in world.acme.viewer.get("/deliverability").text


def test_reports_that_come_later_count_too(world: World) -> None:
    box = mailbox(world.acme)
    written = people(world, 5, "foothill.example")
    with handing_to(Postbox()):
        ids = queue(world.acme, box, written)
        world.work()
    for each in ids[:3]:
        brings(world.acme, box, Complained(at=clock.now(), our_id=each))
    brings(world.acme, box, MessageBounced(at=clock.now(), our_id=ids[3], permanent=True, code="5.1.1"))
    brings(world.acme, box, MessageBounced(at=clock.now(), our_id=ids[4], permanent=True, code="5.7.1"))
    [row] = _troubles(world)
    assert (row.bounced, row.complained, row.rejected) == (1, 3, 1)
    world.work()
    assert now(world, box).state == "paused"
    assert "3 of 5 messages since yesterday were called spam" in now(world, box).state_reason


def test_a_recipients_domain_is_left_alone_until_it_has_cooled_down(world: World) -> None:
    box, line = mailbox(world.acme, daily_cap=None), stream(world.acme)
    sent_before(world, box, 10_000)
    with handing_to(Refusing()):
        campaign(world.acme, box, people(world, 5, "strict.example", "dead"), line)
        world.work()
        [brake] = _brakes(world)
        assert (brake.domain, brake.until_at - brake.began_at > timedelta(hours=5)) == (
            "strict.example",
            True,
        )
        [waiting] = campaign(world.acme, box, people(world, 1, "strict.example", "late"), line)
        [other] = campaign(world.acme, box, people(world, 1, "kind.example", "late"), line)
        [answer] = queue(world.acme, box, people(world, 1, "strict.example", "mine"))
        world.work()
        assert states(world.acme, [waiting, other, answer]) == ["queued", "sent", "sent"]
        with world.acme.acting():
            [why] = why_wait([waiting])[waiting]
        assert (why.gate, why.until) == ("domain_braked", brake.until_at)
        assert "5 of 5 messages since yesterday bounced" in why.sentence
        assert "strict.example" in world.acme.viewer.get("/deliverability").text
        world.later(hours=6, minutes=1)
        assert states(world.acme, [waiting]) == ["sent"]
        assert len(_brakes(world)) == 1


def test_a_person_ends_the_cooling_down(world: World) -> None:
    box, line = mailbox(world.acme), stream(world.acme)
    sent_before(world, box, 10_000)
    with handing_to(Refusing()):
        campaign(world.acme, box, people(world, 5, "strict.example", "dead"), line)
        world.work()
        [waiting] = campaign(world.acme, box, people(world, 1, "strict.example", "late"), line)
        world.work()
        assert message(world.acme, waiting).waiting_for == "domain_braked"
        at = "/deliverability/recipients/release"
        assert world.globex.admin.post(at, {"domain": "strict.example"}).status_code == 404
        assert world.acme.admin.post(at, {"domain": "strict.example"}).status_code == 303
        world.work()
    assert states(world.acme, [waiting]) == ["sent"]


def test_a_mailbox_that_is_full_again_and_again_is_spared_for_a_month(world: World) -> None:
    box, line = mailbox(world.acme), stream(world.acme)
    [full] = people(world, 1, "foothill.example", "full")
    with handing_to(Postbox()):
        for round_ in range(4):
            [each] = queue(world.acme, box, [full])
            world.work()
            for _ in range(2):
                brings(
                    world.acme,
                    box,
                    MessageBounced(at=clock.now(), our_id=each, permanent=False, code="4.2.2"),
                )
            assert len(_suppressed(world)) == (round_ == 3)
            clock.advance(timedelta(days=2))
        [entry] = _suppressed(world)
        assert (entry.reason, entry.until_at is not None) == ("bounced", True)
        assert "4 messages within 30 days" in entry.note
        [waits] = campaign(world.acme, box, [full], line)
        [mine] = queue(world.acme, box, [full])
        world.work()
        assert states(world.acme, [waits, mine]) == ["queued", "sent"]
        world.later(days=31)
        assert states(world.acme, [waits]) == ["sent"]


def test_what_comes_back_for_good_bars_for_good(world: World) -> None:
    box = mailbox(world.acme)
    [full] = people(world, 1, "foothill.example", "full")
    with handing_to(Postbox()):
        for code, permanent in (*(("4.2.2", False),) * 4, ("5.1.1", True)):
            [each] = queue(world.acme, box, [full])
            world.work()
            brings(
                world.acme, box, MessageBounced(at=clock.now(), our_id=each, permanent=permanent, code=code)
            )
    [entry] = _suppressed(world)
    assert (entry.reason, entry.until_at) == ("bounced", None)


def _troubles(world: World) -> list[TroubleHour]:
    with world.acme.acting() as session:
        return list(session.scalars(select(TroubleHour).order_by(TroubleHour.domain)))


def _brakes(world: World) -> list[DomainBrake]:
    with world.acme.acting() as session:
        return list(session.scalars(select(DomainBrake)))


def _suppressed(world: World) -> list[Suppression]:
    with world.acme.acting() as session:
        return list(session.scalars(select(Suppression)))
