"""Templates and their steps on pages that work without JavaScript."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select

from loumass.content.models import Content, ContentVersion
from loumass.core.database import db
from loumass.funnels import exchange, models, owners, queries, service
from loumass.funnels.csv_format import WrittenStep, WrittenTemplate, read, written
from loumass.funnels.owners import Owner
from loumass.funnels.seeds import EXAMPLES, add_written
from tests.world import Tenant, World

INVITATION, COLD, NO_SHOW = EXAMPLES


class Made:
    """A template and the addresses of its pages."""

    def __init__(
        self, tenant: Tenant, example: WrittenTemplate = COLD, *, is_published: bool = False
    ) -> None:
        self.tenant = tenant
        with tenant.acting() as session:
            template = add_written(example, is_published=is_published)
            session.commit()
        self.id, self.draft, self.published = (
            template.id,
            template.draft_graph_id,
            template.published_graph_id,
        )
        self.url, self.graph = f"/templates/{self.id}", f"/funnels/{self.draft}"

    def step(self, key: str, graph_id: UUID | None = None) -> models.Node:
        with self.tenant.acting():
            return self.found(key, graph_id)

    def found(self, key: str, graph_id: UUID | None = None) -> models.Node:
        """The step, in a session that is open already."""
        graph_id = graph_id or self.draft
        found = select(models.Node).where(models.Node.graph_id == graph_id, models.Node.key == key)
        return db().scalars(found).one()

    def at(self, key: str) -> str:
        return f"{self.graph}/steps/{self.step(key).id}"

    def says(self, key: str) -> object:
        with self.tenant.acting():
            node = self.found(key)
            return queries.written_in(self.draft).get(node.content_id) if node.content_id else None

    def revision(self) -> int:
        with self.tenant.acting() as session:
            return session.get_one(models.Graph, (self.tenant.id, self.draft)).revision


@pytest.fixture
def cold(world: World) -> Made:
    return Made(world.acme)


def form_of(page: str, action: str) -> dict[str, str | list[str]]:
    """What a browser would send of the form with this action, unchanged; fields with several values as lists."""
    document = html.document_fromstring(page)
    (form,) = [form for form in document.forms if form.action == action]
    typed: dict[str, list[str]] = {}
    for name, value in form.form_values():
        typed.setdefault(str(name), []).append(str(value))
    return {
        name: values[0] if len(values) == 1 else values
        for name, values in typed.items()
        if name != "csrf_token"
    }


class TestList:
    def test_it_leads_the_newcomer_to_examples(self, world: World):
        page = world.acme.member.get("/templates").text
        assert "What should people walk through?" in page
        answer = world.acme.member.post("/templates/examples", follow_redirects=True)
        for example in EXAMPLES:
            assert example.name in answer.text
        assert "Version 1" in answer.text

    def test_it_searches_names(self, world: World, cold: Made):
        assert COLD.name in world.acme.member.get("/templates?q=touch").text
        assert "No template has that in its name" in world.acme.member.get("/templates?q=100%").text

    def test_archived_ones_are_apart_and_come_back(self, world: World, cold: Made):
        told = world.acme.member.post(f"{cold.url}/archive", follow_redirects=True).text
        assert "is archived. Campaigns made from it go on." in told
        assert f"{cold.url}/restored" in told
        assert COLD.name not in html.document_fromstring(told).get_element_by_id("templates").text_content()
        assert COLD.name in world.acme.member.get("/templates?show=archived").text
        world.acme.member.post(f"{cold.url}/restored")
        assert COLD.name in world.acme.member.get("/templates").text

    def test_a_viewer_may_look_but_not_touch(self, world: World, cold: Made):
        page = world.acme.viewer.get(cold.graph)
        assert page.status_code == 200
        assert "Add a step" not in page.text
        assert "Publish version" not in page.text
        assert "disabled" in world.acme.viewer.get(cold.at("last")).text
        assert world.acme.viewer.post(f"{cold.graph}/steps", {"kind": "wait"}).status_code == 403
        assert world.acme.viewer.post(f"{cold.url}/versions").status_code == 403


class TestNew:
    def test_it_opens_empty_with_a_place_for_the_first_step(self, world: World):
        answer = world.acme.member.post(
            "/templates", {"name": " Spring  mailing ", "description": "For May"}, follow_redirects=True
        )
        assert "Spring mailing" in answer.text
        assert "As the first step" in answer.text
        assert "The funnel has no steps." in answer.text

    def test_without_a_name_what_was_typed_is_kept(self, world: World):
        answer = world.acme.member.post("/templates", {"name": " ", "description": "For May"})
        assert answer.status_code == 422
        assert "Give the template a name" in answer.text
        assert "For May" in answer.text


class TestGraph:
    def test_it_draws_every_step_as_a_link_and_lists_it(self, world: World, cold: Made):
        document = html.document_fromstring(world.acme.member.get(cold.graph).text)
        cards = document.cssselect("svg.funnel a")
        assert len(cards) == len(COLD.steps)
        assert cards[0].get("aria-label") == "First contact: A stage begins here"
        assert len(document.cssselect(".outline-text")) == len(COLD.steps)
        assert "No problems. 15 steps" in " ".join(document.text_content().split())

    def test_a_step_is_added_where_it_was_asked_for(self, world: World, cold: Made):
        place = f"{cold.step('last').id}/failed"
        answer = world.acme.member.post(
            f"{cold.graph}/steps",
            {"kind": "set_status", "name": "Nobody there", "place": place, "revision": cold.revision()},
        )
        assert answer.status_code == 302
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            assert graph.node(graph.ways_out(cold.found("last").id)["failed"]).name == "Nobody there"

    def test_problems_are_listed_with_links_to_their_steps(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "email_send", "name": "Extra"})
        page = world.acme.member.get(cold.graph).text
        assert "Nobody can come to Extra." in page
        assert "Extra has nothing to say." in page
        assert "Extra leads nowhere." in page
        problems = html.document_fromstring(page).get_element_by_id("problems")
        assert problems.cssselect("h2")[0].text_content().strip() == "3 problems"
        assert all(link.get("href") == f"{cold.at('extra')}#step" for link in problems.cssselect("a"))

    def test_the_beginning_can_be_moved(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/start", {"node_id": str(cold.step("question").id)})
        with world.acme.acting():
            assert service.graph_of(cold.draft).start == cold.found("question").id

    def test_taking_a_step_out_asks_first(self, world: World, cold: Made):
        url = f"{cold.at('wait-1')}/removal"
        question = world.acme.member.get(url).text
        assert "Take out Wait 3 days?" in question
        assert "Take out step" in question
        assert world.acme.member.post(url, form_of(question, url)).status_code == 302
        with world.acme.acting():
            assert "wait-1" not in {node.key for node in service.graph_of(cold.draft).nodes}


class TestStep:
    def test_saving_a_page_as_it_came_changes_nothing(self, world: World):
        for example in EXAMPLES:
            made = Made(world.acme, example)
            for step in example.steps:
                url = made.at(step.key)
                answer = world.acme.member.post(url, form_of(world.acme.member.get(url).text, url))
                assert answer.status_code == 302, step.name
            with world.acme.acting() as session:
                template = session.get_one(models.Template, (world.acme.id, made.id))
                now = exchange.written_template(template, made.draft)
                assert bare(now) == bare(example)
                versions = select(ContentVersion.number).join(
                    Content, Content.id == ContentVersion.content_id
                )
                assert set(session.scalars(versions.where(Content.graph_id == made.draft))) == {1}

    def test_settings_words_and_ways_are_saved(self, world: World, cold: Made):
        url = cold.at("question")
        typed = form_of(world.acme.member.get(url).text, url)
        typed |= {
            "name": "Hello",
            "subject": "Hi {{contact.first_name}}",
            "text": "One\r\ntwo",
            "way-failed": "new:end",
        }
        assert world.acme.member.post(url, typed).status_code == 302
        page = world.acme.member.get(url).text
        assert "“Hi ‹first name›”" in page
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            node = graph.node(cold.found("question").id)
            assert node.name == "Hello"
            assert queries.written_in(cold.draft)[node.content_id or UUID(int=0)].text == "One\ntwo"
            assert graph.node(graph.ways_out(node.id)["failed"]).kind == "end"

    def test_a_wait_is_told_in_words_with_a_real_date(self, world: World, cold: Made):
        page = html.document_fromstring(world.acme.member.get(cold.at("wait-1")).text)
        words = " ".join(page.cssselect(".funnel-in-words")[0].text_content().split())
        assert words.startswith("In words 3 days after it was sent, Tue to Thu, 8 to 11:30 their time.")
        assert words.endswith("Sent now, it goes on Tue 10 Mar, 8:00 (America/Denver).")

    def test_what_cannot_be_saved_comes_back_as_it_was_typed(self, world: World, cold: Made):
        url = cold.at("wait-1")
        typed = form_of(world.acme.member.get(url).text, url) | {"set-amount": "soon", "name": "My pause"}
        answer = world.acme.member.post(url, typed)
        assert answer.status_code == 422
        assert "How many is not a whole number." in answer.text
        assert 'value="soon"' in answer.text
        assert 'value="My pause"' in answer.text
        assert cold.step("wait-1").name == "Wait 3 days"

    def test_an_unknown_merge_tag_is_refused_with_a_suggestion(self, world: World, cold: Made):
        url = cold.at("last")
        typed = form_of(world.acme.member.get(url).text, url) | {"text": "Hi\n{{contact.frist_name}}"}
        answer = world.acme.member.post(url, typed)
        assert answer.status_code == 422
        assert (
            "Line 2, column 1: There is no merge tag contact.frist_name. Did you mean contact.first_name?"
            in answer.text
        )

    def test_no_day_of_the_week_is_a_problem_and_not_an_accident(self, world: World, cold: Made):
        url = cold.at("wait-1")
        typed = form_of(world.acme.member.get(url).text, url)
        typed.pop("set-weekdays")
        assert world.acme.member.post(url, typed).status_code == 302
        assert "waits for days and hours that never come." in world.acme.member.get(url).text

    def test_a_condition_that_may_wait_offers_timeout_instead_of_no(self, world: World, cold: Made):
        place = f"{cold.step('question').id}/next"
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "condition", "name": "Asks", "place": place})
        url = cold.at("asks")
        typed = form_of(world.acme.member.get(url).text, url) | {"set-wait_up_to": "2"}
        world.acme.member.post(url, typed)
        with world.acme.acting():
            graph = service.graph_of(cold.draft)
            ways = graph.ways_out(cold.found("asks").id)
            assert {branch: graph.node(target).key for branch, target in ways.items()} == {
                "yes": "wait-1",
                "timeout": "wait-1",
            }

    def test_two_people_who_edit_notice_each_other_and_nothing_typed_is_lost(self, world: World, cold: Made):
        url = cold.at("last")
        mine = form_of(world.acme.member.get(url).text, url) | {"subject": "Mine"}
        theirs = form_of(world.acme.admin.get(url).text, url) | {"subject": "Theirs"}
        assert world.acme.admin.post(url, theirs).status_code == 302
        answer = world.acme.member.post(url, mine)
        assert answer.status_code == 409
        assert "Somebody else changed this funnel" in answer.text
        again = form_of(answer.text, url)
        assert again["subject"] == "Mine"
        assert world.acme.member.post(url, again).status_code == 302

    def test_words_of_the_library_are_copied(self, world: World, cold: Made):
        with world.acme.acting() as session:
            shared = Content(name="House greeting", medium="email", version_number=1)
            session.add(shared)
            session.flush()
            session.add(
                ContentVersion(content_id=shared.id, number=1, subject="Shared subject", text="Shared text")
            )
            session.commit()
        url = cold.at("last")
        page = world.acme.member.get(url).text
        assert "House greeting" in page
        world.acme.member.post(url, form_of(page, url) | {"library": str(shared.id)})
        assert getattr(cold.says("last"), "subject", "") == "Shared subject"

    def test_settings_that_cannot_be_read_can_be_mended(self, world: World):
        odd = WrittenStep(
            "w", "wait", "Odd", {"weekdays": 5, "amount": "soon", "unit": ["x"], "surprise": {}}
        )
        made = Made(
            world.acme, WrittenTemplate("Odd", steps=(odd, WrittenStep("e", "end", "End")), start="w")
        )
        url = made.at("w")
        page = world.acme.member.get(url)
        assert page.status_code == 200
        assert "How many is not a whole number." in page.text
        assert "surprise is not a setting of this step." in page.text
        typed = form_of(page.text, url) | {"set-amount": "2", "set-unit": "days", "set-weekdays": ["0"]}
        assert world.acme.member.post(url, typed).status_code == 302
        assert made.step("w").config["amount"] == 2
        assert "surprise" not in made.step("w").config

    def test_a_step_of_an_unknown_kind_can_only_be_taken_out(self, world: World, cold: Made):
        with world.acme.acting() as session:
            cold.found("last").kind = "pigeon"
            session.commit()
        assert "pigeon, which does not exist here" in world.acme.member.get(cold.graph).text
        asked = world.acme.member.get(cold.at("last"))
        assert asked.location == f"{cold.at('last')}/removal"
        assert world.acme.member.post(cold.at("last"), {"name": "x"}).status_code == 409
        assert world.acme.member.post(f"{cold.at('last')}/removal", {}).status_code == 302

    def test_the_words_can_be_previewed_as_they_are_typed(self, world: World, cold: Made):
        page = html.document_fromstring(world.acme.member.get(cold.at("last")).text)
        (button,) = page.cssselect("button[formtarget=preview]")
        answer = world.acme.member.post(
            button.get("formaction", ""), {"subject": "Hi {{contact.first_name}}", "text": "x"}
        )
        assert "Hi Ada" in answer.text

    def test_texts_show_what_they_cost(self, world: World):
        made = Made(world.acme, NO_SHOW)
        page = world.acme.member.get(made.at("sorry")).text
        assert re.search(
            r"\d segments?, \d+ characters \(GSM-7\), \d+ left in .*, as an invented person would get it",
            page,
        )


def bare(template: WrittenTemplate) -> WrittenTemplate:
    """Without what the form makes explicit: only the settings that the example names itself."""
    originals = {
        step.key: step.settings
        for example in EXAMPLES
        for step in example.steps
        if example.name == template.name
    }
    steps = [
        replace(step, settings={name: step.settings.get(name) for name in originals[step.key]})
        for step in template.steps
    ]
    return replace(template, steps=tuple(steps), ways=tuple(sorted(template.ways, key=repr)))


class TestVersions:
    def test_publishing_tells_the_number_and_keeps_the_version(self, world: World, cold: Made):
        answer = world.acme.member.post(f"{cold.url}/versions", follow_redirects=True)
        assert "Version 1 is published." in answer.text
        page = world.acme.member.get(cold.url).text
        assert "Version 1" in page
        assert "in use" in page

    def test_the_page_offers_what_comes_next(self, world: World):
        made, member = Made(world.acme, is_published=True), world.acme.member
        page = member.get(made.graph).text
        assert f'href="/campaigns/new?template={made.id}"' in page
        assert "Publish version" not in page
        assert "draft is newer" not in member.get("/templates").text
        url = made.at("last")
        typed = form_of(member.get(url).text, url) | {"text": "Another goodbye"}
        assert member.post(url, typed).status_code == 302
        page = member.get(made.graph).text
        assert "Draft, newer than version 1" in page
        assert "Publish version 2" in page
        assert "New campaign from version 1" in page
        assert "draft is newer" in member.get("/templates").text
        member.post(f"{made.url}/versions")
        assert "Publish version" not in member.get(made.graph).text

    def test_saving_without_a_change_leaves_nothing_to_publish(self, world: World):
        made, member = Made(world.acme, is_published=True), world.acme.member
        url = made.at("last")
        member.post(url, form_of(member.get(url).text, url))
        answer = member.post(f"{made.url}/versions", follow_redirects=True)
        assert "Nothing has changed since the newest version" in answer.text
        assert "Publish version" not in member.get(made.graph).text

    def test_the_list_tells_what_each_sends(self, world: World):
        Made(world.acme, INVITATION)
        assert "4 e-mails, 2 texts" in world.acme.member.get("/templates").text

    def test_a_draft_with_problems_is_not_published_and_says_why(self, world: World, cold: Made):
        world.acme.member.post(f"{cold.graph}/steps", {"kind": "email_send", "name": "Extra"})
        answer = world.acme.member.post(f"{cold.url}/versions", follow_redirects=True)
        assert "3 problems keep Five-touch cold e-mail from being published." in answer.text

    def test_a_version_is_shown_but_never_changes(self, world: World):
        made = Made(world.acme, is_published=True)
        page = world.acme.member.get(f"/funnels/{made.published}").text
        assert "This is version 1, as it was published. It never changes." in page
        assert "Add a step" not in page
        answer = world.acme.member.post(f"/funnels/{made.published}/steps", {"kind": "wait"})
        assert answer.status_code == 409
        last = made.step("last", made.published)
        answer = world.acme.member.post(
            f"/funnels/{made.published}/steps/{last.id}", {"name": "x", "subject": "x"}
        )
        assert answer.status_code == 409

    def test_the_words_of_a_version_cannot_be_changed_by_another_door(self, world: World):
        made = Made(world.acme, is_published=True)
        content = made.step("last", made.published).content_id
        answer = world.acme.member.post(
            f"/content/{content}", {"name": "x", "subject": "Changed", "text": "Changed"}
        )
        assert answer.status_code == 409
        assert "These are the words of one step of a funnel." in answer.text
        assert world.acme.member.post(f"/content/{content}/archive").status_code == 409
        page = html.document_fromstring(world.acme.member.get(f"/content/{content}").text)
        assert not [button for button in page.cssselect("button") if button.text_content().strip() == "Save"]

    def test_duplicating_opens_the_copy(self, world: World, cold: Made):
        answer = world.acme.member.post(f"{cold.url}/copies", follow_redirects=True)
        assert "Five-touch cold e-mail copy" in answer.text

    def test_renaming(self, world: World, cold: Made):
        assert (
            world.acme.member.post(cold.url, {"name": "Five touches", "description": ""}).status_code == 302
        )
        assert "Five touches" in world.acme.member.get(cold.url).text
        assert world.acme.member.post(cold.url, {"name": "x" * 200, "description": ""}).status_code == 422


class TestFiles:
    def test_a_downloaded_template_can_be_uploaded(self, world: World):
        made = Made(world.acme, INVITATION)
        file = world.acme.member.get(f"{made.url}/file.csv")
        assert file.mimetype == "text/csv"
        assert (
            file.headers["Content-Disposition"] == "attachment; filename=event-invitation-with-rsvp-adtv.csv"
        )
        answer = world.globex.member.post(
            "/templates/import", {"file": (io.BytesIO(file.data), "template.csv")}, follow_redirects=True
        )
        assert "Event invitation with RSVP (ADTV) is here as a draft." in answer.text
        assert read(file.text).steps == INVITATION.steps

    def test_a_version_can_be_downloaded_but_not_another_templates(self, world: World):
        made, other = Made(world.acme, is_published=True), Made(world.acme, NO_SHOW, is_published=True)
        assert world.acme.member.get(f"{made.url}/file.csv?version={made.published}").status_code == 200
        assert world.acme.member.get(f"{made.url}/file.csv?version={other.published}").status_code == 404

    @pytest.mark.parametrize(
        ("file", "sentence"),
        [
            (b"", "lacks the columns"),
            (b"\xff\xfe\x00", "not UTF-8"),
            (written(COLD).replace("email_send", "pigeon").encode(), "of the kind &#39;pigeon&#39;"),
            (written(replace(COLD, name="x" * 121)).encode(), "longer than 120 characters"),
        ],
    )
    def test_a_wrong_file_is_refused_whole(self, world: World, file: bytes, sentence: str):
        answer = world.acme.member.post("/templates/import", {"file": (io.BytesIO(file), "x.csv")})
        assert answer.status_code == 422
        assert sentence in answer.text
        assert "What should people walk through?" in world.acme.member.get("/templates").text

    def test_no_file_at_all(self, world: World):
        answer = world.acme.member.post("/templates/import", {})
        assert answer.status_code == 422
        assert "Choose the CSV file" in answer.text


class TestOwners:
    def test_a_campaigns_graph_is_edited_on_the_same_pages(self, world: World, cold: Made):
        with world.acme.acting() as session:
            clone = service.clone_graph(cold.draft)
            session.commit()

        def denver(graph_id: UUID) -> Owner | None:
            tabs = (("People", "/campaigns/1"), ("Funnel", f"/funnels/{clone}"))
            dead = {"email": "no mailbox is connected."}
            return (
                Owner(
                    "Denver Broker Night",
                    "Campaigns",
                    "/campaigns",
                    "/campaigns/1",
                    tabs=tabs,
                    dead_media=dead,
                )
                if graph_id == clone
                else None
            )

        owners.OWNERS.append(denver)
        try:
            page = world.acme.member.get(f"/funnels/{clone}").text
            assert "Denver Broker Night" in page
            assert "Publish version" not in page
            assert "cannot send its e-mail: no mailbox is connected." in page
            last = cold.step("last", clone)
            url = f"/funnels/{clone}/steps/{last.id}"
            typed = form_of(world.acme.member.get(url).text, url) | {"subject": "Only here"}
            assert world.acme.member.post(url, typed).status_code == 302
            assert getattr(cold.says("last"), "subject", "") == "My last e-mail about this"
            with world.acme.acting() as session:
                service.freeze(clone)
                session.commit()
            typed = form_of(world.acme.member.get(url).text, url) | {
                "subject": "Later still",
                "name": "Renamed",
            }
            assert world.acme.member.post(url, typed).status_code == 302
            assert cold.step("last", clone).name == "5. Last e-mail"
            assert "Later still" in world.acme.member.get(url).text
            assert world.acme.member.post(f"{url}/removal", {}).status_code == 409
        finally:
            owners.OWNERS.remove(denver)


class TestGlobex:
    """What is Acme's does not exist for Globex."""

    def test_every_page_of_acmes_is_unknown(self, world: World, cold: Made):
        step = cold.at("last")
        for url in (cold.url, f"{cold.url}/file.csv", cold.graph, step, f"{step}/removal"):
            assert world.globex.admin.get(url).status_code == 404, url
        posts = {
            cold.url: {"name": "x"}, f"{cold.url}/copies": {}, f"{cold.url}/archive": {}, f"{cold.url}/restored": {},
            f"{cold.url}/versions": {}, f"{cold.graph}/steps": {"kind": "wait"}, step: {"name": "x"},
            f"{cold.graph}/start": {"node_id": str(cold.step("last").id)}, f"{step}/removal": {},
        }  # fmt: skip
        for url, typed in posts.items():
            assert world.globex.admin.post(url, typed).status_code == 404, url

    def test_a_library_of_acmes_cannot_be_taken(self, world: World, cold: Made):
        with world.acme.acting() as session:
            shared = Content(name="Secret", medium="email", version_number=1)
            session.add(shared)
            session.flush()
            session.add(
                ContentVersion(content_id=shared.id, number=1, subject="Secret subject", text="Secret")
            )
            session.commit()
        theirs = Made(world.globex)
        url = theirs.at("last")
        world.globex.member.post(
            url, form_of(world.globex.member.get(url).text, url) | {"library": str(shared.id)}
        )
        assert getattr(theirs.says("last"), "subject", "") == "My last e-mail about this"
