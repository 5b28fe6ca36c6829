"""The desk by programs: answers that hold the line, drafts and files, what goes later or on to others, labels, teams, news."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from loumass.core import clock
from loumass.inbox.desk.models import Answering
from tests.api import program_of
from tests.inbox.desk import channel_of, outgoing, replied
from tests.messages.letters import count_of
from tests.world import World

LEADS = (Path(__file__).parents[1] / "contacts" / "leads.csv").read_bytes()


def test_an_answer_by_a_program_holds_the_line_and_loses_nothing(world: World) -> None:
    talk, ben, ada = replied(world), program_of(world.acme.member), program_of(world.acme.agent)
    one = f"/conversations/{talk.id}"
    assert ben.did("PUT", f"{one}/drafts", {"kind": "email", "text": "Hi Priya"})["is_kept"]
    assert ada.got(f"{one}/answering")["name"] == world.acme.member.user.name
    refused = ada("POST", f"{one}/replies", {"text": "Hello Priya", "cc": "joel@lake.example"})
    assert (refused.status_code, "is answering" in refused.json["detail"]) == (409, True)
    [kept] = ada.got(f"{one}/drafts")["items"]
    assert (kept["text"], kept["more"]) == ("Hello Priya", {"cc": "joel@lake.example"})
    assert outgoing(world) == []
    assert "is told" in ada.did("POST", f"{one}/take-over")["done"]
    [news] = ben.got("/notifications")["items"]
    assert (news["kind"], news["is_new"]) == ("taken", True)
    assert ben.did("POST", "/notifications/read")["count"] == 1
    sent = ada.did("POST", f"{one}/replies", {"text": "Hello Priya"})["id"]
    assert (count_of(world.acme, Answering), ada.got(f"{one}/drafts")["items"]) == (0, [])
    late = ben("POST", f"{one}/replies", {"text": "Me too", "seen": None})
    assert late.status_code == 201, "nobody asked what was read"
    unread = ben("POST", f"{one}/replies", {"text": "And me", "seen": str(talk.id)})
    assert unread.status_code == 201, "the last answer is one's own"
    overtaken = ada("POST", f"{one}/replies", {"text": "Once more", "seen": sent})
    assert (overtaken.status_code, "while you wrote" in overtaken.json["detail"]) == (409, True)


def test_a_program_keeps_how_it_is_to_be_sent(world: World) -> None:
    talk, ben = replied(world), program_of(world.acme.member)
    drafts, channel = f"/conversations/{talk.id}/drafts", str(channel_of(world, talk).id)
    body = {"kind": "email", "text": "Hi", "quotes": False, "signed": False, "channel_id": channel}
    assert ben.did("PUT", drafts, body)["is_kept"]
    assert ben.got(drafts)["items"][0]["more"] == {"bare": "1", "unsigned": "1", "channel": channel}
    assert ben.did("PUT", drafts, body | {"quotes": True, "signed": True, "channel_id": None})["is_kept"]
    assert ben.got(drafts)["items"][0]["more"] == {}
    assert not ben.did("PUT", drafts, body | {"text": ""})["is_kept"], "a manner without a word is no draft"
    spoken = {"kind": "voicemail", "text": "", "drop": "recording:1"}
    assert ben.did("PUT", drafts, spoken)["is_kept"]
    assert [each["more"] for each in ben.got(drafts)["items"]] == [{"drop": "recording:1"}]


def test_what_is_sent_can_wait_be_moved_taken_back_and_go_on_with_its_files(world: World) -> None:
    talk, ben = replied(world), program_of(world.acme.member)
    one, later = f"/conversations/{talk.id}", clock.now() + timedelta(days=2)
    raw = {"data": LEADS, "content_type": "application/octet-stream"}
    file = ben.did("POST", f"{one}/files", query_string={"file_name": "leads.csv"}, **raw)
    gone = ben.did("POST", f"{one}/files", query_string={"file_name": "more.csv"}, **raw)
    assert ben.did("DELETE", f"/files/{gone['id']}")["count"] == 1
    assert [each["file_name"] for each in ben.got(f"{one}/files")["items"]] == ["leads.csv"]
    assert program_of(world.acme.agent)("DELETE", f"/files/{file['id']}").status_code == 404
    past = ben("POST", f"{one}/replies", {"text": "Late", "at": "2020-01-01T00:00:00Z"})
    assert (past.status_code, "has passed" in past.json["detail"]) == (422, True)
    body = {
        "text": "Here it is",
        "at": later.isoformat(),
        "cc": "Joel Park <joel@lake.example>",
        "bcc": "ann@lake.example",
        "quotes": False,
    }
    sent = ben.did("POST", f"{one}/replies", body)["id"]
    [message] = outgoing(world)
    assert message.due_at == later
    [told] = [each for each in ben.got(f"{one}/messages")["messages"] if each["id"] == sent]
    assert (told["copies"], told["blind_copies"]) == (["joel@lake.example"], ["ann@lake.example"])
    assert [each["file_name"] for each in told["files"]] == ["leads.csv"]
    assert ben("GET", f"/files/{file['id']}").data == LEADS
    assert (
        "their time"
        in ben.did("PUT", f"/messages/{sent}/time", {"at": (later + timedelta(days=1)).isoformat()})["done"]
    )
    assert {each["gate"] for each in ben.got(f"/messages/{sent}/waiting")["gates"]} > {"daily_cap"}
    ben.did("POST", f"/messages/{sent}/withdraw")
    [draft] = ben.got(f"{one}/drafts")["items"]
    assert (draft["text"], draft["more"]["bcc"], draft["more"]["bare"]) == (
        "Here it is",
        "ann@lake.example",
        "1",
    )
    [incoming] = [each for each in ben.got(f"{one}/messages")["messages"] if each["direction"] == "in"]
    whole = ben.got(f"/messages/{incoming['id']}")
    assert "Count me in" in whole["text"]
    forwarded = ben.did(
        "POST", f"/messages/{incoming['id']}/forward", {"to": "boss@acme.example", "text": "See"}
    )
    assert (
        ben("POST", f"/messages/{forwarded['id']}/forward", {"to": "nobody", "text": "x"}).status_code == 422
    )
    assert {each.to_address for each in outgoing(world)} == {"boss@acme.example"}


def test_order_on_the_desk_is_kept_by_programs(world: World) -> None:
    talk, acme = replied(world), world.acme
    admin, ben = program_of(acme.admin), program_of(acme.member)
    one = f"/conversations/{talk.id}"
    label = ben.did("POST", "/labels", {"name": "Pricing", "colour": "blue"})
    assert ben("POST", "/labels", {"name": "pricing"}).status_code == 422
    ben.did("POST", f"{one}/labels", {"label_id": label["id"]})
    assert ben("POST", "/teams", {"name": "East"}).status_code == 403
    team = admin.did("POST", "/teams", {"name": "East"})
    body = {
        "name": "East",
        "user_ids": [str(acme.member.id)],
        "channel_ids": [str(channel_of(world, talk).id)],
    }
    assert [each["id"] for each in admin.did("PUT", f"/teams/{team['id']}", body)["members"]] == [
        str(acme.member.id)
    ]
    admin.did("PUT", f"{one}/team", {"team_id": team["id"]})
    assert [each["kind"] for each in ben.got("/notifications")["items"]] == ["turn"]
    assert ben.did("PUT", "/presence", {"is_there": False})["count"] == 1
    ben.did("POST", "/views", {"name": "Hot", "label": label["id"], "view": "open"})
    [view] = ben.got("/views")["items"]
    assert (view["query"], view["count"]) == ({"label": label["id"], "view": "open"}, 1)
    found = ben.got("/conversations", label=label["id"], team=team["id"], who=str(acme.member.id))["items"]
    assert [[each["name"] for each in line["labels"]] for line in found] == [["Pricing"]]
    back = (clock.now() + timedelta(days=3)).isoformat()
    ben.did("PUT", f"{one}/reminder", {"at": back, "is_if_silent": True})
    ben.did("POST", f"{one}/read")
    read = ben.got(one)
    assert (read["reminder_is_if_silent"], [each["name"] for each in read["labels"]]) == (True, ["Pricing"])
    assert [each["name"] for each in admin.got(one)["seen_by"]] == [acme.member.user.name]
    note = ben.did("POST", f"{one}/notes", {"text": f"@{acme.admin.user.name} look"})
    assert [each["message_id"] for each in admin.got("/notifications")["items"]] == [note["id"]]
    ben.did("PUT", f"{one}/assignee", {"user_id": str(acme.admin.id)})
    assert admin.got("/notifications")["items"][0]["kind"] == "assigned"
    chosen = {"ids": [str(talk.id)], "act": "unlabel"}
    assert "Say `label_id`" in ben("POST", "/conversations/chosen", chosen).json["detail"]
    ben.did("POST", "/conversations/chosen", chosen | {"label_id": label["id"]})
    assert ben.got(one)["labels"] == []
    snippet = {
        "name": "Thanks",
        "shortcut": "thanks",
        "text": "Thank you, {{contact.first_name}} {{contact.company}}",
    }
    made = ben.did("POST", "/snippets", snippet)
    [offered] = ben.got(f"{one}/snippets", q="tha")["items"]
    assert (offered["text"], offered["missing"]) == (
        "Thank you, Priya {{contact.company}}",
        ["contact.company"],
    )
    assert admin("PUT", f"/snippets/{made['id']}", snippet).status_code == 404
    assert ben.did("DELETE", f"/snippets/{made['id']}")["count"] == 1
    assert [each["kind"] for each in ben.got("/search", q="priya")["items"]][:1] == ["person"]


def test_a_team_that_is_no_more_is_not_manned(world: World) -> None:
    admin = program_of(world.acme.admin)
    team = admin.did("POST", "/teams", {"name": "East"})
    admin.did("DELETE", f"/teams/{team['id']}")
    refused = admin("PUT", f"/teams/{team['id']}", {"name": "West", "user_ids": []})
    assert (refused.status_code, refused.json["detail"]) == (
        404,
        "East is no team any more. Nothing was changed.",
    )
    page = world.acme.admin.post(f"/inbox/teams/{team['id']}", {"name": "West"})
    assert page.status_code == 404
    assert admin.got("/teams")["items"] == []
