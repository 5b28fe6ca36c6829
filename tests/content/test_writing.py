"""Writing in blocks on the pages: saved, kept while typed, previewed, checked, carried into funnels and files."""

from __future__ import annotations

import json
from datetime import timedelta
from email import message_from_bytes
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from lxml import html
from pytest_httpserver import HTTPServer
from sqlalchemy import select

from loumass.content.jobs import forget_unsaved
from loumass.content.models import Content, ContentPicture, ContentVersion, LinkCheck, UnsavedWords
from loumass.core import clock, network
from loumass.core.tenancy import serving
from loumass.funnels import exchange, queries, service
from loumass.funnels.cloning import clone_graph
from loumass.funnels.csv_format import WrittenContent, WrittenStep, WrittenTemplate, WrittenWay, read, written
from loumass.funnels.seeds import add_written
from loumass.media.jobs import forget
from loumass.media.models import Media
from tests.content.letters import button, chip, image, letter, paragraph, text, typed, words
from tests.funnels.made import Made, form_of
from tests.messages.sending import Postbox, handing_to, mailbox
from tests.world import Tenant, World

DOT = Path(__file__).with_name("dot.png")
HELLO = text(paragraph(words("Hi "), chip("contact.first_name", "there"), words(", come to dinner.")))
EMAIL = {"name": "Dinner", "subject": "Dinner?", "way": "blocks", "preheader": "", "text": "", "html": ""}


def shown(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status, answer.get_data(as_text=True)[-1500:]
    return answer.get_data(as_text=True)


def saved(world: World, *blocks: dict[str, Any], **more: str) -> UUID:
    """An e-mail of the library in blocks; its id."""
    answer = world.acme.member.post("/content/new/email", {**EMAIL, "blocks": typed(*blocks), **more})
    assert answer.status_code == 302, shown(answer, 422)
    return UUID(answer.headers["Location"].rpartition("/")[2])


def told_by(answer: Any) -> Any:
    """The JSON of an answer."""
    return json.loads(answer.get_data(as_text=True))


def rows(tenant: Tenant, model: Any) -> list[Any]:
    with tenant.acting() as session:
        return list(session.scalars(select(model)))


def version(tenant: Tenant) -> ContentVersion:
    return max(rows(tenant, ContentVersion), key=lambda one: (one.created_at, one.number))


def uploaded(tenant: Tenant, content: bytes = b"") -> Any:
    picture = (BytesIO(content or DOT.read_bytes()), "a.png")
    return tenant.member.post("/content/pictures", {"picture": picture}, content_type="multipart/form-data")


def form_on(page: str) -> dict[str, Any]:
    """What stands in the form of words, and the pictures that its editor knows."""
    document: Any = html.document_fromstring(page)
    [editor] = document.cssselect("words-editor")
    fields = {one.name: one.value for one in document.cssselect("#words input, #words textarea") if one.name}
    [way] = [one.get("value") for one in document.cssselect("[name=way]") if one.get("checked") is not None]
    return fields | {"pictures": json.loads(editor.get("data-pictures")), "way": way}


def test_blocks_are_saved_sent_and_edited_again(world: World) -> None:
    mailbox(world.acme)
    told = json.loads(shown(uploaded(world.acme)))
    content_id = saved(
        world, HELLO, image(told["media_id"], "The table"), button("Save my seat", "acme.example/rsvp")
    )
    found = version(world.acme)
    assert found.blocks is not None
    assert found.blocks["blocks"][2]["label"] == "Save my seat"
    assert '{{contact.first_name|fallback:"there"}}, come to dinner.' in found.html
    assert "[The table]\n\nSave my seat: https://acme.example/rsvp" in found.text
    page = form_on(shown(world.acme.member.get(f"/content/{content_id}")))
    assert page["way"] == "blocks"
    assert page["pictures"] == {told["media_id"]: told["src"]}
    assert world.stranger().get(told["src"]).data == DOT.read_bytes()
    again = world.acme.member.post(
        f"/content/{content_id}", {**EMAIL, "blocks": page["blocks"]}, follow_redirects=True
    )
    assert "it says the same" in shown(again)
    postbox = Postbox()
    with handing_to(postbox):
        world.acme.member.post(f"/content/{content_id}/test")
        world.work()
    mail = message_from_bytes(postbox.taken[0].mime)
    parts = {part.get_content_type(): str(part.get_payload(decode=True)) for part in mail.walk()}
    assert f"https://loumass.example{told['src']}" in parts["text/html"]
    assert "come to dinner." in parts["text/plain"]


def test_what_is_not_finished_comes_back_as_it_was_typed(world: World) -> None:
    blocks = typed(text(paragraph(words("Hi {{contact.frist_name}}"))), button("", ""))
    page = shown(world.acme.member.post("/content/new/email", {**EMAIL, "blocks": blocks}), 422)
    assert (
        "Block 1 (text): There is no merge tag contact.frist_name. Did you mean contact.first_name?" in page
    )
    assert "Block 2 (button): Say where the button leads." in page
    assert "frist_name" in form_on(page)["blocks"]
    assert "The blocks cannot be read" in shown(
        world.acme.member.post("/content/new/email", {**EMAIL, "blocks": "{"}), 422
    )
    assert rows(world.acme, Content) == []


def test_a_way_of_writing_can_be_changed_and_plain_text_is_text_alone(world: World) -> None:
    mailbox(world.acme)
    content_id = saved(world, HELLO)
    plain = EMAIL | {
        "way": "plain",
        "text": "Quick question",
        "preheader": "hidden",
        "html": "<p>x</p>",
        "blocks": "{}",
    }
    assert world.acme.member.post(f"/content/{content_id}", plain).status_code == 302
    found = version(world.acme)
    assert (found.is_plain, found.html, found.preheader, found.blocks) == (True, "", "", None)
    assert form_on(shown(world.acme.member.get(f"/content/{content_id}")))["way"] == "plain"
    postbox = Postbox()
    with handing_to(postbox):
        world.acme.member.post(f"/content/{content_id}/test")
        world.work()
    mail = message_from_bytes(postbox.taken[0].mime)
    assert not mail.is_multipart()
    assert mail.get_content_type() == "text/plain"
    assert "Write a text." in shown(
        world.acme.member.post(f"/content/{content_id}", plain | {"text": " "}), 422
    )
    world.acme.member.post(f"/content/{content_id}/versions/1/again")
    assert version(world.acme).blocks == json.loads(typed(HELLO)) | version(world.acme).blocks  # type: ignore[operator]


@pytest.mark.parametrize(
    ("content", "said"), [(b"<svg onload=x>", "no PNG, JPEG, GIF or WebP"), (b"\x89PNG\r\n\x1a\n" + b"x" * 5_000_001, "larger than 5 MB")]
)  # fmt: skip
def test_what_is_no_picture_is_refused_in_words(world: World, content: bytes, said: str) -> None:
    answer = uploaded(world.acme, content)
    assert answer.status_code in (413, 422)
    assert said in told_by(answer)["sentence"]
    assert "Choose a picture first." in told_by(world.acme.member.post("/content/pictures"))["sentence"]


def test_pictures_stay_while_something_shows_them(world: World) -> None:
    media_id = json.loads(shown(uploaded(world.acme)))["media_id"]
    content_id = saved(world, HELLO)
    keeping = {**EMAIL, "blocks": typed(HELLO, image(media_id, "x")), "unsaved_revision": "0"}
    shown(world.acme.member.post(f"/content/{content_id}/unsaved", keeping))
    clock.advance(timedelta(days=3))
    _forget(world.acme, forget)
    assert [str(one.id) for one in rows(world.acme, Media)] == [media_id]
    shown(
        world.acme.member.post(
            f"/content/{content_id}/unsaved", keeping | {"blocks": typed(HELLO), "unsaved_revision": "1"}
        )
    )
    _forget(world.acme, forget)
    assert rows(world.acme, Media) == []
    assert rows(world.acme, ContentPicture) == []
    assert "Choose a picture" in shown(world.acme.member.post(f"/content/{content_id}", {
        **EMAIL, "blocks": typed(image(None, "x"))}), 422)  # fmt: skip


def _forget(tenant: Tenant, job: Any) -> None:
    with serving(tenant.organization.id):
        job()


def test_what_is_typed_is_kept_and_nobody_is_sent_it(world: World) -> None:
    content_id = saved(world, HELLO)
    url, more = f"/content/{content_id}/unsaved", text(paragraph(words("Half a sent")))
    kept = world.acme.member.post(
        url, {**EMAIL, "subject": "Later", "blocks": typed(more), "unsaved_revision": "0"}
    )
    assert told_by(kept)["revision"] == 1
    assert version(world.acme).subject == "Dinner?"
    page = shown(world.acme.admin.get(f"/content/{content_id}"))
    assert "by Ben Bdr. Nobody is sent it before you save." in page
    assert form_on(page)["subject"] == "Later"
    assert form_on(page)["unsaved_revision"] == "1"
    assert "Half a sent" in form_on(page)["blocks"]
    assert "Half a sent" in shown(world.acme.viewer.get(f"/content/unsaved/{content_id}/preview"))
    # Two people at once: nothing of either is lost.
    theirs = {**EMAIL, "subject": "Mine", "blocks": typed(HELLO), "unsaved_revision": "0"}
    conflict = world.acme.admin.post(url, theirs)
    assert (conflict.status_code, told_by(conflict)["revision"]) == (409, 1)
    assert "Ben Bdr typed here too meanwhile." in told_by(conflict)["sentence"]
    assert shown(world.acme.admin.post(url, theirs | {"unsaved_revision": "1"}))
    assert form_on(shown(world.acme.member.get(f"/content/{content_id}")))["subject"] == "Mine"
    assert world.acme.viewer.post(url, theirs).status_code == 403
    assert (
        world.acme.member.post(url, theirs | {"text": "x" * 2_000_001, "unsaved_revision": "2"}).status_code
        == 422
    )
    back = {"back": "https://evil.example/"}
    assert world.acme.member.post(f"/content/unsaved/{content_id}/discard", back).location == "/content"
    assert form_on(shown(world.acme.member.get(f"/content/{content_id}")))["subject"] == "Dinner?"


def test_saving_forgets_what_was_kept_and_old_drafts_go(world: World) -> None:
    place = uuid4()
    url = "/content/new/email/unsaved"
    new = {**EMAIL, "place": str(place), "blocks": typed(HELLO), "unsaved_revision": "0"}
    shown(world.acme.member.post(url, new))
    assert form_on(shown(world.acme.member.get(f"/content/new/email?place={place}")))["name"] == "Dinner"
    assert world.acme.member.post("/content/new/email", new).status_code == 302
    assert rows(world.acme, UnsavedWords) == []
    shown(world.acme.member.post(url, new))
    assert world.acme.member.post(url, new | {"place": "x"}).status_code == 422
    assert world.acme.member.post("/content/new/voicemail/unsaved", new).status_code == 404
    clock.advance(timedelta(days=61))
    _forget(world.acme, forget_unsaved)
    assert rows(world.acme, UnsavedWords) == []


def test_saving_over_a_version_that_nobody_read_is_asked_first(world: World) -> None:
    content_id = saved(world, HELLO)
    mine = {**EMAIL, "blocks": typed(HELLO), "based_on": "1"}
    assert world.acme.admin.post(f"/content/{content_id}", mine | {"subject": "Theirs"}).status_code == 302
    page = shown(world.acme.member.post(f"/content/{content_id}", mine | {"subject": "Mine"}), 409)
    assert "Somebody saved version 2 since you opened version 1." in page
    assert form_on(page)["subject"] == "Mine"
    assert version(world.acme).subject == "Theirs"
    again = form_on(page) | {"name": "Dinner", "pictures": ""}
    assert world.acme.member.post(f"/content/{content_id}", again).status_code == 302
    assert version(world.acme).subject == "Mine"


def test_a_preview_is_read_as_somebody_in_light_and_dark(world: World) -> None:
    world.acme.contact("Priya Raman", company="Foothill")
    content_id = saved(world, HELLO)
    page = shown(world.acme.viewer.get(f"/content/{content_id}/preview?preview_as=Priya&look=dark"))
    assert "Hi Priya, come to dinner." in page
    assert "@media all{body" in page.replace("&#x27;", "'")
    assert "@media not all{body" in shown(
        world.acme.viewer.get(f"/content/{content_id}/preview?preview_as=Priya")
    )
    typing = {**EMAIL, "blocks": typed(text(paragraph(words("Hi {{zzz}}"))))}
    assert "Blocks: Block 1 (text): There is no merge tag zzz." in shown(
        world.acme.member.post("/content/preview/email", typing)
    )
    people = shown(world.acme.viewer.get("/content/people?preview_as=pri"))
    assert '<option value="priya@foothill.example">Priya Raman, Foothill</option>' in people
    assert "Priya" in shown(world.acme.viewer.get("/content/people"))
    assert "Priya" not in shown(world.globex.viewer.get("/content/people?preview_as=pri"))
    values = told_by(world.acme.viewer.get("/content/values?preview_as=priya"))
    assert (values["name"], values["values"]["contact.company"]) == ("Priya Raman", "Foothill")
    assert told_by(world.acme.viewer.get("/content/values"))["values"]["contact.first_name"] == "Ada"


@pytest.fixture
def loopback(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    monkeypatch.setattr(network, "_allowed", frozenset({f"{httpserver.host}:{httpserver.port}"}))
    return httpserver


def test_signs_and_links_are_told_before_it_goes_out(world: World, loopback: HTTPServer) -> None:
    loopback.expect_request("/fine").respond_with_data("")
    loopback.expect_request("/gone").respond_with_data("", status=410)
    content_id = saved(
        world, text(paragraph(words("ACT NOW "), words("acme.example", href="https://evil.example/x"))),
        button("Go", loopback.url_for("/fine?who={{contact.first_name}}")), button("Gone", loopback.url_for("/gone"), id="b"),
    )  # fmt: skip
    page = shown(world.acme.viewer.get(f"/content/unsaved/{content_id}/signs"))
    assert "A link shows acme.example but leads to evil.example." in page
    assert "“act now”" in page
    asked = shown(world.acme.member.post(f"/content/unsaved/{content_id}/links"))
    assert "Being looked at" in asked
    world.work()
    assert "Answers." in (page := shown(world.acme.viewer.get(f"/content/unsaved/{content_id}/links")))
    assert "There is nothing (410)." in page
    assert "hx-trigger" not in page
    states = {one.href: one.state for one in rows(world.acme, LinkCheck)}
    assert states[loopback.url_for("/fine?who=Ada")] == "fine"
    assert states["https://evil.example/x"] == "broken"
    assert world.acme.viewer.post(f"/content/unsaved/{content_id}/links").status_code == 403
    nothing = saved(world, HELLO)
    assert "There is no link to follow." in shown(world.acme.member.post(f"/content/unsaved/{nothing}/links"))


def test_a_step_is_written_in_blocks_and_kept_while_typed(world: World) -> None:
    question = WrittenStep("question", "email_send", "Question", {})
    end = WrittenStep("end", "end", "End", {})
    ways = (WrittenWay("question", "next", "end"),)
    cold = Made(world.acme, WrittenTemplate("Cold", start="question", steps=(question, end), ways=ways))
    url = cold.at("question").partition("#")[0]
    form = form_of(world.acme.member.get(url).text, url)
    step = form | {"way": "blocks", "subject": "Dinner?", "blocks": typed(HELLO, button("", "", id="b"))}
    kept = world.acme.member.post(f"{url}/unsaved", step | {"unsaved_revision": "0"})
    assert shown(kept)
    assert "come to dinner." in shown(world.acme.member.get(url))
    assert world.acme.member.post(url, step).status_code == 302
    assert rows(world.acme, UnsavedWords) == []
    with world.acme.acting():
        node = service.graph_of(cold.draft).node(cold.found("question").id)
        found = queries.written_in(cold.draft)[node.content_id or UUID(int=0)]
    assert "come to dinner." in found.html
    page = shown(world.acme.member.get(url))
    assert "is not finished. Block 2 (button): Write on the button what happens" in page
    assert form_of(page, url)["way"] == "blocks"
    refused = step | {
        "blocks": typed(text(paragraph(words("{{zzz}}")))),
        "revision": form_of(page, url)["revision"],
    }
    assert "There is no merge tag zzz." in shown(world.acme.member.post(url, refused), 422)


def test_copies_and_files_carry_blocks_and_what_they_lack(world: World) -> None:
    media_id = json.loads(shown(uploaded(world.acme)))["media_id"]
    blocks = letter(HELLO, image(media_id, "The table"))
    one = WrittenStep("one", "email_send", "One", {}, WrittenContent(subject="Dinner?", blocks=blocks))
    two = WrittenStep(
        "two", "email_send", "Two", {}, WrittenContent(subject="Quick", text="Hi", is_plain=True)
    )
    funnel = WrittenTemplate("Dinner", start="one", steps=(one, two))
    with world.acme.acting() as session:
        made = add_written(read(written(funnel)))
        graph_id = clone_graph(made.draft_graph_id)
        told = exchange.written_template(made, made.draft_graph_id)
        copied = exchange.written_template(made, graph_id)
        assert copied.steps == told.steps
        first = told.steps[0].content
        assert first is not None
        assert first.blocks is not None
        assert [block["type"] for block in first.blocks["blocks"]] == ["text", "image"]
        assert "come to dinner." in first.html
        assert (told.steps[1].content or WrittenContent()).is_plain
        assert read(written(told)).steps == told.steps
        assert len(session.scalars(select(ContentPicture)).all()) == 2
        session.commit()
    with world.globex.acting():
        taken = add_written(read(written(told)))
        words_of = list(queries.written_in(taken.draft_graph_id).values())
        assert not any("/media/" in draft.html for draft in words_of)
        assert any("come to dinner." in draft.html for draft in words_of)
        problems = [one.sentence for one in service.problems_of(taken.draft_graph_id)]
        assert any("Block 2 (picture): Choose a picture" in sentence for sentence in problems)
