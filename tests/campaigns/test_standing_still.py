"""Who is away, or may have asked us to stop, stands still: visibly, until they are back or a person decides."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from loumass.campaigns.models import Enrollment
from loumass.campaigns.standing import standings
from loumass.channels.models import Channel
from loumass.contacts.models import Consent, Contact, Suppression
from loumass.core import clock
from loumass.core.tenancy import get_or_404
from loumass.messages.gates_waiting import why_wait
from loumass.messages.models import Message, OptOutProposal
from tests.campaigns.cast import Run, running, send, step, wait
from tests.messages.letters import brings, email
from tests.world import World

FUNNEL = [send("hello"), wait("pause", amount=1, unit="days"), send("again"), step("done", "end")]
AWAY = "I am out of office until March 12."
#: March 12 is a Thursday; the working day after it, 9:00 in Denver.
BACK_AT = datetime(2026, 3, 13, 15, 0, tzinfo=UTC)


def walking(world: World, **details: object) -> tuple[Run, Contact]:
    priya = world.acme.contact()
    return running(world.acme, FUNNEL, priya, **details), priya


def planned(run: Run) -> list[Message]:
    """What the campaign wrote."""
    return [one for one in run.messages() if one.direction == "out"]


def answers(world: World, run: Run, text: str, **also: object) -> None:
    """Priya answers what she was sent."""
    [message] = planned(run)[:1]
    given = {"in_reply_to": message.rfc_message_id or "", **also}
    brings(world.acme, now(world, run), email("priya@foothill.example", text, **given))
    world.work()


def now(world: World, run: Run) -> Channel:
    with world.acme.acting():
        return get_or_404(Channel, run.email.id)


def sent(world: World, run: Run) -> None:
    """The first message left, with an id that answers name."""
    run.told("sent")
    with world.acme.acting() as session:
        message = session.scalars(select(Message).where(Message.stream_id == run.id)).one()
        message.rfc_message_id = f"{message.id}@acme.example"
        session.commit()


def proposals(world: World) -> list[OptOutProposal]:
    with world.acme.acting() as session:
        return list(session.scalars(select(OptOutProposal)))


def why(world: World, run: Run, contact: Contact) -> str:
    with world.acme.acting() as session:
        enrollment = run_of(session, run, contact)
        return standings([enrollment])[enrollment.id].why.sentence


def run_of(session: Session, run: Run, contact: Contact) -> Enrollment:
    return session.scalars(
        select(Enrollment).where(Enrollment.campaign_id == run.id, Enrollment.contact_id == contact.id)
    ).one()


def test_who_is_away_waits_until_the_working_day_after(world: World) -> None:
    run, priya = walking(world)
    sent(world, run)
    answers(world, run, AWAY, is_automatic=True)
    assert (run.at(priya), run.of(priya).state, run.due(priya)) == ("pause", "waiting", BACK_AT)
    assert why(world, run, priya) == "They are out of office, says their automatic answer"
    shown = world.acme.viewer.get(f"/contacts/{priya.id}").text
    assert "They are out of office" in shown
    assert "Out of office until 2026-03-12" in shown
    assert "They are out of office" in world.acme.viewer.get(f"/campaigns/{run.id}").text
    world.later(days=5)
    assert len(planned(run)) == 1
    clock.advance(BACK_AT - clock.now() + timedelta(minutes=1))
    world.work()
    assert run.at(priya) == "again"
    assert len(planned(run)) == 2


def test_what_is_queued_for_who_is_away_waits_as_well_and_a_person_lets_it_go(world: World) -> None:
    run, priya = walking(world)
    sent(world, run)
    world.later(days=2)
    [queued] = [one for one in planned(run) if one.state == "queued"]
    answers(world, run, AWAY, is_automatic=True)
    parked = planned(run)[-1]
    assert (parked.id, parked.waiting_for, parked.due_at) == (queued.id, "away", BACK_AT)
    enrollment = run.of(priya)
    answer = world.acme.agent.post(f"/inbox/enrollments/{enrollment.id}/continuation")
    assert answer.status_code == 302
    after = planned(run)[-1]
    assert (after.waiting_for, after.due_at is not None and after.due_at <= clock.now()) == (None, True)


def test_a_person_lets_who_is_parked_go_on(world: World) -> None:
    run, priya = walking(world)
    sent(world, run)
    answers(world, run, AWAY, is_automatic=True)
    world.later(days=2)
    assert run.at(priya) == "pause"
    world.acme.agent.post(f"/inbox/enrollments/{run.of(priya).id}/continuation")
    world.work()
    assert run.at(priya) == "again"


def test_a_real_answer_ends_the_absence(world: World) -> None:
    run, priya = walking(world, is_exit_on_reply=False)
    sent(world, run)
    answers(world, run, AWAY, is_automatic=True)
    world.later(days=2)
    answers(world, run, "I read mail from the beach. Tell me more")
    assert run.at(priya) == "again"


@pytest.mark.parametrize("text", ["Thank you, we got your mail.", "I am back on March 12, 2031."])
def test_an_automatic_answer_without_a_sensible_day_parks_nobody(world: World, text: str) -> None:
    run, priya = walking(world)
    sent(world, run)
    due_at = run.due(priya)
    answers(world, run, text, is_automatic=True)
    assert run.due(priya) == due_at


def test_what_may_be_an_opt_out_is_proposed_and_holds_every_campaign(world: World) -> None:
    run, priya = walking(world, is_exit_on_reply=False)
    sent(world, run)
    world.later(days=2)
    assert planned(run)[-1].state == "queued"
    answers(world, run, "Hi Maya, please remove me from your list. Thanks")
    [proposal] = proposals(world)
    assert (proposal.phrase, proposal.contact_id, proposal.decision) == (
        "remove me from your list",
        priya.id,
        None,
    )
    held = planned(run)[-1]
    assert (held.state, held.waiting_for, held.due_at) == ("queued", "opt_out_proposed", None)
    assert (run.of(priya).state, run.of(priya).reason) == ("held", "opt_out_proposed")
    page = world.acme.agent.get(f"/inbox/{proposal.conversation_id}").text
    assert "Did they ask us to stop?" in page
    assert "They wrote “remove me from your list”" in page
    assert "Did they ask us to stop?" in world.acme.viewer.get(f"/contacts/{priya.id}").text
    assert "Priya Raman" in world.acme.agent.get("/inbox?view=opt-outs").text
    answer = world.acme.agent.post(f"/inbox/enrollments/{run.of(priya).id}/continuation")
    assert answer.status_code == 409


def test_a_confirmed_opt_out_is_one_with_its_proof(world: World) -> None:
    run, priya = walking(world, is_exit_on_reply=False)
    sent(world, run)
    answers(world, run, "Please stop emailing me")
    [proposal] = proposals(world)
    at = f"/inbox/opt-outs/{proposal.id}/confirmation"
    assert world.acme.viewer.post(at).status_code == 403
    assert world.globex.admin.post(at).status_code == 404
    assert world.acme.agent.post(at).status_code == 302
    assert world.acme.agent.post(at).status_code == 409
    world.work()
    assert run.at(priya) == "ended: opted_out"
    with world.acme.acting() as session:
        assert session.scalars(select(Suppression)).one().reason == "unsubscribed"
        line = session.scalars(select(Consent)).one()
    assert (line.is_granted, line.source, line.wording) == (False, "Their e-mail", "stop emailing me")
    assert line.evidence["message_id"] == str(proposal.message_id)
    assert "Did they ask us to stop?" not in world.acme.agent.get(f"/inbox/{proposal.conversation_id}").text


def test_a_dismissed_one_lets_campaigns_go_on(world: World) -> None:
    run, priya = walking(world, is_exit_on_reply=False)
    sent(world, run)
    world.later(days=2)
    answers(world, run, "please remove me")
    [proposal] = proposals(world)
    assert world.acme.agent.post(f"/inbox/opt-outs/{proposal.id}/dismissal").status_code == 302
    world.work()
    going = planned(run)[-1]
    assert (going.state, going.due_at is not None) == ("queued", True)
    assert (run.of(priya).state, run.at(priya)) in (("waiting", "again"), ("active", "again"))
    with world.acme.acting() as session:
        assert session.scalars(select(Suppression)).all() == []


def test_the_same_answer_twice_is_proposed_once_and_machines_propose_nothing(world: World) -> None:
    run, _ = walking(world, is_exit_on_reply=False)
    sent(world, run)
    for _ in range(2):
        answers(world, run, "remove me.", message_id="same@foothill.example")
    answers(world, run, "To unsubscribe from this list, remove me.", is_automatic=True)
    assert len(proposals(world)) == 1


def test_a_campaign_that_they_enter_later_waits_as_well(world: World) -> None:
    run, priya = walking(world)
    sent(world, run)
    answers(world, run, "remove me please")
    with world.acme.acting() as session:
        channel = get_or_404(Channel, run.email.id)
        channel.archived_at, channel.address = clock.now(), "gone@acme.example"
        sms = get_or_404(Channel, run.sms.id)
        sms.archived_at, sms.address = clock.now(), "+13035550999"
        session.commit()
    other = running(world.acme, FUNNEL, priya)
    with world.acme.acting() as session:
        [message] = session.scalars(select(Message).where(Message.stream_id == other.id)).all()
        assert "opt_out_proposed" in [one.gate for one in why_wait([message.id])[message.id]]
