"""The time machine against the real engine: the same people get the same messages at the same times."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from loumass.campaigns import starting
from loumass.contacts.models import Contact
from tests.campaigns.cast import ask, drafted, send, step, text_to, wait
from tests.campaigns.changing.edits import applied, edited
from tests.campaigns.simulated import Letters, played, simulated, standing_still
from tests.messages.limits import resting
from tests.messages.sending import mailbox, number
from tests.world import World

FUNNEL = [
    send("hello"),
    wait(
        "pause",
        amount=2,
        unit="days",
        after="sent",
        weekdays=[0, 1, 2, 3, 4],
        opens="10:00",
        closes="15:00",
        days_off="skip",
    ),
    ask("where", {"yes": "text", "no": "again"}, test="field", field="city", operator="is", value="Denver"),
    text_to("text"),
    send("again"),
    ask("replied", {"yes": "done", "timeout": "last"}, test="replied", wait_up_to=3, wait_unit="days"),
    send("last"),
    step("done", "end"),
]


#: Hours open one zone after the other, so that the order in which equals are planned does not matter.
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/New_York",
    None,
    "America/New_York",
    "Europe/Berlin",
    None,
    None,
)
BEGINS = datetime(2026, 3, 5, 7, 0, tzinfo=UTC)  # Thursday, three days before clocks change in Denver


def people_of(world: World) -> list[Any]:
    return world.acme.contacts([
        {
            "name": f"P{n} R", "email": None if n == 7 else f"p{n}.silent@r.example", "phone": f"+1303{200 + n}0117",
            "timezone": zone, "city": "" if zone == "Europe/Berlin" else "Denver",
        }
        for n, zone in enumerate(ZONES)
    ])  # fmt: skip


def told(letters: Letters, people: Sequence[Contact]) -> Counter[Any]:
    """What people of a kind got, and when: equals may change places."""
    got = {one.id: (one.timezone, one.email is None) for one in people}
    return Counter(
        (kind, tuple(sorted((at, key) for (key, who), at in letters.items() if who == contact_id)))
        for contact_id, kind in got.items()
    )


def test_the_same_messages_at_the_same_times(world: World) -> None:
    with standing_still(BEGINS) as moment:
        email = mailbox(
            world.acme, "events@acme.example", daily_cap=3, window_weekdays=[1, 2, 3, 4, 5], window_from=540,
            window_until=1020, skips_days_off=True, warmup_start=1, warmup_step=1, warmup_ceiling=3, warmup_since=BEGINS.date(),
        )  # fmt: skip
        # A day off while the first of them still wait for their mail, one of a step's wait, and one in Berlin's Sunday.
        resting(world.acme, *(date(2026, 3, day) for day in (6, 10, 15, 16)))
        sms = number(world.acme, "+13035550199", per_minute=6)
        people = people_of(world)
        run = drafted(world.acme, FUNNEL, email_channel_id=email.id, sms_channel_id=sms.id)
        run.add(*people)
        at_first = simulated(run)
        with world.acme.acting() as session:
            starting.start(run.id)
            session.commit()
        half_way = moment[0] + timedelta(days=4, hours=3)
        played(run, moment, half_way)
        moment[0] = half_way
        rest = simulated(run)
        real = played(run, moment, half_way + timedelta(days=60))
    assert len(real) > 20
    assert told(at_first.letters, people) == told(real, people)
    later = {one: at for one, at in real.items() if at >= half_way}
    assert later
    assert told(rest.letters, people) == told(later, people)


def test_goals_and_older_versions_as_the_engine_has_them(world: World) -> None:
    """Half of them finish on the version that was; each version has a goal of its own, reached by what was sent."""
    goal = step("goal", "goal", {}, test="sent_within", step="again", amount=2, unit="days")
    with standing_still(BEGINS) as moment:
        email, sms = (
            mailbox(world.acme, "events@acme.example", daily_cap=3),
            number(world.acme, "+13035550199", per_minute=6),
        )
        people = people_of(world)
        run = drafted(world.acme, [*FUNNEL, goal], email_channel_id=email.id, sms_channel_id=sms.id)
        run.add(*people[:5])
        with world.acme.acting() as session:
            starting.start(run.id)
            session.commit()
        played(run, moment, moment[0] + timedelta(days=1, hours=3))
        moment[0] = BEGINS + timedelta(days=1, hours=3)
        with edited(run) as draft:
            draft.put("Nudge", "email_send", after="hello", says="A nudge")
            draft.remove("pause")
            draft.remove("goal")
            goal_key = draft.put("Enough", "goal", after="nudge")
            draft.set(goal_key, test="sent_within", step="nudge", amount=1, unit="hours")
            draft.lead(goal_key, next="where")
        applied(run, removed={"pause": "finish"})
        run.add(*people[5:])
        forecast = simulated(run)
        real = played(run, moment, moment[0] + timedelta(days=60))
    later = {one: at for one, at in real.items() if at >= BEGINS + timedelta(days=1, hours=3)}
    assert told(forecast.letters, people) == told(later, people)
    assert {one.reason for one in run.all()} >= {"goal"}
    ended = Counter(one.reason for one in run.all())
    assert forecast.ended["goal"] == ended["goal"] > 3
    assert not any(reason == "elsewhere" for reason, _ in forecast.on_hold)
