"""Funnels over the API: read, saved whole, refused; words copied; two people at once."""

from __future__ import annotations

from copy import deepcopy
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from loumass.content.models import Content
from loumass.core.api import ENDPOINTS, LARGEST_BODY
from loumass.funnels import models, queries, service
from loumass.funnels.kinds import KINDS
from tests.funnels.made import COLD, INVITATION, Made
from tests.world import Person, World


def api(made: Made) -> str:
    return f"/api/v1/funnels/{made.draft}"


def graph(world: World, made: Made) -> dict[str, Any]:
    answer: Any = got(world.acme.member, api(made))
    assert answer.status_code == 200
    return answer.json


def got(person: Person, url: str) -> Any:
    """The answer to GET."""
    return person.get(url)


def put(world: World, url: str, body: dict[str, Any]) -> Any:
    """The answer to the member's saving."""
    return world.acme.member.browser.put(url, json=body)


def wanted(told: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """What a builder that was told this sends back."""
    kept = ("id", "key", "kind", "name", "config", "x", "y", "content_id")
    nodes = [{name: node[name] for name in kept} for node in told["nodes"]]
    return {
        "revision": told["revision"],
        "start": told["start"],
        "nodes": nodes,
        "edges": deepcopy(told["edges"]),
    } | changes


def step(kind: str, name: str, **more: Any) -> dict[str, Any]:
    return {"id": str(uuid4()), "kind": kind, "name": name, **more}


class TestReading:
    def test_it_tells_steps_in_words_their_ways_and_what_is_wrong(self, world: World, cold: Made):
        told = graph(world, cold)
        assert [node["key"] for node in told["nodes"]] == [one.key for one in COLD.steps]
        wait = next(node for node in told["nodes"] if node["key"] == "wait-1")
        assert (wait["icon"], wait["tone"], wait["words"]) == (
            "clock", "amber", "3 days after it was sent, Tue to Thu, 8 to 11:30 their time",
        )  # fmt: skip
        mail = next(node for node in told["nodes"] if node["kind"] == "email_send")
        assert [branch["label"] for branch in mail["branches"]] == ["sent", "not sent"]
        assert len(told["edges"]) == len(COLD.ways)
        assert (told["problems"], told["may_change_steps"], told["entry_words"]) == (
            [],
            True,
            "By hand or import",
        )
        assert got(world.acme.viewer, api(cold)).json["may_change_steps"] is False

    def test_the_palette_has_every_kind(self, world: World):
        kinds = got(world.acme.viewer, "/api/v1/funnels/kinds").json["kinds"]
        assert [kind["name"] for kind in kinds] == list(KINDS)
        assert next(k for k in kinds if k["name"] == "email_send")["branches"] == [
            {"name": "next", "label": "sent", "is_required": True},
            {"name": "failed", "label": "not sent", "is_required": False},
        ]  # fmt: skip

    def test_somebody_who_saves_in_the_middle_is_read_whole(
        self, world: World, cold: Made, monkeypatch: pytest.MonkeyPatch
    ):
        theirs = wanted(graph(world, cold))
        gone = theirs["nodes"].pop()["id"]
        theirs["edges"] = [way for way in theirs["edges"] if gone not in (way["source"], way["target"])]
        answers: list[Any] = []
        turns = [True]

        def save_meanwhile(graph_id: UUID) -> dict[UUID, queries.Place]:
            if turns and turns.pop():
                # In a thread, so that it has a session of its own, as another process has.
                other = Thread(
                    target=lambda: answers.append(world.acme.admin.browser.put(api(cold), json=theirs))
                )
                other.start()
                other.join()
            return places_in(graph_id)

        places_in = queries.places_in
        monkeypatch.setattr(queries, "places_in", save_meanwhile)
        told = graph(world, cold)
        assert (answers[0].status_code, told) == (200, answers[0].json)

    def test_the_registry_describes_itself(self, world: World):
        document = got(world.acme.viewer, "/api/v1/openapi.json").json
        assert document["openapi"] == "3.1.0"
        operations = {(method, path) for path, ways in document["paths"].items() for method in ways}
        assert ("put", "/api/v1/funnels/{graph_id}") in operations
        assert len(operations) == len(ENDPOINTS)
        told = str(document)
        names = {part.split("'")[0] for part in told.split("#/components/schemas/")[1:]}
        assert names <= set(document["components"]["schemas"])


class TestSaving:
    def test_saved_as_it_was_told_it_stays_the_same(self, world: World, cold: Made):
        before = graph(world, cold)
        after = put(world, api(cold), wanted(before)).json
        assert after == before | {"revision": before["revision"] + 1}

    def test_a_whole_funnel_is_built_changed_and_taken_apart(self, world: World):
        with world.acme.acting() as session:
            template = service.create("Empty")
            session.commit()
        url = f"/api/v1/funnels/{template.draft_graph_id}"
        told = got(world.acme.member, url).json
        mail, wait, end = (
            step("email_send", " Hello  there "),
            step("wait", "Wait", x=10, y=-5.5),
            step("end", "End"),
        )
        ways = [(mail, "next", wait), (mail, "failed", end), (wait, "next", end)]
        edges = [{"source": a["id"], "branch": branch, "target": b["id"]} for a, branch, b in ways]
        sent = {"revision": told["revision"], "start": mail["id"], "nodes": [mail, wait, end], "edges": edges}
        told = put(world, url, sent).json
        assert [(n["key"], n["name"], n["x"], n["y"]) for n in told["nodes"]] == [
            ("hello-there", "Hello there", None, None), ("wait", "Wait", 10, -5.5), ("end", "End", None, None),
        ]  # fmt: skip
        assert told["start"] == mail["id"]
        assert [problem["code"] for problem in told["problems"]] == ["missing_content"]
        assert told["problems"][0]["step_id"] == mail["id"]
        # The first step goes, a way is led elsewhere, settings change, and a new step has the key that is free again.
        wait["config"] = {"amount": 5}
        other = step("end", "Hello there", key="wait")
        sent = {
            "revision": told["revision"], "start": wait["id"], "nodes": [wait, other],
            "edges": [{"source": wait["id"], "branch": "next", "target": other["id"]}],
        }  # fmt: skip
        told = put(world, url, sent).json
        assert [(n["key"], n["words"]) for n in told["nodes"]] == [
            ("wait", "5 days after it was sent"), ("wait-2", "People leave here"),
        ]  # fmt: skip
        assert [(way["source"], way["target"]) for way in told["edges"]] == [(wait["id"], other["id"])]

    def test_a_conflict_carries_the_funnel_as_it_is(self, world: World, cold: Made):
        before = graph(world, cold)
        mine, theirs = wanted(before), wanted(before)
        theirs["nodes"][0]["name"] = "Theirs"
        assert world.acme.admin.browser.put(api(cold), json=theirs).status_code == 200
        mine["nodes"][1]["name"] = "Mine"
        answer = put(world, api(cold), mine)
        assert (answer.status_code, answer.mimetype) == (409, "application/problem+json")
        assert answer.json["detail"].startswith("Somebody else changed this funnel")
        assert answer.json["current"] == graph(world, cold)
        assert answer.json["current"]["nodes"][0]["name"] == "Theirs"

    def test_a_published_version_never_changes(self, world: World):
        made = Made(world.acme, is_published=True)
        url = f"/api/v1/funnels/{made.published}"
        told = got(world.acme.member, url).json
        assert told["may_change_steps"] is False
        assert put(world, url, wanted(told, nodes=[], edges=[], start=None)).status_code == 409
        assert got(world.acme.member, url).json == told

    @pytest.mark.parametrize(
        ("change", "detail"),
        [
            (lambda b: b["nodes"][0].update(name="x" * 81), "at most 80"),
            (lambda b: b["nodes"][0].update(name="  "), "Give the step a name"),
            (lambda b: b["nodes"].append(b["nodes"][0]), "same id"),
            (lambda b: b["nodes"].append(step("pigeon", "Coo")), "no kind of step called pigeon"),
            (lambda b: b["nodes"][0].update(kind="end"), "stays one"),
            (lambda b: b["nodes"][0].update(config={"tag": "a\x00b"}), "cannot be stored"),
            (lambda b: b["nodes"].extend(step("end", "E") for _ in range(300)), "at most 300"),
            (lambda b: b["edges"].append(b["edges"][0]), "two steps"),
            (lambda b: b["edges"][0].update(target=str(uuid4())), "not in the funnel"),
            (lambda b: b.update(start=str(uuid4())), "not in the funnel"),
            (lambda b: b["nodes"][0].update(x=1e9), "not what this address takes"),
            (lambda b: b.update(more=1), "not what this address takes"),
            (lambda b: b["edges"][0].update(branch="a\x00"), "not what this address takes"),
        ],
    )  # fmt: skip
    def test_what_no_funnel_can_be_is_refused_whole(self, world: World, cold: Made, change: Any, detail: str):
        before = graph(world, cold)
        body = wanted(before)
        change(body)
        answer = put(world, api(cold), body)
        assert (answer.status_code, answer.mimetype) == (422, "application/problem+json")
        assert detail in answer.json["detail"]
        assert "errors" in answer.json if "takes" in detail else True
        assert graph(world, cold) == before

    def test_a_step_of_another_funnel_is_not_taken_over(self, world: World, cold: Made):
        other = Made(world.acme, INVITATION)
        body = wanted(graph(world, cold))
        stolen = other.step("invitation")
        body["nodes"].append({"id": str(stolen.id), "kind": stolen.kind, "name": "Mine now"})
        answer = put(world, api(cold), body)
        assert answer.status_code == 422
        assert "ids of their own" in answer.json["detail"]
        assert other.step("invitation").name == stolen.name


class TestRefusals:
    def test_they_are_problems_and_not_pages(self, world: World, cold: Made):
        unknown = world.acme.member.get(f"/api/v1/funnels/{uuid4()}")
        assert (unknown.status_code, unknown.mimetype) == (404, "application/problem+json")
        assert world.globex.admin.get(api(cold)).status_code == 404
        stranger = world.stranger().get(api(cold))
        assert (stranger.status_code, stranger.mimetype) == (401, "application/problem+json")
        token = world.acme.member.get(api(cold), headers={"Authorization": "Bearer x"})
        assert token.status_code == 401
        viewer: Any = world.acme.viewer.browser.put(api(cold), json={})
        assert (viewer.status_code, viewer.json["title"]) == (403, "Not allowed")
        assert world.acme.member.browser.put(api(cold), data="{}").status_code == 422
        assert (
            world.acme.member.browser.put(api(cold), data="{", content_type="application/json").status_code
            == 422
        )
        large = world.acme.member.browser.put(
            api(cold), data=b" " * (LARGEST_BODY + 1), content_type="application/json"
        )
        assert large.status_code == 413
        assert world.acme.member.browser.delete(api(cold)).mimetype == "application/problem+json"


class TestWords:
    def test_pasted_steps_bring_copies_of_what_they_say(self, world: World, cold: Made):
        other = Made(world.acme, INVITATION)
        told, from_other = graph(world, cold), other.step("invitation")
        mail = next(node for node in told["nodes"] if node["kind"] == "email_send")
        body = wanted(told)
        twin = step("email_send", "Twin", content_id=mail["content_id"])
        guest = step("email_send", "Guest", content_id=str(from_other.content_id))
        mute = step("wait", "Silent", content_id=mail["content_id"])
        wrong = step("sms_send", "Wrong medium", content_id=mail["content_id"])
        nobody = step("email_send", "Nobody's", content_id=str(uuid4()))
        body["nodes"] += [twin, guest, mute, wrong, nobody]
        after = {node["id"]: node for node in put(world, api(cold), body).json["nodes"]}
        assert after[mail["id"]]["content_id"] == mail["content_id"]
        assert [after[one["id"]]["content_id"] for one in (mute, wrong, nobody)] == [None, None, None]
        with world.acme.acting() as session:
            words = queries.written_in(cold.draft)
            copy, brought = (UUID(after[one["id"]]["content_id"]) for one in (twin, guest))
            assert words[copy] == words[UUID(mail["content_id"])]
            assert from_other.content_id is not None
            assert words[brought] == queries.written_in(other.draft)[from_other.content_id]
            assert session.get_one(Content, (world.acme.id, brought)).graph_id == cold.draft
            assert len({copy, brought, UUID(mail["content_id"])}) == 3

    def test_a_deleted_step_comes_back_with_what_it_said(self, world: World, cold: Made):
        told = graph(world, cold)
        gone = next(node for node in told["nodes"] if node["content_id"])
        fewer = [node for node in wanted(told)["nodes"] if node["id"] != gone["id"]]
        edges = [way for way in told["edges"] if gone["id"] not in (way["source"], way["target"])]
        start = None if told["start"] == gone["id"] else told["start"]
        after = put(world, api(cold), wanted(told, nodes=fewer, edges=edges, start=start)).json
        put_away = select(Content.archived_at).where(Content.id == UUID(gone["content_id"]))
        with world.acme.acting() as session:
            assert session.scalar(put_away) is not None
        body = wanted(told, revision=after["revision"])
        back = put(world, api(cold), body).json
        assert back == told | {"revision": after["revision"] + 1}
        with world.acme.acting() as session:
            assert session.scalar(put_away) is None

    def test_places_are_kept_by_versions_and_files(self, world: World, cold: Made):
        body = wanted(graph(world, cold))
        body["nodes"][0] |= {"x": 120.5, "y": -40}
        assert put(world, api(cold), body).status_code == 200
        world.acme.member.post(f"{cold.url}/versions")
        with world.acme.acting() as session:
            published = session.get_one(models.Template, (world.acme.id, cold.id)).published_graph_id
            assert published
            assert (120.5, -40.0) in queries.places_in(published).values()
        assert "'-40" in world.acme.member.get(f"{cold.url}/file.csv").text


class TestPanel:
    def test_it_is_the_step_s_form_and_saves_with_the_revision(self, world: World, cold: Made):
        url = f"{cold.at('wait-1')}/panel"
        page = world.acme.member.get(url)
        assert "<html" not in page.text
        assert "Sent now, it goes on Tue 10 Mar, 8:00 (America/Denver)." in " ".join(page.text.split())
        revision = int(page.headers["X-Revision"])
        typed = {"name": "Longer", "revision": revision, "set-mode": "duration", "set-amount": "9", "set-unit": "days",
                 "set-after": "sent", "set-weekdays": ["0"], "set-opens": "", "set-closes": ""}  # fmt: skip
        saved = world.acme.member.post(url, typed)
        assert (saved.status_code, saved.headers["X-Revision"]) == (200, str(revision + 1))
        assert "9 days after it was sent, Mon their time" in saved.text
        ways = graph(world, cold)["edges"]
        assert len(ways) == len(COLD.ways), "a form without ways leaves them as they are"
        assert world.acme.member.post(url, typed).status_code == 409
        wrong = world.acme.member.post(url, typed | {"set-amount": "0", "revision": revision + 1})
        assert wrong.status_code == 422
        assert "must be at least 1" in wrong.text
        assert world.acme.viewer.post(url, typed).status_code == 403
        assert world.globex.admin.get(url).status_code == 404
