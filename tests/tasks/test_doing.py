"""A task waits for a person; its outcome moves the enrollment once; what ends the enrollment ends the task."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Barrier, Thread

from sqlalchemy import select, update

from loumass.accounts.models import Membership, User
from loumass.campaigns.service import cancel, end_people, hold_people, pause, release_people, resume
from loumass.contacts.erasing import erase
from loumass.contacts.models import Contact
from loumass.core import clock
from loumass.core.errors import Conflict
from loumass.events.models import Event
from loumass.messages.models import Message
from loumass.tasks import service as tasks
from loumass.tasks.models import Task
from tests.tasks.calling import calling, tasks_of
from tests.world import World


def test_a_call_waits_for_its_outcome_and_leaves_by_it_once(world: World) -> None:
    priya, tom, elena = world.acme.contacts(
        [
            {"name": "Priya Raman", "email": "priya@foothill.example", "phone": "+13035550164", "company": "Foothill"},
            {"name": "Tom Okafor", "email": "tom@cherry.example"},
            {"name": "Elena Vasquez", "email": "elena@sixteenth.example"},
        ]
    )  # fmt: skip
    run = calling(world.acme, priya, tom, elena)
    [task] = tasks_of(world.acme, priya)
    assert (task.kind, task.state, task.title) == ("call", "open", "Ring Priya")
    assert task.script == "Hello Priya, this is Ben of Acme.\nHow is Foothill?"
    assert tasks_of(world.acme, tom)[0].script.endswith("How is the business?")
    assert task.assignee_id == world.acme.member.id, "the campaign's owner, since nobody owns her"
    assert task.due_at - World.begins_at < timedelta(minutes=5), "at once, while their office is open"
    assert (run.at(priya), run.of(priya).state, run.of(priya).due_at) == ("ring", "waiting", None)
    world.later(days=30)
    assert run.at(priya) == "ring", "however long it takes"
    ben = world.acme.member
    done = ben.post(
        f"/tasks/{task.id}/outcome", {"outcome": "a", "note": "Met her at the fair", "then": "list"}
    )
    assert done.location == "/tasks"
    # Two who click at once: the second is told who was quicker, and keeps the note.
    late = world.acme.admin.post(f"/tasks/{task.id}/outcome", {"outcome": "d", "note": "She said no"})
    assert late.status_code == 409
    assert "Ben Bdr did this" in late.text
    assert "Reached" in late.text
    world.work()
    assert run.at(priya) == "glad"
    assert run.path(priya) == [("ring", "a"), ("glad", None)]
    person = ben.get(f"/contacts/{priya.id}").text
    assert "Met her at the fair" in person
    assert "She said no" not in person
    assert "Call done: Reached" in person
    # An outcome that nobody drew a way for, and a skip, go on by the other way; what is no outcome is refused.
    [toms], [elenas] = tasks_of(world.acme, tom), tasks_of(world.acme, elena)
    assert ben.post(f"/tasks/{toms.id}/outcome", {"outcome": "e"}).status_code == 422
    assert "Choose what came of it" in ben.post(f"/tasks/{toms.id}/outcome", {}).text
    ben.post(f"/tasks/{toms.id}/outcome", {"outcome": "c"})
    ben.post(f"/tasks/{elenas.id}/skip")
    assert "skipped this" in ben.post(f"/tasks/{elenas.id}/skip").text
    world.work()
    assert (run.path(tom)[0], run.at(tom)) == (("ring", "c"), "again")
    assert (run.path(elena)[0], run.at(elena)) == (("ring", "next"), "again")
    assert [one.title for one in tasks_of(world.acme, tom)] == ["Ring Tom", "Ring Tom again"]


def test_two_at_once_are_one_outcome(world: World) -> None:
    priya = world.acme.contact()
    run = calling(world.acme, priya)
    [task] = tasks_of(world.acme)
    ready, said = Barrier(2), list[str]()

    def do(branch: str) -> None:
        with world.acme.acting() as session:
            user = session.get_one(User, world.acme.member.id)
            ready.wait()
            try:
                said.append(tasks.complete(task.id, branch, "", user, "UTC").outcome or "")
                session.commit()
            except Conflict as problem:
                said.append(problem.sentence)

    both = [Thread(target=do, args=(branch,)) for branch in "ad"]
    for one in both:
        one.start()
    for one in both:
        one.join(30)
    world.work()
    [outcome] = [one for one in said if len(one) == 1]
    assert any("did this" in one for one in said)
    assert run.path(priya)[0] == ("ring", outcome)
    with world.acme.acting() as session:
        assert len(session.scalars(select(Event.id).where(Event.kind == "task.done")).all()) == 1


def test_whoever_leaves_leaves_no_task_behind(world: World) -> None:
    names = ["replied", "ended", "opted", "deleted", "cancelled"]
    people = world.acme.contacts([{"name": name, "email": f"{name}@x.example"} for name in names])
    runs = {person.first_name: calling(world.acme, person) for person in people}
    ids = {name: run.of(person).id for (name, run), person in zip(runs.items(), people, strict=True)}
    runs["replied"].happened("message.replied", people[0])
    runs["opted"].happened("contact.unsubscribed", people[2], medium="email")
    with world.acme.acting() as session:
        end_people([ids["ended"]])
        cancel(runs["cancelled"].id)
        session.execute(update(Contact).where(Contact.id == people[3].id).values(archived_at=clock.now()))
        # The engine itself finds somebody who is gone, as soon as anything makes it look.
        hold_people([ids["deleted"]], None)
        release_people([ids["deleted"]])
        session.commit()
    world.work()
    for name, person in zip(names, people, strict=True):
        assert runs[name].at(person).startswith("ended"), name
        [closed] = tasks_of(world.acme, person)
        assert (closed.state, closed.reason) == ("cancelled", "They left the campaign."), name
    [one, *_] = tasks_of(world.acme)
    answer = world.acme.member.post(f"/tasks/{one.id}/outcome", {"outcome": "a"})
    assert (answer.status_code, "This was cancelled" in answer.text) == (409, True)


def test_a_pause_and_a_hold_are_said_and_the_outcome_counts_afterwards(world: World) -> None:
    priya, tom = world.acme.contacts(
        [{"name": "Priya", "email": "p@x.example"}, {"name": "Tom", "email": "t@x.example"}]
    )
    run = calling(world.acme, priya, tom)
    [hers], [his] = tasks_of(world.acme, priya), tasks_of(world.acme, tom)
    toms = run.of(tom).id
    with world.acme.acting() as session:
        hold_people([toms], world.acme.admin.id)
        session.commit()
    assert "Held in the campaign" in world.acme.member.get(f"/tasks/{his.id}").text
    with world.acme.acting() as session:
        pause(run.id, None)
        session.commit()
    assert "The campaign is paused" in world.acme.member.get(f"/tasks/{hers.id}").text
    assert "campaign paused" in world.acme.member.get("/tasks").text
    for one in (hers, his):
        world.acme.member.post(f"/tasks/{one.id}/outcome", {"outcome": "a"})
    world.work()
    assert [run.at(priya), run.at(tom)] == ["ring", "ring"]
    with world.acme.acting() as session:
        resume(run.id)
        session.commit()
    world.work()
    assert [run.at(priya), run.at(tom)] == ["glad", "ring"]
    with world.acme.acting() as session:
        release_people([toms])
        session.commit()
    world.work()
    assert run.at(tom) == "glad"


def test_nobody_does_it_in_time_and_a_rest_of_hours_moves_it_to_the_next_morning(world: World) -> None:
    # World begins on a Tuesday at 9:00 in Denver, which is 17:00 in Berlin: their office has just closed.
    berlin = world.acme.contact("Ute Berg", "ute@x.example", timezone="Europe/Berlin")
    run = calling(world.acme, berlin, give_up_after=2)
    [task] = tasks_of(world.acme)
    assert task.due_at == datetime(2026, 3, 4, 8, 0, tzinfo=UTC)
    assert task.expires_at == datetime(2026, 3, 6, 8, 0, tzinfo=UTC) == run.due(berlin)
    world.later(days=2)
    assert run.at(berlin) == "ring"
    world.later(days=1)
    assert run.at(berlin) == "ended: nobody called"
    assert run.path(berlin)[0] == ("ring", "timeout")
    [task] = tasks_of(world.acme)
    assert (task.state, task.closed_by_id) == ("expired", None)
    assert "Nobody did this in time" in world.acme.member.post(f"/tasks/{task.id}/skip").text


def test_whose_a_task_is(world: World) -> None:
    ada, ben, vic = (world.acme.people[role].id for role in ("admin", "member", "viewer"))
    owners = [("Own", ada), ("Gone", vic), ("None", None)]
    people = world.acme.contacts(
        [{"name": name, "email": f"{name}@x.example", "owner_id": owner} for name, owner in owners]
    )
    calling(world.acme, *people)
    found = {one.title: one.assignee_id for one in tasks_of(world.acme)}
    # A viewer does no tasks, so theirs is the campaign's owner's.
    assert found == {"Ring Own": ada, "Ring Gone": ben, "Ring None": ben}
    calling(world.acme, people[0], whose="member", members="ben@acme.example, nobody@acme.example")
    assert tasks_of(world.acme)[-1].assignee_id == ben
    many = world.acme.contacts([{"name": f"N{n}", "email": f"n{n}@x.example"} for n in range(5)])
    calling(
        world.acme,
        *many,
        whose="turn",
        members="ben@acme.example,ada@acme.example",
        title="Turn {{contact.first_name}}",
    )
    dealt = [one.assignee_id for one in tasks_of(world.acme) if one.title.startswith("Turn")]
    # Ben had three open ones and Ada one: whoever has the fewest is dealt to.
    assert (dealt.count(ada), dealt.count(ben)) == (4, 1)
    with world.acme.acting() as session:
        session.execute(update(Membership).where(Membership.user_id == ben).values(role="viewer"))
        session.commit()
    last = world.acme.contact("Last", "last@x.example")
    calling(world.acme, last)
    assert tasks_of(world.acme, last)[0].assignee_id is None
    listed = world.acme.admin.get("/tasks?whose=nobody").text
    assert "Ring Last" in listed
    assert "Ring Own" not in listed


def test_lists_walks_and_many_at_once(world: World) -> None:
    people = world.acme.contacts(
        [{"name": f"Per{n:02} Son", "email": f"p{n}@x.example", "company": "Foothill"} for n in range(4)]
    )
    run = calling(world.acme, *people)
    soon = calling(world.acme, people[3], due_in=3, title="Later {{contact.first_name}}", priority="high")
    ben, ids = world.acme.member, [one.id for one in tasks_of(world.acme)]
    assert ">4<" in ben.get("/tasks").text.split("Tasks</span>")[1][:120], (
        "the rail counts what is due for me"
    )
    assert "Later Per03" in ben.get("/tasks?when=later").text
    assert "Later Per03" not in ben.get("/tasks").text
    assert "Per01" not in ben.get("/tasks?q=per02").text
    assert "Nothing to do now" in world.acme.admin.get("/tasks").text
    assert "Per01" in world.acme.viewer.get("/tasks").text
    assert "Ring Per01" not in ben.get(f"/tasks?campaign={soon.id}&kind=call").text
    page = ben.get(f"/tasks/{ids[1]}?when=now").text
    assert 'href="tel:' not in page
    assert "No phone number" in page
    # Save and next walks down the list, then begins again at its top.
    onwards = ben.post(f"/tasks/{ids[1]}/outcome?when=now", {"outcome": "a", "then": "next"}).location
    assert str(ids[2]) in onwards
    assert "when=now" in onwards
    assert str(ids[3]) in ben.post(f"/tasks/{ids[2]}/snooze", {"until": "tomorrow", "then": "next"}).location
    assert str(ids[0]) in ben.post(f"/tasks/{ids[3]}/skip").location
    assert ben.post(f"/tasks/{ids[0]}/skip").location == "/tasks"
    [put_off] = [one for one in tasks_of(world.acme) if one.id == ids[2]]
    assert put_off.due_at == datetime(2026, 3, 4, 16, 0, tzinfo=UTC)
    closed = ben.get("/tasks?when=done").text
    assert closed.count("Skipped") == 2
    # Many at once: given, put off, and skipped after a question.
    left = [ids[2], ids[4]]
    ben.post("/tasks/chosen", {"act": "assign", "user": world.acme.admin.id, "ids": left})
    assert {one.assignee_id for one in tasks_of(world.acme) if one.id in left} == {world.acme.admin.id}
    refused = ben.post("/tasks/chosen", {"act": "assign", "user": world.acme.viewer.id, "ids": left})
    assert "Choose somebody of your organization who does tasks" in refused.text
    asked = ben.post("/tasks/chosen", {"act": "skip", "ids": left})
    assert "Skip 2 tasks?" in asked.text
    assert {one.state for one in tasks_of(world.acme) if one.id in left} == {"open"}
    ben.post("/tasks/chosen?whose=all&when=later", {"act": "skip", "is_sure": "1", "everything": "1"})
    world.work()
    assert {one.state for one in tasks_of(world.acme) if one.id in left} == {"skipped"}
    assert run.at(people[2]) == "again"


def test_who_may_do_what(world: World) -> None:
    calling(world.acme, world.acme.contact())
    [task] = tasks_of(world.acme)
    for person in (world.acme.viewer, world.acme.agent):
        assert person.get(f"/tasks/{task.id}").status_code == 200
        for way in ("outcome", "skip", "snooze", "assignee"):
            assert person.post(f"/tasks/{task.id}/{way}", {"outcome": "a", "until": "3d"}).status_code == 403
    assert "Save and next" not in world.acme.viewer.get(f"/tasks/{task.id}").text
    assert world.globex.admin.get(f"/tasks/{task.id}").status_code == 404
    assert world.globex.admin.post(f"/tasks/{task.id}/outcome", {"outcome": "a"}).status_code == 404
    [task] = tasks_of(world.acme)
    assert task.state == "open"


def test_who_is_erased_stands_in_no_task_and_who_is_merged_brings_theirs(world: World) -> None:
    priya, twin = world.acme.contacts(
        [{"name": "Priya", "email": "p@x.example"}, {"name": "Pria", "email": "q@x.example"}]
    )
    calling(world.acme, priya)
    [task] = tasks_of(world.acme)
    world.acme.member.post(f"/contacts/{twin.id}/merge", {"other": str(priya.id)})
    [task] = tasks_of(world.acme)
    assert task.contact_id == twin.id
    world.acme.member.post(f"/tasks/{task.id}/outcome", {"outcome": "a", "note": "Loves sailing"})
    told = world.acme.admin.get(f"/contacts/{twin.id}/file.json").get_data(as_text=True)
    assert "Loves sailing" in told
    assert "Ring Priya" in told
    with world.acme.acting() as session:
        erase(twin.id)
        session.commit()
    [task] = tasks_of(world.acme)
    assert (task.title, task.script, task.note) == ("", "", "")
    assert "Loves" not in world.acme.member.get(f"/tasks/{task.id}").text
    with world.acme.acting() as session:
        assert session.scalars(select(Message.text).where(Message.direction == "note")).all() == [""]


def test_many_tasks_are_made_in_as_many_statements_as_ten(world: World) -> None:
    from sqlalchemy import event

    from loumass.core.database import engine

    counted: dict[int, int] = {}
    for many in (10, 120):
        people = world.acme.contacts(
            [{"name": f"M{n}", "email": f"m{many}.{n}@x.example"} for n in range(many)]
        )
        statements: list[str] = []

        def note(_c: object, _k: object, statement: str, *_: object, kept: list[str] = statements) -> None:
            kept.append(statement)

        event.listen(engine(), "before_cursor_execute", note)
        calling(world.acme, *people, due_in=1)
        event.remove(engine(), "before_cursor_execute", note)
        counted[many] = len([one for one in statements if "INTO task" in one or "FROM task" in one])
    assert counted[120] == counted[10]
    assert len(tasks_of(world.acme)) == 130
    assert {one.due_at - World.begins_at > timedelta(hours=20) for one in tasks_of(world.acme)} == {True}
    assert {one.expires_at for one in tasks_of(world.acme)} == {None}
    assert {type(one) for one in tasks_of(world.acme)} == {Task}
