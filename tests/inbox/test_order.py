"""Order on the desk: labels, teams, mentions, reminders, views, who has seen it and who answers."""

from __future__ import annotations

import re
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from flask import Flask, before_render_template
from jinja2 import Template

from loumass.accounts.models import User
from loumass.core import clock
from loumass.core.ids import uuid7
from loumass.inbox.desk import holding, notifying
from loumass.inbox.desk.mentioning import mentioned
from loumass.inbox.desk.models import Answering, Label, Notification, Reminder, SavedView, Team, TeamMember
from loumass.inbox.models import Draft
from loumass.messages.models import Conversation
from tests.inbox.answering import answer
from tests.inbox.desk import PRIYA, channel_of, names, outgoing, replied
from tests.messages.letters import brings, count_of, email, mailbox, number, one, rows, sms
from tests.world import Person, World

PHONE = "+13035550164"


def reply(person: Person, conversation: Conversation, text: str = "Gladly", **form: str):
    return person.post(
        f"/inbox/{conversation.id}/replies", {"kind": "email", "act": "send", "text": text, **form}
    )


def kinds(world: World, person: Person) -> list[str]:
    """What somebody of Acme is told, the oldest first."""
    return [row.kind for row in rows(world.acme, Notification, user_id=person.id)]


def seen_in(page: str) -> str:
    """The last answer that a page shows, as its form says it."""
    found = re.search(r'name="seen" form="answer" value="([^"]*)"', page)
    assert found is not None
    return found[1]


def test_while_a_colleague_answers_a_second_answer_is_refused_by_name_and_kept(world: World) -> None:
    talk, (ben, ada) = replied(world), (world.acme.member, world.acme.agent)
    ben.post(f"/inbox/{talk.id}/draft", {"kind": "email", "text": "Hi Priya"})
    assert f"{ben.user.name} is answering." in ada.get(f"/inbox/{talk.id}").text
    assert f"{ben.user.name} is answering." in ada.get(f"/inbox/{talk.id}/answering").text
    assert f"{ben.user.name} is answering" in ada.get("/inbox").text
    typed = ada.post(f"/inbox/{talk.id}/draft", {"kind": "email", "text": "Hello Priya"})
    assert typed.text == f"Draft saved. {ben.user.name} is answering."
    refused = reply(ada, talk, "Hello Priya")
    assert refused.status_code == 422
    assert f"{ben.user.name} is answering. What you wrote is kept as a draft" in refused.text
    assert [row.text for row in rows(world.acme, Draft, user_id=ada.id)] == ["Hello Priya"]
    assert outgoing(world) == []
    note = {"kind": "note", "act": "send", "text": "He does it"}
    assert ada.post(f"/inbox/{talk.id}/replies", note).status_code == 302
    assert reply(ben, talk).status_code == 302
    assert count_of(world.acme, Answering) == 0


def test_taking_over_tells_whoever_wrote_and_leaves_their_words(world: World) -> None:
    talk, (ben, ada) = replied(world), (world.acme.member, world.acme.agent)
    ben.post(f"/inbox/{talk.id}/draft", {"kind": "email", "text": "Hi Priya"})
    ada.post(f"/inbox/{talk.id}/taking-over")
    assert kinds(world, ben) == ["taken"]
    assert f"{ada.user.name} took over your answer to" in ben.get("/notifications").text
    assert f"{ada.user.name} is answering" in reply(ben, talk).text
    assert "Gladly" in ben.get(f"/inbox/{talk.id}").text
    assert reply(ada, talk).status_code == 302


def test_who_stops_typing_answers_no_more(world: World) -> None:
    talk = replied(world)
    world.acme.member.post(f"/inbox/{talk.id}/draft", {"kind": "email", "text": "Hi Priya"})
    world.later(minutes=4)
    assert "is answering" not in world.acme.agent.get(f"/inbox/{talk.id}").text
    assert reply(world.acme.agent, talk).status_code == 302


def test_who_has_not_seen_a_colleagues_answer_does_not_send_another(world: World) -> None:
    talk, (ben, ada) = replied(world), (world.acme.member, world.acme.agent)
    stale = seen_in(ada.get(f"/inbox/{talk.id}").text)
    assert reply(ben, talk, "Of course").status_code == 302
    refused = reply(ada, talk, "Sure", seen=stale)
    assert refused.status_code == 422
    assert f"{ben.user.name} answered" in refused.text
    assert len(outgoing(world)) == 1
    assert reply(ada, talk, "Sure", seen=seen_in(refused.text)).status_code == 302
    assert len(outgoing(world)) == 2


def test_two_who_send_at_once_wait_for_each_other(world: World) -> None:
    talk = replied(world)
    with world.acme.acting() as session:
        user = session.get_one(User, world.acme.agent.id)
        assert holding.try_to_hold(talk.contact_id or talk.id, user) is None
        other = session.get_one(User, world.acme.member.id)
        found = holding.try_to_hold(talk.contact_id or talk.id, other)
        assert found is not None
        assert found.id == user.id
        holding.let_go(talk.contact_id or talk.id, other.id)
        assert holding.holder(talk.contact_id or talk.id) is not None


def test_colleagues_see_who_has_looked_since_the_last_message(world: World) -> None:
    talk = replied(world)
    world.acme.member.get(f"/inbox/{talk.id}?unseen=1")
    assert "Seen by" not in world.acme.agent.get(f"/inbox/{talk.id}").text
    world.acme.member.get(f"/inbox/{talk.id}")
    first = world.acme.member.user.name.split()[0]
    assert f"Seen by {first}" in " ".join(world.acme.agent.get(f"/inbox/{talk.id}").text.split())
    clock_now = clock.now() + timedelta(seconds=5)
    brings(world.acme, channel_of(world, talk), email(PRIYA, "And one more", received_at=clock_now))
    assert "Seen by" not in world.acme.agent.get(f"/inbox/{talk.id}").text


def test_labels_are_put_on_filtered_by_and_taken_off(world: World) -> None:
    world.acme.contact(phone=PHONE)
    brings(world.acme, mailbox(world.acme), email(PRIYA))
    line = number(world.acme)
    brings(world.acme, line, sms(PHONE))
    brings(world.acme, line, sms("+17205550117"))
    talks = {row.counterpart: row for row in rows(world.acme, Conversation)}
    agent = world.acme.agent
    agent.post(f"/inbox/{talks[PRIYA].id}/labels", {"name": "Pricing", "colour": "teal"})
    label = one(world.acme, Label)
    page = agent.get(f"/inbox?view=open&label={label.id}")
    assert names(page) == ["Priya Raman"]
    assert 'class="label tone-teal" title="Pricing">Pricing' in page.text
    agent.post("/inbox/chosen", {"act": f"label:{label.id}", "ids": [str(row.id) for row in talks.values()]})
    assert len(names(agent.get(f"/inbox?view=open&label={label.id}"))) == 2
    agent.post(f"/inbox/{talks[PHONE].id}/labels", {"label": str(label.id), "off": "1"})
    assert names(agent.get(f"/inbox?view=open&label={label.id}")) == ["+1 720 555 0117"]
    assert (
        "There is a label pricing already"
        in agent.post("/inbox/labels", {"name": "pricing", "colour": "red"}).text
    )
    assert agent.post("/inbox/labels", {"name": "Partner", "colour": "pink"}).status_code == 422
    assert "It is on 1 conversation." in agent.get(f"/inbox/labels/{label.id}/removal").text
    assert agent.post(f"/inbox/labels/{label.id}/removal").status_code == 303
    assert "Pricing" not in agent.get("/inbox?view=open").text.partition('id="toasts"')[0]
    assert world.acme.viewer.get("/inbox/labels").status_code == 403


def made_team(world: World, channels: list[str], *people: Person) -> Team:
    world.acme.admin.post("/inbox/teams", {"name": "East"})
    team = one(world.acme, Team)
    form = {"name": "East", "users": [str(each.id) for each in people], "channels": channels}
    assert world.acme.admin.post(f"/inbox/teams/{team.id}", form).status_code == 303
    return team


def test_what_comes_to_a_team_goes_round_among_those_who_are_there(world: World) -> None:
    line = number(world.acme)
    ben, ada = world.acme.member, world.acme.agent
    team = made_team(world, [str(line.id)], ben, ada)
    for digits in ("0111", "0112", "0113", "0114"):
        brings(world.acme, line, sms(f"+1720555{digits}"))
        world.work()
    given = {row.counterpart[-4:]: row.assignee_id for row in rows(world.acme, Conversation, team_id=team.id)}
    assert {given["0111"], given["0112"]} == {ben.id, ada.id}
    assert [given["0113"], given["0114"]] == [given["0111"], given["0112"]]
    assert kinds(world, ben) == ["turn", "turn"]
    ada.post("/inbox/presence", {"there": "0"})
    assert "Away" in ben.get("/inbox/teams").text
    for digits in ("0115", "0116"):
        brings(world.acme, line, sms(f"+1720555{digits}"))
    world.work()
    late = [
        row.assignee_id for row in rows(world.acme, Conversation) if row.counterpart[-4:] in ("0115", "0116")
    ]
    assert late == [ben.id, ben.id]
    ben.post("/inbox/presence", {"there": "0"})
    brings(world.acme, line, sms("+17205550117"))
    world.work()
    assert names(ada.get(f"/inbox?view=open&team={team.id}&who=nobody")) == ["+1 720 555 0117"]


def test_who_answers_a_person_goes_on_and_a_team_without_channels_costs_nothing(world: World) -> None:
    world.acme.contact(phone=PHONE)
    box, line = mailbox(world.acme), number(world.acme)
    brings(world.acme, box, email(PRIYA))
    team = made_team(world, [], world.acme.member, world.acme.agent)
    world.work()
    (talk,) = rows(world.acme, Conversation)
    assert talk.assignee_id is None
    world.acme.admin.post(f"/inbox/{talk.id}/assignee", {"user": str(world.acme.agent.id)})
    assert kinds(world, world.acme.agent) == ["assigned"]
    form = {
        "name": "East",
        "users": [str(world.acme.member.id), str(world.acme.agent.id)],
        "channels": [str(line.id)],
    }
    world.acme.admin.post(f"/inbox/teams/{team.id}", form)
    brings(world.acme, line, sms(PHONE))
    world.work()
    assert {row.assignee_id for row in rows(world.acme, Conversation)} == {world.acme.agent.id}
    world.acme.admin.post(f"/inbox/{talk.id}/team", {"team": str(team.id)})
    assert {row.team_id for row in rows(world.acme, Conversation)} == {team.id}
    assert world.acme.agent.post("/inbox/teams", {"name": "West"}).status_code == 403
    assert world.acme.admin.post("/inbox/teams", {"name": "east"}).status_code == 422
    world.acme.admin.post(f"/inbox/teams/{team.id}/archival")
    assert world.acme.agent.post(f"/inbox/{talk.id}/team", {"team": str(team.id)}).status_code == 422
    assert count_of(world.acme, TeamMember) == 2


BEN, BEA, EVE = (
    User(
        id=uuid7(),
        name=name,
        email=f"{name.split()[0].lower()}@acme.example",
        email_key="x",
        password_hash="x",
    )
    for name in ("Ben Carter", "Ben Adams", "Eve Stone")
)


@pytest.mark.parametrize(
    ("text", "whom"),
    [
        ("@Ben Carter knows", [BEN]), ("ask @eve, she knows", [EVE]), ("@Ben knows", []), ("mail eve@eve.example", []),
        ("@evelyn", []), ("@ben adams and @Eve Stone", [BEA, EVE]), ("(@eve@acme.example)", [EVE]), ("nobody", []),
    ],
)  # fmt: skip
def test_an_at_sign_names_a_colleague(text: str, whom: list[User]) -> None:
    assert mentioned(text, [BEN, BEA, EVE]) == [each.id for each in whom]


def test_who_is_mentioned_is_told_until_they_look(world: World) -> None:
    talk, ben = replied(world), world.acme.member
    note = {"kind": "note", "act": "send", "text": f"@{ben.user.name} can you take this?"}
    world.acme.agent.post(f"/inbox/{talk.id}/replies", note)
    page = ben.get("/notifications")
    assert f"{world.acme.agent.user.name} mentioned you in a note about" in page.text
    assert "can you take this?" in page.text
    assert "New." in page.text
    assert kinds(world, world.acme.agent) == []
    ben.get(f"/inbox/{talk.id}")
    assert "New." not in ben.get("/notifications").text
    world.acme.agent.post(f"/inbox/{talk.id}/replies", note)
    ben.post("/notifications/read")
    assert all(row.read_at for row in rows(world.acme, Notification, user_id=ben.id))


def test_a_notice_about_the_conversation_that_one_looks_at_is_counted_nowhere(world: World) -> None:
    talk, ben = replied(world), world.acme.member
    note = {"kind": "note", "act": "send", "text": f"@{ben.user.name} can you take this?"}
    world.acme.agent.post(f"/inbox/{talk.id}/replies", note)
    counted = 'id="rail-inbox-notifications" hx-swap-oob="innerHTML"><span class="rail-count">1</span>'
    for elsewhere in ("", f"?looking={uuid4()}", "?looking=somewhere"):
        assert counted in ben.get(f"/live/counts{elsewhere}").text, elsewhere
    looking = f"/live/counts?looking={talk.id}"
    assert world.globex.admin.get(looking).status_code == world.acme.viewer.get(looking).status_code == 200
    assert counted in ben.get("/live/counts").text, "others who look read nothing of his"
    assert counted not in ben.get(looking).text
    assert all(row.read_at for row in rows(world.acme, Notification, user_id=ben.id))
    assert counted not in ben.get("/live/counts").text
    assert f'data-looking="{talk.id}"' in ben.get(f"/inbox/{talk.id}").text
    assert "data-looking" not in ben.get(f"/inbox/{talk.id}?earlier=x").text, (
        "what is new is not on the screen"
    )


def test_what_comes_while_it_is_counted_is_not_counted_either(world: World) -> None:
    talk, ben = replied(world), world.acme.member
    told: list[str] = []

    def tell() -> None:
        with world.acme.acting() as session:
            notifying.tell("turn", [ben.id], talk.id)
            session.commit()

    def tell_meanwhile(_sender: Flask, template: Template, **_context: object) -> None:
        told.append(str(template.name))
        elsewhere = threading.Thread(target=tell)
        elsewhere.start()
        elsewhere.join()

    place = 'id="rail-inbox-notifications" hx-swap-oob="innerHTML"'
    with before_render_template.connected_to(tell_meanwhile, world.app):
        for _ in range(2):
            assert f"{place}></span>" in ben.get(f"/live/counts?looking={talk.id}").text
    assert told == ["layouts/_counts.html"] * 2
    assert f'{place}><span class="rail-count">1</span>' in ben.get("/live/counts").text


def test_a_reminder_brings_back_what_was_closed_and_tells_who_set_it(world: World) -> None:
    talk, agent = replied(world), world.acme.agent
    agent.post(f"/inbox/{talk.id}/reminder", {"until": "3d"})
    agent.post(f"/inbox/{talk.id}/closure")
    assert names(agent.get("/inbox")) == []
    world.later(days=4)
    assert names(agent.get("/inbox")) == ["Priya Raman"]
    assert kinds(world, agent) == ["reminder"]
    assert one(world.acme, Reminder).done_at is not None
    assert agent.post(f"/inbox/{talk.id}/reminder", {"at": "2001-01-01T09:00"}).status_code == 422


@pytest.mark.parametrize(("also", "comes"), [({}, False), ({"is_automatic": True}, True), (None, True)])
def test_a_reminder_if_nobody_answers_knows_people_from_machines(
    world: World, also: dict[str, object] | None, comes: bool
) -> None:
    talk, agent = replied(world), world.acme.agent
    answer(world, talk)
    agent.post("/inbox/chosen", {"act": "remind:silent-2", "ids": [str(talk.id)]})
    assert "if nobody answers" in agent.get(f"/inbox/{talk.id}").text
    if also is not None:
        at = clock.now() + timedelta(minutes=1)
        brings(world.acme, channel_of(world, talk), email(PRIYA, "Here I am", received_at=at, **also))
    world.later(days=3)
    assert ("reminder" in kinds(world, agent)) is comes
    assert one(world.acme, Reminder).done_at is not None


def test_a_reminder_that_is_taken_off_does_not_come(world: World) -> None:
    talk, agent = replied(world), world.acme.agent
    agent.post(f"/inbox/{talk.id}/reminder", {"until": "silent-7"})
    agent.post(f"/inbox/{talk.id}/reminder", {"until": "tomorrow"})
    agent.post(f"/inbox/{talk.id}/reminder/removal")
    world.later(days=9)
    assert kinds(world, agent) == []


def test_views_are_kept_counted_shared_and_ones_own_to_remove(world: World) -> None:
    replied(world)
    agent, ben = world.acme.agent, world.acme.member
    kept = agent.post("/inbox/views?view=open&who=nobody", {"name": "Nobody's", "shared": "1"})
    assert kept.headers["Location"].endswith("/inbox?view=open&who=nobody")
    agent.post("/inbox/views?view=closed", {"name": "Done"})
    page = " ".join(ben.get("/inbox").text.split())
    assert re.search(r"Nobody&#39;s</span> <b>1</b>", page)
    assert "Done" not in page.partition("inbox-saved")[2].partition("</nav>")[0]
    shared = one(world.acme, SavedView, name="Nobody's")
    assert ben.post(f"/inbox/views/{shared.id}/removal").status_code == 404
    assert agent.post("/inbox/views", {"name": "Nothing"}).status_code == 422
    assert agent.post("/inbox/views?view=open", {"name": " "}).status_code == 422
    assert agent.post(f"/inbox/views/{shared.id}/removal").status_code == 303
    assert "inbox-saved" not in ben.get("/inbox").text


def test_the_palette_finds_what_one_may_see(world: World) -> None:
    replied(world)
    found = world.acme.agent.get("/palette?q=pri").text
    assert found.count("Priya Raman") == 2
    assert found.index("People") < found.index("Conversations")
    assert "data-found" not in world.acme.agent.get("/palette?q=p").text
    for_viewer = world.acme.viewer.get("/palette?q=pri").text
    assert for_viewer.count("Priya Raman") == 1
    assert "/inbox/" not in for_viewer
    assert "Priya" not in world.globex.admin.get("/palette?q=pri").text
