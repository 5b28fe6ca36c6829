"""The pages of the time machine: asked, shown, cancelled, walked through by hand. Nothing is sent or written."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Engine, insert, text

from loumass.campaigns.models import Enrollment
from loumass.campaigns.simulating import kept, running
from loumass.campaigns.simulating.wishes import Wish
from loumass.tasks.models import Task
from tests.api import program_of
from tests.campaigns.cast import Run, ask, drafted, send, step, text_to, wait
from tests.campaigns.cast import running as set_going
from tests.house.url_map import everything
from tests.messages.limits import resting
from tests.messages.sending import changed, mailbox
from tests.tasks.calling import CALL
from tests.world import World

FUNNEL = [
    send("hello"),
    wait("pause", amount=2, unit="days"),
    ask("replied", {"yes": "talk", "timeout": "again"}, test="replied", wait_up_to=3, wait_unit="days"),
    send("again"),
    step("talk", "end"),
]
FORM = {"source": "", "reply": "0", "open": "0", "click": "0", "bounce": "0", "seed": "1", "task_hours": "24"}


def graph_of(run: Run) -> UUID:
    return run.now().graph_id


def simulated(world: World, run: Run, **form: Any) -> tuple[str, str]:
    """The page of the result, and its address."""
    answer = world.acme.member.post(f"/funnels/{graph_of(run)}/simulations", {**FORM, **form})
    assert answer.status_code == 303, answer.text
    world.work()
    page = world.acme.member.get(answer.location)
    assert page.status_code == 200
    return page.text, answer.location


def report_of(world: World, run: Run, address: str) -> Any:
    """What is kept of a simulation that is done."""
    graph_id = graph_of(run)
    with world.acme.acting():
        found = kept.find(UUID(address.rpartition("/")[2]), graph_id)
    assert found is not None
    return found.report


def words_of(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_a_campaign_is_simulated_without_a_trace(world: World, ledger: Engine) -> None:
    email = mailbox(world.acme, "events@acme.example", daily_cap=2)
    people = world.acme.contacts([{"name": f"P{n} R", "email": f"p{n}@r.example"} for n in range(5)])
    world.acme.contact("No Mail", email=None, phone="+13035550117")
    run = drafted(world.acme, FUNNEL, email_channel_id=email.id)
    run.add(*people)
    form = world.acme.member.get(f"/funnels/{graph_of(run)}/simulate").text
    assert "What if, of 100 messages" in form
    before = everything(ledger)
    page, address = simulated(world, run)
    told = words_of(page)
    assert "5 inside now" in told
    assert "10 exactly" in told  # each gets both
    assert "events@acme.example has used its messages of the day" in told
    # Three of five wait from the first moment to midnight in Denver.
    full = [one for one in report_of(world, run, address)["held"] if one[1] == "daily_cap"]
    assert full[0][2:] == ["2026-03-03", 3, full[0][4], "2026-03-04T07:00:00+00:00"]
    assert "Reached the end 5" in told
    csv = world.acme.member.get(f"{address}/messages.csv").text
    assert sum(int(line.rpartition(",")[2]) for line in csv.splitlines()[1:]) == 10
    hours = world.acme.member.get(f"{address}?day=2026-03-03&sender=0").text
    assert "Messages per hour" in hours
    assert everything(ledger) == before
    # With everybody else, who has no address on e-mail cannot even be added.
    assert "5 inside now" in words_of(simulated(world, run, source="everyone:")[0])
    assert (
        world.acme.member.post(f"/funnels/{graph_of(run)}/simulations", {**FORM, "reply": "101"}).status_code
        == 422
    )
    assert world.globex.member.post(f"/funnels/{graph_of(run)}/simulations", FORM).status_code == 404
    assert world.globex.member.get(address).status_code == 404


def test_those_who_would_be_added_walk_too_and_who_is_skipped_is_named(world: World) -> None:
    email = mailbox(world.acme, "events@acme.example")
    priya = world.acme.contact("Priya Raman")
    world.acme.contact("Noor Said", email=None, phone="+13035550118")
    run = drafted(
        world.acme, [send("hello"), text_to("nudge"), step("done", "end")], email_channel_id=email.id
    )
    run.add(priya)
    page, address = simulated(world, run, source="everyone:")
    assert "1 would be added" in words_of(page)
    skipped = re.findall(r'href="([^"]*people\?[^"]*)"[^>]*>No e-mail address', page)
    assert skipped
    named = world.acme.member.get(skipped[0].replace("&amp;", "&")).text
    assert "Noor Said" in named
    assert "Priya Raman" not in named
    with world.acme.acting():
        assert kept.find(UUID(address.rpartition("/")[2]), uuid4()) is None


def test_chance_follows_from_the_seed(world: World) -> None:
    email = mailbox(world.acme, "events@acme.example")
    run = drafted(world.acme, FUNNEL, email_channel_id=email.id)
    run.add(*world.acme.contacts([{"name": f"P{n} R", "email": f"p{n}@r.example"} for n in range(40)]))

    def result(seed: int) -> Any:
        _, address = simulated(world, run, reply="30", bounce="10", seed=str(seed))
        report = report_of(world, run, address)
        return {name: report[name] for name in ("sent", "ended", "did", "last_sent")}

    first = result(1)
    assert first["did"]["replied"] > 0 < first["did"]["bounced"]
    # What people did last time they were written to follows from them and the seed alone.
    assert first["ended"] == result(1)["ended"]
    assert first != result(2)


def test_many_are_simulated_by_a_job_that_can_be_stopped(world: World, monkeypatch: Any) -> None:
    monkeypatch.setattr(running, "SMALL", 3)
    monkeypatch.setattr(running, "_TOLD_EVERY", 0.0)
    run = set_going(
        world.acme,
        FUNNEL,
        *world.acme.contacts([{"name": f"P{n} R", "email": f"p{n}@r.example"} for n in range(5)]),
    )
    address = world.acme.member.post(f"/funnels/{graph_of(run)}/simulations", FORM).location
    waiting = world.acme.member.get(address).text
    assert "It begins in a moment" in waiting
    assert world.acme.member.get(f"{address}/progress").status_code == 200
    world.work()
    assert world.acme.member.get(f"{address}/progress").headers["HX-Redirect"] == address
    assert "5 inside now" in words_of(world.acme.member.get(address).text)

    address = world.acme.member.post(f"/funnels/{graph_of(run)}/simulations", FORM).location
    assert world.acme.member.post(f"{address}/cancellation").status_code == 303
    world.work()
    assert "It was cancelled" in world.acme.member.get(address).text
    graph_id = graph_of(run)
    with world.acme.acting():
        kept.keep(UUID(int=7), Wish(graph_id=graph_id), "failed", problem="Nobody is left.")
        assert (
            running.taken_on(UUID(int=7), Wish(graph_id=graph_id)) is None
        )  # what is over is not done again
    assert "Nobody is left." in world.acme.member.get(f"/funnels/{graph_id}/simulations/{UUID(int=7)}").text
    gone = world.acme.member.get(f"/funnels/{graph_of(run)}/simulations/{uuid4()}")
    assert (gone.status_code, "kept for a day" in gone.text) == (404, True)


def test_what_comes_of_tasks_and_calls_is_chosen_or_as_it_was(world: World) -> None:
    email = mailbox(world.acme, "events@acme.example")
    people = world.acme.contacts([{"name": f"P{n} R", "email": f"p{n}@r.example"} for n in range(60)])
    hook = {"url": "https://hooks.example/in", "waits": "wait"}
    steps = [
        step("ring", "task", {"a": "glad", "next": "post", "timeout": "late"}, **CALL | {"give_up_after": 2}),
        send("glad", ways={"next": "late"}),
        step("post", "webhook", {"next": "late", "failed": "off"}, **hook),
        step("late", "end", reason="late"),
        step("off", "end", reason="off"),
    ]
    run = drafted(world.acme, steps, email_channel_id=email.id)
    run.add(*people)
    ben, graph_id = world.acme.member, graph_of(run)

    def asked() -> dict[str, str]:
        page = ben.get(f"/funnels/{graph_id}/simulate").text
        return dict(re.findall(r'name="way-(\S+)"[^>]*value="([^"]*)"', page))

    even = {
        "ring-a": "25",
        "ring-b": "25",
        "ring-c": "25",
        "ring-d": "25",
        "ring-next": "0",
        "ring-timeout": "0",
    }
    assert asked() == even | {"post-next": "50", "post-failed": "50"}
    # Nobody did half of them in time, which is known two days after they were due; of the calls all are given up.
    said = {"way-ring-a": "50", "way-ring-timeout": "50", "way-post-failed": "100"}
    page, address = simulated(world, run, **said)
    [ring, _, _, late, _] = report_of(world, run, address)["steps"]
    assert ring["left"]["a"] + ring["left"]["timeout"] == 60
    assert 15 < ring["left"]["a"] < 45
    assert late["last"].startswith("2026-03-05T16:")
    told = words_of(page)
    assert f"{ring['left']['a']} Reached" in told
    assert "Taken to be done after 24 hours: 50% Reached, 50% nobody did it" in told
    assert 'value="50"' in page.partition('name="way-ring-a"')[2][:200], (
        "what was asked stands beside its result"
    )
    off = report_of(world, run, simulated(world, run, **{"way-ring-c": "100", "way-post-failed": "100"})[1])
    assert off["ended"] == {"off": 60}
    wrong = ben.post(f"/funnels/{graph_id}/simulations", {**FORM, "way-ring-a": "30"})
    assert wrong.status_code == 422
    assert "The outcomes of Ring add up to 30%. Make it 100." in wrong.text
    # From ten that were closed on, they come out as those did.
    closed = [_closed(run, number, one) for number, one in enumerate(run.all()[:12])]
    with world.acme.acting() as session:
        session.execute(insert(Task), closed)
        session.commit()
    assert asked() == even | {
        "ring-a": "50", "ring-b": "0", "ring-c": "25", "ring-d": "0", "ring-next": "8", "ring-timeout": "17",
        "post-next": "50", "post-failed": "50",
    }  # fmt: skip


def _closed(run: Run, number: int, enrollment: Enrollment) -> dict[str, Any]:
    came = [*[("done", "a")] * 6, *[("done", "c")] * 3, *[("expired", None)] * 2, ("skipped", None)]
    state, outcome = came[number]
    return {
        "kind": "call", "title": "Ring", "script": "", "outcomes": [], "priority": 2, "due_at": World.begins_at,
        "contact_id": enrollment.contact_id, "stream_id": run.id, "enrollment_id": enrollment.id, "step_id": uuid4(),
        "node_id": run.nodes["ring"], "state": state, "outcome": outcome, "closed_at": World.begins_at,
    }  # fmt: skip


def test_one_person_is_led_through_by_hand(world: World, ledger: Engine) -> None:
    email = mailbox(
        world.acme, "events@acme.example", window_from=600, window_until=960, window_weekdays=[1, 2, 3, 4, 5]
    )
    priya = world.acme.contact("Priya Raman", timezone="America/New_York")
    run = drafted(world.acme, [*FUNNEL[:4], wait("last"), step("talk", "end")], email_channel_id=email.id)
    run.add(priya)
    graph_id = graph_of(run)
    assert "Choose somebody" in world.acme.viewer.get(f"/funnels/{graph_id}/person").text
    assert "Priya" in world.acme.viewer.get(f"/funnels/{graph_id}/person?q=priya").text
    before = everything(ledger)
    page = world.acme.viewer.get(f"/funnels/{graph_id}/person?contact={priya.id}").text
    told = words_of(page)
    assert "Priya Raman is inside" in told
    assert "Leaves 11:00 by events@acme.example" in told  # 9:00 in Denver
    assert "2 days after the message of Tue 3 Mar" in told
    assert "Waits for a reply, until Sun 8 Mar" in told
    # Nobody answers: it goes on when the waiting is over, and then on Monday morning.
    assert "Leaves Mon 10:00" in told
    assert "Leaves the campaign: reached the end" in told
    yes = re.findall(r'href="([^"]*a=yes[^"]*)"', page)[0].replace("&amp;", "&")
    other = words_of(world.acme.viewer.get(yes.partition("#")[0]).text)
    assert "Leaves Mon 10:00" not in other
    assert "Leaves the campaign: reached the end, Thu 11:00" in other
    assert everything(ledger) == before
    # The same where today is a day off of a sender that skips them, and the second day after tomorrow one of the wait.
    changed(world.acme, email, skips_days_off=True)
    skipping(world, graph_id)
    resting(world.acme, date(2026, 3, 3), date(2026, 3, 6), name="Founders Day")
    told = words_of(world.acme.viewer.get(f"/funnels/{graph_id}/person?contact={priya.id}").text)
    assert "A day off, on which events@acme.example rests: Wed 10:00" in told
    assert "2 days after the message of Wed 4 Mar, not on Founders Day, then no holidays: Sat 0:00" in told


def skipping(world: World, graph_id: Any) -> None:
    """The waits of the graph skip days off."""
    with world.acme.acting() as session:
        session.execute(
            text("UPDATE node SET config = config || CAST(:skip AS jsonb) "
                 "WHERE organization_id = :id AND graph_id = :graph_id AND kind = 'wait'"),
            {"id": world.acme.id, "graph_id": graph_id, "skip": '{"days_off": "skip"}'},
        )  # fmt: skip
        session.commit()


def test_a_template_is_simulated_with_invented_people(world: World) -> None:
    email = mailbox(world.acme, "events@acme.example", daily_cap=400)
    world.acme.member.post("/templates/examples")
    with world.acme.acting() as session:
        graph_id = session.scalar(
            text("SELECT draft_graph_id FROM template WHERE organization_id = :id AND name ILIKE '%cold%'"),
            {"id": world.acme.id},
        )
    assert "Simulate" in world.acme.member.get(f"/funnels/{graph_id}").text
    form = {
        **FORM,
        "sample": "1000",
        "email_channel": str(email.id),
        "sms_channel": "",
        "voicemail_channel": "",
    }
    answer = world.acme.member.post(f"/funnels/{graph_id}/simulations", form)
    assert answer.status_code == 303, words_of(answer.text)
    told = words_of(world.acme.member.get(answer.location).text)
    assert "1,000 invented" in told
    assert re.search(r"has used its messages of the day .*?600", told)
    skipping(world, graph_id)
    resting(world.acme, date(2026, 3, 3))
    walk = words_of(world.acme.member.get(f"/funnels/{graph_id}/person").text)
    assert "Somebody invented" in walk
    assert "Next time it is Tue to Thu, 8 to 11:30 their time, no holidays: Wed 8:00" in walk


def test_a_program_that_asks_twice_is_answered_once(world: World) -> None:
    """Simulating may only read; that its answer is kept under a key is another matter."""
    run = set_going(world.acme, FUNNEL, world.acme.contact("Priya Raman", "priya@lake.example"))
    ben, asked = program_of(world.acme.member), f"/funnels/{graph_of(run)}/simulations"
    first, again = (ben("POST", asked, {"seed": 4}, headers={"Idempotency-Key": "once"}) for _ in range(2))
    assert (first.status_code, first.json["state"]) == (201, "done"), first.text
    assert (again.status_code, again.json) == (201, first.json)
    assert again.headers["Idempotency-Replayed"] == "true"
