"""What a plan allows: people, e-mails and campaigns beyond it are refused or wait, and nothing is lost."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from loumass.accounts.plan_setting import set_plan
from loumass.accounts.plans import Plan
from loumass.analytics.attention import attention
from loumass.analytics.jobs import sweep, warn
from loumass.contacts.models import ImportRefusal
from loumass.core import clock
from loumass.core.tenancy import serving
from loumass.messages.models import Message
from tests.api import program_of
from tests.campaigns.cast import Planned, drafted, running, step
from tests.messages.sending import events, people
from tests.world import World


def plan(world: World, **limits: int) -> None:
    assert set_plan(world.acme.organization.number, Plan("Small", **limits)) == "Acme"


def test_a_list_over_the_plan_keeps_its_rows_as_what_was_refused(world: World) -> None:
    world.acme.contact()
    plan(world, contacts=2)
    program = program_of(world.acme.admin)
    rows = "Name,Email\nPriya Raman,priya@foothill.example\nNadia,nadia@lakeside.example\nIvo,ivo@lakeside.example\n"
    made = program(
        "POST",
        "/api/leads/import?file_name=leads.csv&starts=true",
        data=rows.encode(),
        content_type="text/csv",
    )
    assert made.status_code == 201, made.get_data(as_text=True)
    world.work()
    done = program.got(f"/imports/{made.json['id']}")
    assert (done["state"], done["created_count"], done["refused_count"]) == ("done", 1, 1)
    with world.acme.acting() as session:
        [refused] = session.scalars(select(ImportRefusal))
    assert (refused.code, refused.cells) == ("plan", ["Ivo", "ivo@lakeside.example"])
    over = program("POST", "/contacts", {"email": "one@more.example"})
    assert (over.status_code, over.json["title"]) == (402, "Beyond your plan")
    assert "room for 2 people" in over.json["error"]
    page = world.acme.admin.post("/contacts/new", {"email": "one@more.example"})
    assert (page.status_code, "room for 2 people" in page.get_data(as_text=True)) == (402, True)
    usage = {line["name"]: line for line in program.got("/api/users/usage")["lines"]}
    assert (usage["contacts"]["used"], usage["contacts"]["is_full"]) == (2, True)
    told = world.acme.viewer.get("/usage").get_data(as_text=True)
    assert "People: limit reached" in told
    assert "no limit" in told
    with world.acme.acting():
        assert [one.name for one in attention(world.begins_at.date()).plan] == ["contacts"]


def test_one_campaign_more_than_the_plan_allows_does_not_start(world: World) -> None:
    graph = [Planned("wait", "wait", {"amount": 3}, {"next": "end"}), step("end", "end")]
    running(world.acme, graph, world.acme.contact())
    draft = drafted(world.acme, graph)
    draft.add(world.acme.contact("Nadia Petrov", email="nadia@lakeside.example"))
    plan(world, workflows=1)
    program = program_of(world.acme.admin)
    refused = program("POST", f"/api/campaigns/{draft.id}/start")
    assert (refused.status_code, "lets 1 campaigns run" in refused.json["detail"]) == (402, True)
    plan(world, workflows=2)
    assert program.did("POST", f"/api/campaigns/{draft.id}/start")["state"] == "running"


def test_a_raised_plan_lets_go_what_waited_for_the_month(world: World) -> None:
    from tests.messages.sending import campaign, mailbox, people, stream

    plan(world, emails=0)
    campaign(world.acme, mailbox(world.acme), people(world.acme, 2), stream(world.acme))
    world.work()
    with world.acme.acting() as session:
        held = session.execute(select(Message.state, Message.waiting_for, Message.due_at)).all()
    assert {(row.state, row.waiting_for) for row in held} == {("queued", "plan_used")}
    assert {row.due_at.isoformat() for row in held} == {"2026-04-01T06:00:00+00:00"}
    plan(world, emails=10)
    world.work()
    with world.acme.acting() as session:
        assert set(session.scalars(select(Message.state))) == {"sent"}


def test_people_are_told_once_a_day_that_the_plan_is_nearly_used_and_that_it_is(world: World) -> None:
    def told() -> list[object]:
        return [one.facts for one in events(world.acme, "quota.warning")]

    people(world.acme, 4)
    with world.acme.acting():
        assert sweep() == []
    plan(world, contacts=5, emails=100)
    for _ in range(2):
        with world.acme.acting() as session:
            asked = [wake.job for wake in sweep()]
            session.commit()
        assert ("analytics.warn" in asked) is (told() == [])
        with serving(world.acme.id):
            warn()
    assert told() == [{"of": "contacts", "used": 4, "cap": 5, "share": 80}]
    world.acme.contact()
    with serving(world.acme.id):
        warn()
        warn()
    with world.acme.acting():
        assert [wake for wake in sweep() if wake.job == "analytics.warn"] == []
    assert told()[1:] == [{"of": "contacts", "used": 5, "cap": 5, "share": 100}]
    clock.advance(timedelta(days=1))
    with world.acme.acting():
        assert [wake.job for wake in sweep() if wake.job == "analytics.warn"] == ["analytics.warn"]
