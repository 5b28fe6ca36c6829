"""Why is this waiting? Each gate is changed, and its line is read."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from uuid import UUID

import pytest

from loumass.contacts.suppression import record_consent, suppress
from loumass.core import clock
from loumass.messages.gates import BY_NAME, GATES
from loumass.messages.gates_reading import Reading, readings_of
from tests.messages.gates import at_denver, closed, deleted
from tests.messages.gates_rare import RARE
from tests.messages.limits import branded, did, got, resting, ruled
from tests.messages.sending import campaign, changed, mailbox, message, number, queue, stream
from tests.messages.test_gates_in_words import _stream
from tests.world import World


def reading(world: World, message_id: UUID, gate: str) -> Reading:
    with world.acme.acting():
        found = readings_of(message_id)
    assert found is not None
    assert sorted(one.gate for one in found.gates) == sorted(gate.name for gate in GATES)
    assert found.refusing == sum(not one.is_open for one in found.gates)
    return next(one for one in found.gates if one.gate == gate)


class Set:
    """A text to Priya by a campaign, on Tuesday at 9:00 of Denver, and how each gate is changed."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.channel = number(world.acme, daily_cap=50, minimum_gap_seconds=60, gap_jitter=50)
        self.priya = world.acme.contact(
            phone="+13035550117", timezone="America/Denver", timezone_source="phone"
        )
        self.run = stream(world.acme)
        (self.id,) = campaign(world.acme, self.channel, [self.priya], self.run)

    def channel_has(self, **values: object) -> None:
        changed(self.world.acme, self.channel, **values)

    def paused(self) -> None:
        changed(self.world.acme, _stream(self.world, self.run), paused_at=clock.now())

    def barred(self) -> None:
        with self.world.acme.acting() as session:
            suppress("sms", [self.priya.phone or ""], "unsubscribed")
            session.commit()

    def speaks(self) -> None:
        changed(self.world.acme, message(self.world.acme, self.id), is_synthetic=True)

    def said_no(self) -> None:
        with self.world.acme.acting() as session:
            record_consent(self.priya, "sms", is_granted=False, source="said so")
            session.commit()

    def got_two(self) -> None:
        ruled(self.world.acme, contact_per_day=2, contact_per_week=5)
        got(self.world.acme, self.channel, self.priya, at=clock.now() - timedelta(days=1))
        got(self.world.acme, self.channel, self.priya)


SHUT: dict[str, tuple[str, Callable[[Set], object], str]] = {
    "suppressed": ("The address is not on it.", Set.barred, "The address is on the suppression list."),
    "contact_archived": ("One of your contacts.", lambda it: deleted(it.world, it.priya, it.run), "The person was deleted."),
    "no_consent": ("They did not say no.", Set.said_no, "The person has not agreed to be written to this way."),
    "no_voice_consent": ("No synthetic voice speaks.", Set.speaks, "The person has not agreed to hear a synthetic voice."),
    "unspoken": ("Nothing has to be spoken.", Set.speaks, "Its words are not spoken yet."),
    "campaign_closed": ("It goes on.", lambda it: closed(it.world, it.priya, it.run), "The campaign has ended."),
    "channel_removed": ("+1 303 555 0100 is in use.", lambda it: it.channel_has(archived_at=clock.now()), "Its sender was removed."),
    "campaign_paused": ("Not paused.", Set.paused, "The campaign is paused."),
    "channel_paused": ("+1 303 555 0100 is not paused.", lambda it: it.channel_has(state="paused"), "+1 303 555 0100 is paused."),
    "channel_disconnected": (
        "+1 303 555 0100 is connected.", lambda it: it.channel_has(state="disconnected", state_reason="No password."),
        "+1 303 555 0100 is disconnected: No password.",
    ),
    "channel_resting": (
        "Ready for the next message, 60 to 90 s apart.",
        lambda it: it.channel_has(resting_until=clock.now() + timedelta(minutes=1)),
        "+1 303 555 0100 rests: it keeps its pace.",
    ),
    "daily_cap": (
        "0 of 50 used today.",
        lambda it: (it.channel_has(warmup_start=1, warmup_step=2, warmup_ceiling=9, warmup_since=date(2026, 3, 1)),
                    did(it.world.acme, it.channel, date(2026, 3, 1)), it.channel_has(daily_cap=0)),
        "0 of 0 used today.",
    ),
    "segments": (
        "No brand shares its segments.", lambda it: branded(it.world.acme, 0, it.channel),
        "Acme Events used 0 of 0 today; this text takes 1.",
    ),
    "day_off": (
        "+1 303 555 0100 works on days off too.",
        lambda it: (it.channel_has(skips_days_off=True), resting(it.world.acme, clock.now().date())),
        "Not on Thanksgiving Day.",
    ),
    "quiet_hours": (
        "Texts from 8:00 to 21:00, it is Tue 9:00 in Denver, by their number.", lambda it: clock.advance(at_denver(22)),
        "Texts from 8:00 to 21:00, it is Tue 22:00 in Denver, by their number.",
    ),
    "window": (
        "Mon to Sun, 0:00 to 24:00, it is Tue 9:00 in Denver, by their number.",
        lambda it: it.channel_has(window_weekdays=[1, 2, 3, 4, 5], window_from=600, window_until=1020),
        "Mon to Fri, 10:00 to 17:00, it is Tue 9:00 in Denver, by their number.",
    ),
    "frequency": (
        "How often one person is written to is not limited.", Set.got_two,
        "1 of 2 messages today, 2 of 5 messages this week.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("gate", [gate.name for gate in GATES if gate.name not in RARE])
def test_a_change_of_each_gate_is_read(world: World, gate: str) -> None:
    it = Set(world)
    before, change, after = SHUT[gate]
    first = reading(world, it.id, gate)
    assert (first.value, first.is_open, first.until) == (before, True, None)
    change(it)
    then = reading(world, it.id, gate)
    assert then.value == after
    assert then.is_open == (gate == "frequency")


#: What few organizations have: what is read where there is none of it.
OPEN = {
    "topic_refused": "They did not refuse its topic.",
    "paused_by_them": "They asked for none.",
    "opt_out_proposed": "None of their answers waits for a decision.",
    "domain_braked": "It takes our mail.",
    "plan_used": "E-mails are left, or nobody counts them.",
    "copy_refused": "Nobody who gets a copy said no.",
}


@pytest.mark.parametrize("gate", sorted(RARE))
def test_a_change_of_each_rare_gate_is_read(world: World, gate: str) -> None:
    maya, priya, run = mailbox(world.acme), world.acme.contact(), stream(world.acme)
    (message_id,) = campaign(world.acme, maya, [priya], run)
    first = reading(world, message_id, gate)
    assert (first.value, first.is_open) == (OPEN[gate], True)
    RARE[gate](world, priya, run)
    then = reading(world, message_id, gate)
    assert not then.is_open
    assert then.value.startswith(BY_NAME[gate].sentence.partition("{")[0])


def test_the_warm_up_says_its_day(world: World) -> None:
    maya = mailbox(
        world.acme,
        daily_cap=50,
        warmup_start=10,
        warmup_step=5,
        warmup_ceiling=40,
        warmup_since=date(2026, 2, 20),
    )
    did(world.acme, maya, *(date(2026, 2, day) for day in (25, 26, 27)), date(2026, 3, 3))
    (message_id,) = campaign(world.acme, maya, [world.acme.contact()], stream(world.acme))
    assert reading(world, message_id, "daily_cap").value == "1 of 25 used today (warm-up day 4)."


def test_the_budget_that_is_used_up_says_until_when(world: World) -> None:
    it = Set(world)
    it.got_two()
    got(world.acme, it.channel, it.priya)
    found = reading(world, it.id, "frequency")
    assert (found.value, found.is_open) == ("2 of 2 messages today, 3 of 5 messages this week.", False)
    assert found.until is not None
    (answer,) = queue(world.acme, it.channel, [it.priya])
    assert reading(world, answer, "frequency").is_open


def test_the_page_and_its_fragment_show_every_gate_and_globex_sees_neither(world: World) -> None:
    it = Set(world)
    it.paused()
    url = f"/messages/{it.id}/waiting"
    page, fragment = world.acme.viewer.get(url), world.acme.viewer.get(url, headers={"HX-Request": "true"})
    assert page.status_code == fragment.status_code == 200
    for gate in GATES:
        assert gate.label in page.text
        assert gate.label in fragment.text
    assert "1 limit holds it back" in fragment.text
    assert "<html" in page.text
    assert "<html" not in fragment.text
    assert world.globex.admin.get(url).status_code == 404


def test_of_what_was_sent_the_limits_are_shown_as_they_stand(world: World) -> None:
    maya = mailbox(world.acme)
    (message_id,) = queue(world.acme, maya, [world.acme.contact()])
    world.work()
    assert message(world.acme, message_id).state == "sent"
    text = world.acme.member.get(f"/messages/{message_id}/waiting").text
    assert "What holds for this message" in text
    assert "This is how things stand now." in text
