"""A campaign changed while people walk it: nobody is lost, nobody is written to twice, and each is treated as chosen."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from loumass.campaigns import backlog, deciding, jobs, states
from loumass.campaigns.advancing.slice import advance_slice
from loumass.campaigns.changing.applying import apply, undo
from loumass.campaigns.changing.choices import Choices
from loumass.campaigns.changing.drafts import begin, discard, go_on
from loumass.campaigns.models import Campaign, Step
from loumass.contacts.models import Contact
from loumass.core.errors import Conflict, Refused
from loumass.core.tenancy import acting_for, get_or_404, serving
from tests.campaigns.cast import Planned, Run, ask, running, send, step, text_to, wait
from tests.campaigns.changing.edits import applied, edited, learn, nobody_is_lost, reviewed
from tests.campaigns.test_at_the_same_time import meanwhile, ready
from tests.world import World


def invitation() -> list[Planned]:
    return [
        send("hello"),
        wait("pause", amount=20, unit="days", after="entered"),
        send("again"),
        wait("rest"),
        step("end", "end"),
    ]


def test_a_step_that_is_taken_out_lets_people_finish_on_the_old_version(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    assert run.at(priya) == "pause"
    with edited(run) as draft:
        draft.remove("pause")
        draft.put("Nudge", "sms_send", after="hello", says="Hi")
    review = reviewed(run)
    assert [(one.node.key, one.people) for one in review.removed] == [("pause", 1)]
    assert [(one.node.name, one.people) for one in review.too_late] == []
    change = applied(run, removed={"pause": "finish"})
    assert (change.number, change.people) == (2, {"finishing": 1})
    assert change.summary == "Nudge added, Pause taken out, Hello changed"
    run.add(marcus)
    world.work()
    run.told("sent", only=marcus)
    assert run.at(marcus) == "again", "he has no phone, and there is no pause any more"
    assert run.at(priya) == "outside", "she stands on the frozen copy"
    world.later(days=20, minutes=1)
    assert [message.contact_id for message in run.messages() if message.state == "queued"] == [
        marcus.id,
        priya.id,
    ]
    run.told("sent")
    world.later(days=4)
    assert [run.of(one).reason for one in (priya, marcus)] == ["finished", "finished"]
    assert _versions(run, priya) == [1, 1, 1, 1, 1], "she walked the first version to its end"
    assert _versions(run, marcus) == [2, 2, 2, 2, 2]


def _versions(run: Run, contact: Contact) -> list[int]:
    one = run.of(contact).id
    with run.tenant.acting() as session:
        found = select(Step.version).where(Step.enrollment_id == one).order_by(Step.visit)
        return list(session.scalars(found))


def test_people_on_a_step_that_goes_are_moved_or_leave(world: World) -> None:
    priya = world.acme.contact(phone="+13035550111")
    marcus = world.acme.contact("Marcus Bell", "marcus@bell.example")
    luis = world.acme.contact("Luis Ortega", "luis@ortega.example")
    run = running(world.acme, [*invitation()[:4], text_to("call"), step("end", "end")], priya, marcus, luis)
    run.told("sent")
    back_at = World.begins_at + timedelta(days=300)
    run.happened("contact.away", luis, until=back_at.isoformat())
    held = run.of(marcus).id
    with world.acme.acting() as session:
        deciding.hold_people([held], None)
        session.commit()
    with edited(run) as draft:
        draft.remove("pause")
    assert [one.node.key for one in reviewed(run, removed={"pause": "to:hello"}).again] == ["hello"]
    assert reviewed(run, removed={"pause": "to:call"}).again == []
    applied(run, removed={"pause": "to:call"})
    assert run.at(priya) == "call"
    assert (run.at(marcus), run.of(marcus).state, run.of(marcus).reason) == ("call", "held", "by_hand")
    assert (run.at(luis), run.of(luis).state, run.due(luis)) == ("call", "waiting", back_at), (
        "who is away stays away"
    )
    assert run.path(priya)[1] == ("pause", "moved")
    assert [message.medium for message in run.messages(priya)] == ["email", "sms"]
    with edited(run) as draft:
        draft.remove("call")
    assert reviewed(run).removed[0].messages == 1
    applied(run, removed={"call": "end"})
    assert run.at(marcus) == "ended: step_removed", "who is on hold leaves as well"
    assert run.at(priya) == "ended: step_removed"
    assert [message.state for message in run.messages(priya)] == ["sent", "cancelled"]


def test_one_draft_at_a_time(world: World) -> None:
    run = running(world.acme, invitation(), world.acme.contact())
    with edited(run), pytest.raises(Conflict, match="draft of change"):
        begin(run.id, None)


def test_a_shorter_wait_floods_nobody_unless_somebody_says_so(world: World) -> None:
    people = [world.acme.contact(f"Person {n}", f"p{n}@many.example") for n in range(4)]
    run = running(world.acme, invitation(), *people[:3])
    run.told("sent")
    world.later(days=3)
    run.add(people[3])
    world.work()
    run.told("sent", only=people[3])
    before = {one.id: run.due(one) for one in people}
    world.later(days=14)
    with edited(run) as draft:
        draft.set("pause", amount=6, unit="days", after="entered")
    times = reviewed(run).waits[0].times
    assert (times.waiting, times.earlier, times.now, times.later) == (4, 4, 4, 0)
    applied(run)
    assert {one.id: run.due(one) for one in people} == before, "what nobody answers leaves their times"
    with edited(run) as draft:
        draft.set("pause", amount=5, unit="days", after="entered")
    applied(run, waits={"pause": "spread:3"})
    assert len(run.messages()) == 4 + 1, "the first one goes at once"
    assert str((run.of(people[1]).waiting_for or {})["because"]) == "Its turn after the change"
    world.later(hours=3)
    assert len(run.messages()) == 8, "and everybody once"
    assert {run.at(one) for one in people} == {"again"}


def test_a_longer_wait_is_taken_over_and_a_shorter_one_at_once(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    with edited(run) as draft:
        draft.set("pause", amount=30, unit="days", after="entered")
    before = run.due(priya)
    applied(run)
    assert round((run.due(priya) - before) / timedelta(days=1)) == 10
    with edited(run) as draft:
        draft.set("pause", amount=1, unit="hours", after="entered")
    assert reviewed(run).waits[0].times.today == 1
    applied(run, waits={"pause": "now"})
    world.later(minutes=58)
    assert run.at(priya) == "pause"
    world.later(minutes=3)
    assert run.at(priya) == "again"


def test_a_paused_campaign_asks_about_those_whom_a_shorter_wait_made_past_due(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    world.later(days=15)
    with world.acme.acting() as session:
        states.pause(run.id, None)
        session.commit()
    with edited(run) as draft:
        draft.set("pause", amount=6, unit="days", after="entered")
    applied(run, waits={"pause": "now"})
    assert run.at(priya) == "pause"
    with world.acme.acting() as session:
        assert backlog.backlog_of(get_or_404(Campaign, run.id)).people == 1
        with pytest.raises(Conflict, match="Say first what becomes of them"):
            states.resume(run.id)
        session.rollback()
        states.resume(run.id, backlog.Choice("skip"))
        session.commit()
    world.work()
    assert len(run.messages()) == 1, "republishing after two weeks floods nobody"
    assert run.at(priya) == "ended: finished", (
        "and what she waits for after the last message has passed as well"
    )


def test_what_is_queued_goes_as_planned_or_is_written_anew(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    run = running(world.acme, invitation(), priya, marcus)
    with edited(run) as draft:
        draft.say("hello", "Dear {{contact.first_name}}, it is {{campaign.name}}")
    assert [(one.node.key, one.messages) for one in reviewed(run).old_words] == [("hello", 2)]
    before = [message.content_version_id for message in run.messages()]
    applied(run)
    assert [message.content_version_id for message in run.messages()] == before
    with edited(run) as draft:
        draft.say("hello", "Dear {{contact.first_name}} of {{contact.last_name}}, see {{campaign.name}}")
    applied(run, queued={"hello": "anew"})
    after = run.messages(priya)[0]
    assert after.content_version_id not in before
    assert (after.merge_values or {})["contact.last_name"] == "Raman"
    assert (after.merge_values or {})["campaign.name"] == "Broker Night"
    assert {message.state for message in run.messages()} == {"queued"}


def test_who_comes_by_a_step_again_skips_it_unless_told_to_repeat(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    with edited(run) as draft:
        draft.lead("pause", next="hello")
        draft.begin_at("pause")
        draft.lead("hello", next="again")
    assert [(one.node.key, one.people) for one in reviewed(run).again] == [("hello", 1)]
    applied(run)
    run.add(marcus)
    world.work()
    world.later(days=21)
    assert [message.state for message in run.messages(priya)] == ["sent", "queued"], (
        "the next step's, not again"
    )
    assert run.path(priya)[-2] == ("hello", "had it before")
    assert run.at(marcus) == "hello", "he never had it"


def test_an_explicit_repeat_is_written_twice(world: World) -> None:
    priya = world.acme.contact()
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    with edited(run) as draft:
        draft.remove("again")
        draft.lead("pause", next="hello")
        draft.lead("hello", next="rest")
        draft.begin_at("pause")
    applied(run, repeats={"hello": "repeat"})
    world.later(days=21)
    assert [message.node_id for message in run.messages(priya)] == [run.nodes["hello"]] * 2


def test_an_applied_change_is_taken_back_by_one_click(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    run = running(world.acme, invitation(), priya)
    run.told("sent")
    with edited(run) as draft:
        draft.remove("again")
        draft.put("Other", "email_send", after="pause", says="Other")
    applied(run)
    run.add(marcus)
    world.work()
    run.told("sent", only=marcus)
    world.later(days=21)
    assert (run.at(priya), run.at(marcus)) == ("other", "other")
    with world.acme.acting() as session:
        change = undo(run.id, 2, world.acme.admin.id)
        session.commit()
        assert (change.number, change.summary) == (
            3,
            "Version 2 taken back. Again added, Other taken out, Pause changed",
        )
        assert change.people == {"finishing": 2}
    with world.acme.acting(), pytest.raises(Conflict, match="Version 3 was applied"):
        undo(run.id, 2, None)
    again_id = run.nodes["again"]
    learn(run)
    nobody_is_lost(run)
    assert run.nodes["again"] == again_id, "the step that comes back is the one that it was"
    run.told("sent")
    world.later(days=4)
    assert [run.of(one).reason for one in (priya, marcus)] == ["finished", "finished"]
    assert len(run.messages(priya)) == 2


def test_another_change_that_was_applied_meanwhile_is_a_conflict(world: World) -> None:
    run = running(world.acme, invitation(), world.acme.contact())
    with edited(run) as draft:
        draft.remove("pause")
    applied(run)
    with edited(run) as draft:
        draft.remove("rest")
    with world.acme.acting() as session:
        undo(run.id, 2, None)
        session.commit()
    with pytest.raises(Conflict, match="Version 3 was applied since this draft was made from version 2"):
        applied(run)
    with world.acme.acting() as session:
        go_on(run.id)
        session.commit()
    assert reviewed(run).proposal.comparison.sentence == "Pause and Rest taken out, Hello and Again changed"
    applied(run)


def test_a_draft_that_is_discarded_leaves_nothing(world: World) -> None:
    run = running(world.acme, invitation(), world.acme.contact())
    with edited(run) as draft:
        draft.remove("pause")
    with world.acme.acting() as session:
        discard(run.id)
        session.commit()
    with edited(run) as draft:
        draft.remove("rest")
    with world.acme.acting() as session:
        session.rollback()
    applied(run)
    assert "pause" in run.nodes


def test_a_draft_with_problems_or_without_a_change_is_not_applied(world: World) -> None:
    run = running(world.acme, invitation(), world.acme.contact())
    with edited(run):
        pass
    with pytest.raises(Refused, match="nothing to apply"):
        applied(run)
    with edited(run) as draft:
        draft.put("Nudge", "email_send", after="pause")
    with pytest.raises(Refused, match="Nudge has nothing to say"):
        applied(run)


def test_a_reply_and_questions_about_steps_follow_people_onto_older_versions(world: World) -> None:
    priya, marcus = world.acme.contact(), world.acme.contact("Marcus Bell", "marcus@bell.example")
    steps = [
        send("hello"),
        wait("pause", amount=20, unit="days", after="entered"),
        ask(
            "sent", {"yes": "answered", "no": "no"}, test="sent_within", step="hello", amount=90, unit="days"
        ),
        ask("answered", {"yes": "yes", "no": "no"}, test="replied"),
        step("yes", "end", reason="good"),
        step("no", "end", reason="bad"),
    ]
    run = running(world.acme, steps, priya, marcus)
    run.told("sent")
    with edited(run) as draft:
        for key in ("pause", "sent", "answered", "yes"):
            draft.remove(key)
        draft.lead("hello", next="no")
    applied(run)
    run.happened("message.replied", priya)
    assert run.of(priya).state == "waiting", (
        "a branch for replies lies ahead on the version that she finishes on"
    )
    world.later(days=21)
    assert (run.at(priya), run.at(marcus)) == ("ended: good", "ended: bad")


def test_a_change_waits_for_the_slice_at_hand_and_the_next_slice_for_the_change(world: World) -> None:
    run = ready(world)
    with edited(run) as draft:
        draft.remove("hello")
        draft.put("Hey", "email_send", after="pause", says="Hey")
        draft.begin_at("pause")

    def change() -> int | None:
        with acting_for(world.acme.id) as session:
            made = apply(run.id, Choices(), None)
            thread, answers = meanwhile(slice_of)
            thread.join(timeout=0.3)
            assert answers == [], "no slice walks while the ground moves"
            session.commit()
            waiting.append((thread, answers))
            return made.number

    def slice_of() -> Any:
        with serving(world.acme.id):
            return jobs.advance(str(run.id))

    waiting: list[Any] = []
    with world.acme.acting() as session:
        assert advance_slice(run.id) is not None
        thread, answers = meanwhile(change)
        thread.join(timeout=0.3)
        assert answers == [], "the three who walk just now arrive first"
        session.commit()
    thread.join(timeout=60)
    [(following, walked)] = waiting
    following.join(timeout=60)
    assert (answers, walked) == ([2], [False])
    learn(run)
    nobody_is_lost(run)
    run.told("sent")
    world.later(days=4)
    assert len(run.messages()) == 6, "they finish as they began"
