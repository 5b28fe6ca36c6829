"""Who leaves a campaign by its settings, and who is handed over to another one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from loumass.campaigns.models import Campaign
from loumass.campaigns.standing import standings_of_contact
from loumass.campaigns.states import cancel
from loumass.campaigns.statuses import set_status
from loumass.events.models import Event
from loumass.events.service import publish_all
from tests.campaigns.cast import Run, drafted, running, send, step, wait
from tests.campaigns.triggered import changed, inside, tagged
from tests.world import Tenant, World

FUNNEL = [send("hello"), wait("pause", amount=9), send("again"), step("done", "end")]
AT_FOOTHILL = [
    {"name": "Priya Raman", "email": "priya@foothill.example"},
    {"name": "Tom Ash", "email": "tom@foothill.example"},
    {"name": "Uma Stein", "email": "uma@gmail.com"},
    {"name": "Vic Ray", "email": "vic@gmail.com"},
]


def set_on(tenant: Tenant, run: Run, **values: Any) -> None:
    with tenant.acting() as session:
        session.execute(update(Campaign).where(Campaign.id == run.id).values(**values))
        session.commit()


def test_a_status_ends_it_where_the_campaign_says_so(world: World) -> None:
    priya, tom = world.acme.contacts(AT_FOOTHILL[:2])
    run, other = (running(world.acme, FUNNEL, priya, tom) for _ in range(2))
    set_on(world.acme, run, exit_statuses=["Attended", "Not Interested"])
    run.told()
    attended, needs = [run.of(priya).id, other.of(priya).id], run.of(tom).id
    with world.acme.acting() as session:
        set_status(attended, "Attended")
        set_status([needs], "Needs BDR")
        session.commit()
    world.work()
    assert (run.at(priya), run.at(tom), other.at(priya)) == ("ended: status", "pause", "hello")
    page = world.acme.member.get(f"/campaigns/{run.id}").text
    assert "1 reached a status that ends it" in page
    with world.acme.acting():
        said = {one.campaign_id: one.why.sentence for one in standings_of_contact(priya.id)}
    assert said[run.id].startswith("Left as Attended")
    settings = {
        "name": "Broker Night",
        "event_type": "",
        "owner": "",
        "email_channel": run.email.id,
        "sms_channel": run.sms.id,
    }
    saved = world.acme.member.post(
        f"/campaigns/{other.id}/settings",
        data=settings | {"exit_statuses": ["No Show"], "colleagues": "hold", "is_exit_on_reply": "y"},
    )
    assert saved.status_code == 303
    assert (other.now().exit_statuses, other.now().colleagues) == (["No Show"], "hold")
    wrong = world.acme.member.post(
        f"/campaigns/{other.id}/settings", data=settings | {"colleagues": "vanish"}
    )
    assert wrong.status_code == 422


def test_a_reply_frees_the_colleagues_but_not_everybody_at_gmail(world: World) -> None:
    priya, tom, uma, vic = people = world.acme.contacts(AT_FOOTHILL)
    leave, hold, stay = (running(world.acme, FUNNEL, *people) for _ in range(3))
    set_on(world.acme, leave, colleagues="leave")
    set_on(world.acme, hold, colleagues="hold")
    for run in (leave, hold, stay):
        run.told()
        for who in (priya, uma):
            run.happened("message.replied", who)
    assert [leave.at(one) for one in (tom, vic)] == ["ended: colleague", "pause"]
    assert [hold.of(one).state for one in (tom, vic)] == ["held", "waiting"]
    assert [stay.at(one) for one in (tom, vic)] == ["pause", "pause"]
    page = world.acme.member.get(f"/campaigns/{hold.id}").text
    assert "Somebody else at foothill.example replied. You decide" in page
    world.acme.member.post(f"/campaigns/{hold.id}/people/release", data={"ids": [hold.of(tom).id]})
    world.work()
    assert (hold.at(tom), hold.of(tom).state) == ("pause", "waiting")


def test_whoever_is_handed_over_enters_or_it_is_said_why_not(world: World) -> None:
    priya, tom, uma = world.acme.contacts(AT_FOOTHILL[:3])
    source = running(world.acme, FUNNEL, priya, tom, uma)
    target, finished = (
        drafted(world.acme, FUNNEL, name="Target"),
        running(world.acme, [step("end", "end")], priya),
    )
    gone = running(world.acme, FUNNEL, name="Gone")
    theirs = running(world.globex, FUNNEL)
    with world.acme.acting() as session:
        cancel(gone.id)
        session.commit()
    target.add(tom)

    def forwarded(to: Run, *contacts: Any) -> None:
        facts = [
            {
                "contact_id": one.id,
                "enrollment_id": source.of(one).id,
                "campaign_id": source.id,
                "facts": {"to": str(to.id)},
            }
            for one in contacts
        ]
        with world.acme.acting() as session:
            publish_all("enrollment.forwarded", facts)
            session.commit()
        world.work()

    forwarded(target, priya, tom, uma)
    assert sorted(inside(target)) == ["Priya", "Tom", "Uma"]
    forwarded(finished, uma)
    assert inside(finished) == ["Priya", "Uma"], "a finished campaign runs again"
    forwarded(gone, priya)
    forwarded(theirs, priya)
    assert inside(theirs) == []
    for _ in range(9):
        forwarded(finished, tom)
    assert inside(finished).count("Tom") == 3, "three times an hour, then it looks like a circle"
    with world.acme.acting() as session:
        told = session.scalars(
            select(Event).where(Event.kind == "enrollment.not_forwarded").order_by(Event.id)
        ).all()
    assert [one.facts["reason"] for one in told[:3]] == ["already_inside", "cancelled", "gone"]
    assert {one.facts["reason"] for one in told[3:]} == {"circle"}
    assert (
        "Could not be handed on from Broker Night: that campaign was cancelled"
        in world.acme.member.get(f"/contacts/{priya.id}").text
    )


def test_a_tag_or_a_field_reaches_a_goal_wherever_they_wait(world: World) -> None:
    priya, tom, uma, vic = people = world.acme.contacts(AT_FOOTHILL)
    by_tag = running(world.acme, [*FUNNEL, step("goal", "goal", test="tag", tag="Customer")], *people)
    rule = {
        "match": "any",
        "rules": [{"ask": "field", "field": "company", "operator": "is", "value": "Foothill"}],
    }
    by_rule = running(world.acme, [*FUNNEL, step("goal", "goal", test="rule", rule=rule)], *people)
    for run in (by_tag, by_rule):
        run.told(only=priya)
    tagged(world.acme, "customer", priya, tom)
    changed(world.acme, uma, company="foothill")
    assert [by_tag.at(one) for one in (priya, tom, uma)] == ["ended: goal", "ended: goal", "hello"]
    assert [by_rule.at(one) for one in (priya, uma, vic)] == ["pause", "ended: goal", "hello"]
    # A step of another campaign writes the field: it is told as well.
    running(
        world.acme,
        [step("write", "set_field", field="company", mode="text", value="Foothill"), step("end", "end")],
        vic,
    )
    assert by_rule.at(vic) == "ended: goal"
    assert "reached the goal" in world.acme.member.get(f"/campaigns/{by_rule.id}").text
