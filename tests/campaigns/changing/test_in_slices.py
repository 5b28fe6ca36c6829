"""A change of many people: applied slice by slice by workers that die, and the same as if it were done at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from loumass.accounts.models import AuditEntry
from loumass.campaigns import jobs, listeners, states
from loumass.campaigns.changing import carrying
from loumass.campaigns.changing.applying import apply, undo
from loumass.campaigns.changing.drafts import open_change
from loumass.campaigns.models import CampaignChange, Enrollment, Step
from loumass.contacts.models import Contact
from loumass.content.models import ContentVersion
from loumass.core import clock
from loumass.core.jobs import run as run_job
from loumass.core.jobs import wake_all
from loumass.core.tenancy import serving, transaction
from loumass.events.models import Event
from loumass.events.service import Listener
from loumass.funnels.models import Node
from loumass.messages.models import Message
from tests.campaigns.anything import Crash, dying_before
from tests.campaigns.cast import Run, running, send, step, wait
from tests.campaigns.changing.edits import chosen, edited, learn, nobody_is_lost
from tests.world import World

FUNNEL = [
    send("hello"),
    wait("first", amount=3, unit="days", after="entered"),
    wait("second", amount=3, unit="days", after="entered"),
    wait("third", amount=3, unit="days", after="entered"),
    wait("fourth", amount=30, unit="days", after="entered"),
    send("again"),
    wait("rest"),
    step("end", "end"),
]
#: How long ago each pair of people came, in days, so that two stand at each step.
CAME = {"fourth": 12, "third": 8, "second": 5, "first": 2}
CHOSEN = {
    "removed": {"first": "finish", "second": "to:again", "third": "end"},
    "waits": {"fourth": "spread:4"},
    "queued": {"hello": "anew"},
}


@pytest.fixture
def by_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every change is too large to be applied at once, and a slice is one person."""
    monkeypatch.setattr(carrying, "AT_ONCE", 1)
    monkeypatch.setattr(carrying, "SLICE", 1)


@pytest.fixture
def stands_still(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time goes on only where a test says so: what is done to one campaign after another is done at the same moment."""
    began, offset = clock.now(), clock._offset
    monkeypatch.setattr(clock, "now", lambda: began + (clock._offset - offset))


def _spread_out(world: World, *names: str) -> list[Run]:
    """Campaigns with the same people, two at each step."""
    runs = [running(world.acme, FUNNEL, name=name) for name in names]
    came, before = [*CAME.items(), ("hello", 0)], max(CAME.values())
    for key, days in came:
        world.later(days=before - days)
        before = days
        people = [
            world.acme.contact(f"{key.title()} {n}", f"{key}{n}@many.example", company=key) for n in (1, 2)
        ]
        for run in runs:
            run.add(*people)
        world.work()
        for run in runs if key != "hello" else ():
            run.told("sent")
    return runs


def _drawn(run: Run) -> None:
    with edited(run) as draft:
        for key in ("first", "second", "third"):
            draft.remove(key)
        draft.set("fourth", amount=5, unit="days", after="entered")
        draft.say("hello", "Dear {{contact.last_name}}")


def _applied(run: Run) -> CampaignChange:
    with run.tenant.acting() as session:
        draft = open_change(run.id)
        assert draft is not None
        change = apply(run.id, chosen(run, draft.graph_id, **CHOSEN), run.tenant.member.id)
        session.commit()
    return change


def _slices(run: Run) -> Iterator[str]:
    """The change carried over to its end. Each slice is begun by a worker that is killed, whose ring is lost as well; what the
    watchman finds goes on. Yields where the change is after each, while more is to be done."""
    world, number = run.tenant.world, 0
    while run.now().changing_since is not None:
        with serving(run.tenant.id), suppress(Crash), dying_before(3 + number * 5 % 17):
            jobs.carry_change_on(str(run.id))
        world.bell.rings.clear()
        with run.tenant.acting() as session:
            session.execute(text("DELETE FROM agenda WHERE organization_id = :id"), {"id": run.tenant.id})
            session.commit()
        with serving(run.tenant.id):
            assert jobs.advance(str(run.id)) is False, "nobody of it walks meanwhile"
            with transaction():
                wake_all(jobs.sweep())
        if run.now().changing_since is not None:
            [ring] = [one for one in world.bell.rings if one.job == carrying.CARRY_ON]
            run_job(ring.job, str(ring.organization_id), ring.key)
        number += 1
        if phase := _phase(run):
            yield phase


def _phase(run: Run) -> str:
    """Where the change is; empty when it is over."""
    with run.tenant.acting() as session:
        found = session.scalars(select(CampaignChange).where(CampaignChange.work.is_not(None))).all()
        return found[0].work["phase"] if found and found[0].work else ""


def _became(run: Run) -> dict[str, Any]:
    """What is written of everybody, told by keys; moments to the hour: thirds of days are no whole microseconds."""
    learn(run)
    with run.tenant.acting() as session:
        frozen = session.scalars(
            select(CampaignChange.before_graph_id)
            .where(CampaignChange.campaign_id == run.id)
            .order_by(CampaignChange.number)
        ).all()
        keys = {
            row.id: f"{row.key} of {frozen.index(row.graph_id) if row.graph_id in frozen else 'now'}"
            for row in session.execute(text("SELECT id, key, graph_id FROM node WHERE organization_id = :id"), {"id": run.tenant.id})
        }  # fmt: skip
        names = {one.id: one.first_name + one.last_name for one in session.scalars(select(Contact))}
        says = {one.id: one.text for one in session.scalars(select(ContentVersion))}
        found = {}
        for one in session.scalars(select(Enrollment).where(Enrollment.campaign_id == run.id)):
            steps = session.scalars(select(Step).where(Step.enrollment_id == one.id).order_by(Step.visit))
            messages = session.scalars(
                select(Message).where(Message.enrollment_id == one.id).order_by(Message.id)
            )
            found[names[one.contact_id]] = (
                keys.get(one.node_id), one.state, one.reason, one.due_at and f"{one.due_at + timedelta(minutes=30):%d %H}", one.waiting_for, one.visit,
                [(keys[each.node_id], each.visit, each.outcome, each.version) for each in steps],
                [(each.state, each.reason, says[each.content_version_id], each.merge_values) for each in messages if each.content_version_id],
            )  # fmt: skip
        return found


def test_killed_between_and_within_any_two_slices_it_is_what_it_would_have_been_at_once(
    world: World, by_ones: None, stands_still: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_once, in_slices = runs = _spread_out(world, "Same", "Same")
    before = _became(in_slices)
    for run in runs:
        _drawn(run)
    change = _applied(in_slices)
    assert change.work is not None
    assert in_slices.now().version == 1, "the graph is changed when nobody stands on a step that goes"
    for _ in _slices(in_slices):
        nobody_is_lost(in_slices)
    monkeypatch.setattr(carrying, "AT_ONCE", 100)
    assert _applied(at_once).work is None
    became = _became(in_slices)
    assert became == _became(at_once)
    assert {name for name in before if became[name] == before[name]} == set(), "everybody is concerned"
    with world.acme.acting() as session:
        changes = session.scalars(select(CampaignChange)).all()
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "campaign.change_applied")).all()
    people = {"ended": 2, "finishing": 2, "moved": 2, "retimed": 2, "rewritten": 2}
    assert [one.people for one in changes] == [people, people]
    assert [(one.user_id, one.facts) for one in told] == [(world.acme.member.id, {"number": 2, **people})] * 2

    monkeypatch.setattr(carrying, "AT_ONCE", 1)
    with world.acme.acting() as session:
        undo(in_slices.id, 2, None)
        session.commit()
    for _ in _slices(in_slices):
        nobody_is_lost(in_slices)
    monkeypatch.setattr(carrying, "AT_ONCE", 100)
    with world.acme.acting() as session:
        undo(at_once.id, 2, None)
        session.commit()
    assert _became(in_slices) == _became(at_once)
    world.work()
    for _ in range(6):
        for run in runs:
            run.told("sent")
        world.later(days=60)
    assert {one.state for run in runs for one in run.all()} == {"ended"}, "all of them come to an end"


def _tell(run: Run, listener: Listener, who: Contact, kind: str, **facts: Any) -> None:
    """News of somebody, taken in by the listener at once: `world.work()` would carry the change over as well."""
    enrollment_id = run.of(who).id if kind == "message.replied" else None
    with run.tenant.acting() as session:
        event = Event(
            kind=kind, enrollment_id=enrollment_id, contact_id=who.id,
            campaign_id=run.id, facts=facts, happened_at=clock.now(),
        )  # fmt: skip
        listener([event])
        session.commit()


def test_what_happens_to_people_meanwhile_keeps_its_meaning(world: World, by_ones: None) -> None:
    [run] = _spread_out(world, "One")
    _drawn(run)
    with world.acme.acting() as session:
        who = {f"{one.first_name} {one.last_name}": one for one in session.scalars(select(Contact))}
    live = run.now().graph_id
    _applied(run)
    assert run.at(who["Second 1"]) == "second"
    _tell(run, listeners.on_replied, who["Third 2"], "message.replied")
    came_to_copy = set()
    for phase in _slices(run):
        nobody_is_lost(run)
        for name in ("First 1", "Second 1"):
            if name not in came_to_copy and run.of(who[name]).node_id not in run.nodes.values():
                came_to_copy.add(name)
                # The frozen copy leads on as the step did, and its campaign writes e-mails.
                if name == "First 1":
                    _tell(run, listeners.on_replied, who[name], "message.replied")
                else:
                    _tell(run, listeners.on_opted_out, who[name], "contact.unsubscribed", medium="email")
        if phase == "move_on" and run.now().state == "running":
            with world.acme.acting() as session:
                states.pause(run.id, None)
                sent = (
                    update(Message)
                    .where(Message.contact_id == who["Hello 1"].id)
                    .values(state="sent", sent_at=clock.now())
                )
                session.execute(sent)
                session.commit()
        if phase == "time" and run.of(who["Fourth 2"]).state == "waiting":
            _tell(run, listeners.on_replied, who["Fourth 2"], "message.replied")
    assert came_to_copy == {"First 1", "Second 1"}
    assert (run.now().state, run.now().version, run.now().graph_id) == ("paused", 2, live), (
        "what is paused stays so"
    )
    assert {name: run.of(one).reason for name, one in who.items() if run.of(one).state == "ended"} == {
        "Third 1": "step_removed", "Third 2": "replied", "First 1": "replied", "Second 1": "opted_out", "Fourth 2": "replied",
    }  # fmt: skip
    learn(run)
    assert [run.at(who[name]) for name in ("Second 2", "Fourth 1", "Hello 1", "Hello 2")] == [
        "again",
        "fourth",
        "hello",
        "hello",
    ]
    assert [(run.messages(who[name])[0].merge_values or {}).keys() & {"contact.last_name"} for name in ("Hello 1", "Hello 2")] == [
        set(), {"contact.last_name"},
    ], "what left before the slice that writes it anew left with the words that it had"  # fmt: skip


def test_what_is_asked_of_a_campaign_meanwhile(world: World, by_ones: None) -> None:
    ben, [run] = world.acme.member, _spread_out(world, "Broker Night")
    _drawn(run)
    page, pause = f"/campaigns/{run.id}", run.nodes["first"]
    begun = ben.post(f"{page}/change/apply", {f"removed-{pause}": "finish"})
    assert begun.location.endswith(page), "the click is answered at once"
    [ring] = [one for one in world.bell.rings if one.job == carrying.CARRY_ON]
    assert ring.is_urgent
    run_job(ring.job, str(ring.organization_id), ring.key)
    shown = ben.get(page).text
    assert "The change is being applied: 1 of 8 people" in shown
    assert f'hx-get="{page}/change/progress"' in shown
    assert "A change of the campaign is being applied" in shown
    assert "1 of 8 people" in ben.get(f"{page}/change/progress").text
    versions = ben.get(f"{page}/versions").text
    assert "1 of 8 people" in versions
    assert ("Version 2" in versions, "Change this funnel" in versions) == (False, False)
    assert "is being applied" in ben.get(f"/funnels/{run.now().graph_id}").text
    settings = {
        "name": "Other", "event_type": "", "email_channel": run.email.id, "sms_channel": run.sms.id, "owner": ben.id,
    }  # fmt: skip
    for path, form in (
        ("change", {}), ("change/apply", {}), ("change/discard", {}), ("change/base", {}), ("versions/undo", {"number": 1}),
        ("settings", settings), ("cancellation", {}), ("start", {}), ("unschedule", {}),
    ):  # fmt: skip
        refused = ben.post(f"{page}/{path}", form)
        assert refused.status_code == 409, path
        assert (
            "1 of 8 people. Until then Broker Night cannot be changed. Nothing was changed." in refused.text
        ), path
    with world.acme.acting() as session:
        hellos = session.scalars(select(Node).where(Node.key == "hello")).all()
    assert len({one.graph_id for one in hellos}) == 3, "the one that runs, the draft and the frozen one"
    for one in hellos:
        said = ben.post(
            f"/funnels/{one.graph_id}/steps/{one.id}", {"name": "Hello", "subject": "x", "text": "x"}
        )
        assert said.status_code == 409
    assert ben.post(f"{page}/pause").status_code == 303
    assert ben.post(f"{page}/resume").status_code == 409
    world.work()
    over = ben.get(f"{page}/change/progress")
    assert (over.text, over.headers["HX-Refresh"]) == ("", "true")
    assert "Undo this change" in ben.get(f"{page}/versions").text
    assert ben.post(f"{page}/resume").status_code == 303
    world.work()
    undone = ben.post(f"{page}/versions/undo", {"number": 2})
    assert undone.location.endswith(page)
    assert "The change is being taken back: 0 of" in ben.get(page).text
    world.work()
    assert run.now().version == 3
    nobody_is_lost(run)
